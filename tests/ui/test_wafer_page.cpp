#include <QAction>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include "document/wafer_edits.h"
#include "pages/die_page.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/wafer_view.h"
#include "wafer/wafer_description.h"
#include "window/main_window.h"

using namespace faultline;

using Dies = std::set<int>;

/// What a person does to whole dies, with the mouse and the keys.
class TestWaferPage : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { prepareApplication(settings_.path()); }

    void init()
    {
        window_ = std::make_unique<MainWindow>(sampleProject(9));
        window_->resize(1280, 800);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }

    void cleanup() { window_.reset(); }

    void manyAreSelectedWithKeysHeld()
    {
        click(2);
        QCOMPARE(view()->selected(), Dies({2}));
        click(5, Qt::ControlModifier);
        click(7, Qt::ControlModifier);
        QCOMPARE(view()->selected(), Dies({2, 5, 7}));
        click(5, Qt::ControlModifier);
        QCOMPARE(view()->selected(), Dies({2, 7}));
        click(3);
        click(6, Qt::ShiftModifier);
        QCOMPARE(view()->selected(), Dies({3, 4, 5, 6}));
        click(1, Qt::ShiftModifier); // from the same anchor
        QCOMPARE(view()->selected(), Dies({1, 2, 3}));
        view()->setFocus();
        QTest::keyClick(view(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(view()->selected().size(), std::size_t{9});
        QCOMPARE(child<QTableWidget>("countsTable")->item(4, 2)->text(),
                 child<QTableWidget>("countsTable")->item(4, 3)->text());
    }

    void rubberBandSelectsWhatItTouches()
    {
        click(8);
        const QRectF first = view()->dieRect(0),
                     fourth = view()->dieRect(4); // a 3 x 3 wafer: upper left block
        const QPoint from = (first.topLeft() - QPointF(5, 20)).toPoint(), to = fourth.center().toPoint();
        QTest::mousePress(view(), Qt::LeftButton, {}, from);
        QTest::mouseMove(view(), to);
        QTest::mouseRelease(view(), Qt::LeftButton, {}, to);
        QCOMPARE(view()->selected(), Dies({0, 1, 3, 4}));
        QTest::mousePress(view(), Qt::LeftButton, Qt::ControlModifier,
                          (view()->dieRect(8).bottomRight() + QPointF(4, 4)).toPoint());
        QTest::mouseMove(view(), view()->dieRect(8).center().toPoint());
        QTest::mouseRelease(view(), Qt::LeftButton, Qt::ControlModifier,
                            view()->dieRect(8).center().toPoint());
        QCOMPARE(view()->selected(), Dies({0, 1, 3, 4, 8}));
    }

    void excludedDiesAreMutedAndComeBack()
    {
        click(1);
        click(4, Qt::ControlModifier);
        const QImage before = view()->grab().toImage();
        auto* include = child<QAction>("includeDies");
        QCOMPARE(include->text(), "Exclude");
        include->trigger();
        QVERIFY(!dies()[1].included && !dies()[4].included && dies()[0].included);
        QCOMPARE(include->text(), "Include");
        QVERIFY(view()->tip(4).contains("excluded"));
        const QRect map = view()->dieRect(4).toAlignedRect();
        QVERIFY(view()->grab().toImage().copy(map) != before.copy(map));
        QCOMPARE(view()->selected(), Dies({1, 4}));
        QCOMPARE(child<QAction>("actionUndo")->text(), "Undo exclude 2 dies");
        child<QAction>("actionUndo")->trigger();
        QVERIFY(dies()[1].included && dies()[4].included);
        QCOMPARE(view()->grab().toImage().copy(map), before.copy(map));
    }

    void renamesInPlace()
    {
        click(4);
        child<QAction>("renameDie")->trigger();
        auto* editor = child<QLineEdit>("nameEditor");
        QCOMPARE(editor->text(), "D05");
        editor->setText("D06"); // taken
        QTest::keyClick(editor, Qt::Key_Return);
        QCOMPARE(dies()[4].name, "D05");
        editor = child<QLineEdit>("nameEditor"); // still there to mend
        editor->clear();
        QTest::keyClicks(editor, "reference");
        QTest::keyClick(editor, Qt::Key_Return);
        QCOMPARE(dies()[4].name, "reference");
        QTRY_VERIFY(!window_->findChild<QLineEdit*>("nameEditor"));
        child<QAction>("actionUndo")->trigger();
        QCOMPARE(dies()[4].name, "D05");
        child<QAction>("renameDie")->trigger();
        QTest::keyClicks(child<QLineEdit>("nameEditor"), "x");
        QTest::keyClick(child<QLineEdit>("nameEditor"), Qt::Key_Escape);
        QTRY_VERIFY(!window_->findChild<QLineEdit*>("nameEditor"));
        QCOMPARE(dies()[4].name, "D05");
    }

    void copiesStandAlone()
    {
        click(2);
        child<QAction>("duplicateDies")->trigger();
        QCOMPARE(dies().size(), std::size_t{10});
        QCOMPARE(dies()[9].name, "D03 copy");
        QVERIFY((dies()[9].defect == dies()[2].defect).all());
        QVERIFY(dies()[9].position != dies()[2].position);
        QCOMPARE(view()->selected(), Dies({9})); // ready to be drawn on
        std::set<int> ids;
        for (const Die& die : dies())
            ids.insert(die.id);
        QCOMPARE(ids.size(), std::size_t{10});
        const std::array edit{CellEdit{{0, 0}, {Defect::StuckP, {1e-4F, 1e-4F}}}};
        drawCells(window_->document(), 9, edit, "draw stuck-P cells");
        QCOMPARE(dies()[9].defect(0, 0), Defect::StuckP);
        QCOMPARE(dies()[2].defect(0, 0), Defect::None);
        window_->document().undoStack().undo();
        window_->document().undoStack().undo();
        QCOMPARE(dies().size(), std::size_t{9});
        window_->document().undoStack().redo();
        window_->document().undoStack().redo();
        QCOMPARE(dies()[9].defect(0, 0), Defect::StuckP);
    }

    void removedDiesComeBackWhereTheyWere()
    {
        std::vector<std::string> names;
        for (const Die& die : dies())
            names.push_back(die.name);
        const double error = errorOf(0, 8);
        click(1);
        click(4, Qt::ControlModifier);
        view()->setFocus();
        QTest::keyClick(view(), Qt::Key_Delete);
        QCOMPARE(dies().size(), std::size_t{7});
        QCOMPARE(dies()[6].name, "D09");
        QCOMPARE(errorOf(0, 6), error); // results follow their dies
        window_->document().undoStack().undo();
        QCOMPARE(dies().size(), names.size());
        for (std::size_t k = 0; k < names.size(); ++k)
            QCOMPARE(dies()[k].name, names[k]);
        QCOMPARE(errorOf(0, 8), error);
        QTest::keyClick(view(), Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(view(), Qt::Key_Delete);
        QVERIFY(dies().empty());
        view()->grab();
        for (int page = 0; page < 4; ++page) {
            child<QStackedWidget>("pages")->setCurrentIndex(page);
            window_->grab();
        }
        window_->document().undoStack().undo();
        QCOMPARE(dies().size(), names.size());
    }

    void doubleClickOpensTheDie()
    {
        QTest::mouseDClick(view(), Qt::LeftButton, {}, view()->dieRect(6).center().toPoint());
        QCOMPARE(child<QStackedWidget>("pages")->currentWidget(), window_->findChild<DiePage*>());
        QCOMPARE(window_->findChild<DiePage*>()->die(), 6);
        child<QStackedWidget>("pages")->setCurrentIndex(0);
        view()->select(3);
        view()->setFocus();
        QTest::keyClick(view(), Qt::Key_Return);
        QCOMPARE(window_->findChild<DiePage*>()->die(), 3);
    }

    void badgesShowTheChosenValue()
    {
        // The worst and the best die of a network have the ends of the colours.
        child<QComboBox>("colourBy")->setCurrentIndex(2);
        auto* network = child<QComboBox>("errorNetwork");
        QVERIFY(network->isVisible());
        network->setCurrentIndex(1);
        emit network->activated(1);
        std::vector<double> errors;
        for (const Die& die : dies())
            errors.push_back(window_->document().project().studies[0].result.runs[1].dieErrors.at(die.id));
        const auto worst = static_cast<int>(std::ranges::max_element(errors) - errors.begin());
        const auto best = static_cast<int>(std::ranges::min_element(errors) - errors.begin());
        view()->select(0);
        const QImage picture = view()->grab().toImage();
        const auto frame = [&](int die) {
            const QRectF map = view()->dieRect(die); // its badge ends at the upper right corner
            return picture.pixelColor(QPointF(map.right() - 1.5, map.top() - 8.0).toPoint()).rgb();
        };
        QCOMPARE(frame(worst), cividis()[255]);
        QCOMPARE(frame(best), cividis()[0]);
        QVERIFY(
            view()->tip(worst).contains(QString::number(errors[static_cast<std::size_t>(worst)], 'f', 2)));
    }

    void invalidStatisticsAreNotPreviewed()
    {
        child<QAction>("newWafer")->trigger();
        auto* dialog = child<QDialog>("newWaferDialog");
        auto* rows = dialog->findChild<QSpinBox*>("waferKernelRows");
        const auto waits = [dialog] {
            return std::ranges::any_of(dialog->findChildren<QTimer*>(), &QTimer::isActive);
        };
        QTest::keyClick(rows, Qt::Key_Up);
        QTest::keyClick(rows, Qt::Key_Down);
        QVERIFY(waits());
        QTest::keyClick(rows, Qt::Key_Up);
        QVERIFY(dialog->findChild<QLabel*>("previewWords")->text().contains("divisor"));
        QVERIFY(!waits());
        QTest::keyClick(dialog, Qt::Key_Escape);
    }

    void dialogDrawsWhatItPreviews()
    {
        const std::string before = window_->document().project().wafer.name;
        child<QAction>("newWafer")->trigger();
        auto* dialog = child<QDialog>("newWaferDialog");
        const auto in = [dialog](const char* name) { return dialog->findChild<QSpinBox*>(name); };
        auto* preview = dialog->findChild<WaferView*>("waferPreview");
        in("waferDies")->setValue(4);
        in("waferRows")->setValue(50);
        in("waferColumns")->setValue(60);
        auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        QVERIFY(!ok->isEnabled()); // 60 is not made of whole kernels of 25
        QVERIFY(dialog->findChild<QLabel*>("previewWords")->text().contains("divisor"));
        in("waferKernelColumns")->setValue(20);
        QVERIFY(ok->isEnabled());
        dialog->findChild<QDoubleSpinBox*>("rate-short")->setValue(10.0);
        dialog->findChild<QDoubleSpinBox*>("dispersion-short")->setValue(0.0);
        dialog->findChild<QLineEdit*>("waferSeed")->setText("77");
        // 3000 cells at 10 %: 300 shorts, and in 9999 of 10 000 cases within 67 of that.
        QTRY_VERIFY(shortsInTip(*preview, 3) > 233);
        const int shorts = shortsInTip(*preview, 3);
        QVERIFY(shorts < 367);
        dialog->findChild<QDoubleSpinBox*>("openColumns")->setValue(100.0); // nothing but opens
        QTRY_COMPARE(shortsInTip(*preview, 3), 0);
        dialog->findChild<QDoubleSpinBox*>("openColumns")->setValue(0.0);
        QTRY_COMPARE(shortsInTip(*preview, 3), shorts);
        bool may = false;
        QStringList asked;
        window_->dialogs().replaceDies = [&](const QString& words) { return asked << words, may; };
        QTest::mouseClick(ok, Qt::LeftButton);
        QCOMPARE(dies().size(), std::size_t{9});
        QVERIFY(dialog->isVisible());
        may = true;
        QTest::mouseClick(ok, Qt::LeftButton);
        QCOMPARE(asked.size(), 2);
        QVERIFY(asked[0].contains("studies of its dies: 1"));
        QCOMPARE(dies().size(), std::size_t{4});
        QCOMPARE(dies()[3].rows(), 50);
        QCOMPARE(dies()[3].counts()[static_cast<std::size_t>(Defect::Short)], shorts);
        for (const Die& die : dies()) // never an id that studies know
            QVERIFY(!window_->document().project().studies[0].result.runs[0].dieErrors.contains(die.id));
        window_->document().undoStack().undo();
        QCOMPARE(dies().size(), std::size_t{9});
        QCOMPARE(window_->document().project().wafer.name, before);
        QCOMPARE(window_->document().project().name, std::string("Sample"));
    }

private:
    template <class T>
    T* child(const QString& name)
    {
        return childOf<T>(window_.get(), name);
    }

    WaferView* view() { return child<WaferView>("waferView"); }
    const std::vector<Die>& dies() { return window_->document().project().wafer.dies; }
    double errorOf(std::size_t run, std::size_t die)
    {
        return window_->document().project().studies[0].result.runs[run].errorOn(dies()[die].id);
    }

    void click(int die, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mouseClick(view(), Qt::LeftButton, modifiers, view()->dieRect(die).center().toPoint());
    }

    static int shortsInTip(const WaferView& view, int die)
    {
        const QString tip = view.tip(die);
        const QString line = tip.section('\n', 1, 1);
        return line.section(": ", 1).toInt();
    }

    QTemporaryDir settings_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestWaferPage)
#include "test_wafer_page.moc"
