#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHelpEvent>
#include <QMenu>
#include <QMimeData>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolTip>

#include "figures/compare_figures.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/export_dialog.h"
#include "views/figure_view.h"
#include "views/number_table.h"

using namespace faultline;

class TestFigureView : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(settings_.isValid());
        prepareApplication(settings_.path());
        const Project project = sampleProject(12);
        comparison_ = compare(project.wafer, project.studies.front());
    }

    void init()
    {
        view_ = std::make_unique<FigureView>("nothing yet");
        view_->setFigure(errorByDefectsFigure(comparison_));
        view_->resize(700, 500);
        view_->show();
        QVERIFY(QTest::qWaitForWindowExposed(view_.get()));
        QApplication::clipboard()->clear();
    }

    void cleanup() { view_.reset(); }

    void clickSelectsTheDatumUnderIt()
    {
        QSignalSpy changes(view_.get(), &FigureView::selectionChanged);
        const std::vector<Spot> spots = view_->spots();
        QTest::mouseClick(view_.get(), Qt::LeftButton, {}, at(spots[4]));
        QCOMPARE(view_->selected(), std::set<int>{spots[4].item});
        QTest::mouseClick(view_.get(), Qt::LeftButton, Qt::ControlModifier, at(spots[9]));
        QCOMPARE(view_->selected(), (std::set<int>{spots[4].item, spots[9].item}));
        QTest::mouseClick(view_.get(), Qt::LeftButton, Qt::ControlModifier, at(spots[4]));
        QCOMPARE(view_->selected(), std::set<int>{spots[9].item});
        QCOMPARE(changes.count(), 3);
        QTest::mouseClick(view_.get(), Qt::LeftButton, {}, {3, 3});
        QVERIFY(view_->selected().empty());
        QTest::mouseClick(view_.get(), Qt::LeftButton, {}, {3, 3});
        QCOMPARE(changes.count(), 4);
    }

    void selectionIsSeen()
    {
        const QImage before = view_->grab().toImage();
        const std::vector<Spot> spots = view_->spots();
        view_->setSelected({spots[4].item});
        const QImage after = view_->grab().toImage();
        // A ring in the colour of the ink, for every spot of the item and for no other.
        for (const Spot& spot : spots) {
            const double radius = spot.place.width() / 2 + 0.3 * themeOf(*view_).textSize();
            const QPoint ring = (spot.place.center() - QPointF(0, radius)).toPoint();
            if (spot.item == spots[4].item)
                QVERIFY(after.pixelColor(ring).lightness() < 140);
        }
        QVERIFY(before != after);
        view_->setSelected({});
        QCOMPARE(view_->grab().toImage(), before);
    }

    void frameSelectsWhatItHolds()
    {
        const std::vector<Spot> spots = view_->spots();
        QRectF frame;
        for (const std::size_t k : {1, 6})
            frame |= spots[k].place;
        frame.adjust(-3, -3, 3, 3);
        std::set<int> expected;
        for (const Spot& spot : spots)
            if (frame.contains(spot.place.center()))
                expected.insert(spot.item);
        QVERIFY(expected.size() >= 2 && expected.size() < 12);
        QTest::mousePress(view_.get(), Qt::LeftButton, {}, frame.topLeft().toPoint());
        move(frame.center().toPoint(), Qt::LeftButton);
        move(frame.bottomRight().toPoint(), Qt::LeftButton);
        QTest::mouseRelease(view_.get(), Qt::LeftButton, {}, frame.bottomRight().toPoint());
        QCOMPARE(view_->selected(), expected);
    }

    void arrowKeysWalkThroughTheItems()
    {
        const std::vector<Spot> spots = view_->spots();
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->selected(), std::set<int>{spots[0].item});
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->selected(), std::set<int>{spots[1].item});
        QCOMPARE(view_->accessibleDescription(), spots[1].tip);
        QTest::keyClick(view_.get(), Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(view_->selected(), (std::set<int>{spots[1].item, spots[2].item}));
        for (int k = 0; k < 20; ++k)
            QTest::keyClick(view_.get(), Qt::Key_Down);
        QCOMPARE(view_->selected(), std::set<int>{spots[11].item});
        QTest::keyClick(view_.get(), Qt::Key_Left);
        QCOMPARE(view_->selected(), std::set<int>{spots[10].item});
        QTest::keyClick(view_.get(), Qt::Key_Escape);
        QVERIFY(view_->selected().empty());
    }

    void hoverSaysNameAndNumbers()
    {
        const std::vector<Spot> spots = view_->spots();
        const QPoint point = at(spots[7]);
        const QString tip = view_->tipAt(point);
        QVERIFY(tip.startsWith(QString::fromStdString(comparison_.dies[7].name) + '\n'));
        QVERIFY(tip.contains(QString("%1 defects").arg(comparison_.dies[7].defects)));
        QVERIFY(tip.contains(QString("statistics-aware: %1").arg(comparison_.series[2].error[7], 0, 'f', 2)));
        QHelpEvent event(QEvent::ToolTip, point, view_->mapToGlobal(point));
        QApplication::sendEvent(view_.get(), &event);
        QCOMPARE(QToolTip::text(), tip);
        QVERIFY(view_->tipAt({2, 2}).isEmpty());
        move(point, Qt::NoButton);
        QCOMPARE(view_->cursor().shape(), Qt::PointingHandCursor);
        move({2, 2}, Qt::NoButton);
        QCOMPARE(view_->cursor().shape(), Qt::ArrowCursor);
    }

    void cellsAreHitWithinTheirEdges()
    {
        view_->setFigure(generalityFigure(comparison_));
        for (const Spot& spot : view_->spots()) {
            const QString tip = view_->tipAt(spot.place.topLeft() + QPointF(1, 1));
            QCOMPARE(tip, spot.tip);
        }
    }

    void menuCopiesPictureAndNumbers()
    {
        chooseFromMenu(*view_, "actionCopyFigure");
        QVERIFY(QApplication::clipboard()->mimeData()->hasImage());
        QVERIFY(QApplication::clipboard()->mimeData()->data("image/svg+xml").contains("Defects on the die"));
        chooseFromMenu(*view_, "actionCopyNumbers");
        const QStringList lines = QApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 13);
        QCOMPARE(lines[0].split('\t').first(), "die");
        QCOMPARE(lines[5].split('\t')[1].toInt(), comparison_.dies[4].defects);
        QTest::keyClick(view_.get(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QApplication::clipboard()->mimeData()->hasImage());
    }

    void menuExportsWhatIsShown()
    {
        chooseFromMenu(*view_, "actionExportFigure");
        auto* dialog = view_->findChild<ExportDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        view_->setFigure(nullptr); // a new project, say: the dialog keeps its figure
        dialog->grab();
        dialog->reject();
    }

    void withoutAFigureThereIsNothingToDo()
    {
        view_->setFigure(nullptr);
        QVERIFY(!menuOf(*view_)->findChild<QAction*>("actionExportFigure")->isEnabled());
        QVERIFY(view_->spots().empty());
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QTest::mouseClick(view_.get(), Qt::LeftButton, {}, {30, 30});
        QVERIFY(view_->selected().empty());
    }

    void tableSortsSelectsAndCopies()
    {
        view_.reset(); // or else it keeps the keyboard
        NumberTable table;
        std::vector<int> ids;
        for (const Comparison::Die& die : comparison_.dies)
            ids.push_back(die.id + 100);
        table.setTable(dieTable(comparison_), ids);
        table.show();
        table.sortByColumn(1, Qt::DescendingOrder);
        double last = INFINITY;
        for (int row = 0; row < 12; ++row) {
            const double defects = table.model()->index(row, 1).data(Qt::EditRole).toDouble();
            QVERIFY(defects <= last);
            last = defects;
        }
        QSignalSpy changes(&table, &NumberTable::selectionChangedByHand);
        QTest::mouseClick(table.viewport(), Qt::LeftButton, {},
                          table.visualRect(table.model()->index(0, 0)).center());
        const std::set<int> worst = table.selected();
        QCOMPARE(worst.size(), std::size_t{1});
        const auto die = static_cast<std::size_t>(*worst.begin() - 100);
        for (const Comparison::Die& other : comparison_.dies)
            QVERIFY(other.defects <= comparison_.dies[die].defects);
        QCOMPARE(changes.count(), 1);

        table.setSelected({103, 105}); // from elsewhere: no news
        QCOMPARE(changes.count(), 1);
        QCOMPARE(table.selected(), (std::set<int>{103, 105}));
        QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[0].startsWith("die\tdefects\tstandard (%)"));
        for (const char* name : {"D04", "D06"})
            QVERIFY(lines[1].startsWith(name) || lines[2].startsWith(name));
    }

private:
    static QPoint at(const Spot& spot) { return spot.place.center().toPoint(); }

    void move(const QPoint& to, Qt::MouseButtons buttons)
    {
        QMouseEvent event(QEvent::MouseMove, to, view_->mapToGlobal(to), Qt::NoButton, buttons, {});
        QApplication::sendEvent(view_.get(), &event);
    }

    QTemporaryDir settings_;
    Comparison comparison_;
    std::unique_ptr<FigureView> view_;
};

QTEST_MAIN(TestFigureView)
#include "test_figure_view.moc"
