#include <algorithm>

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "document/project_document.h"
#include "pages/compare_page.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "views/number_table.h"

using namespace faultline;

namespace
{

const QStringList chartNames{"errorByDie", "errorByMode", "errorByDefects", "yield", "generality"};

} // namespace

class TestComparePage : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(settings_.isValid());
        prepareApplication(settings_.path());
    }

    void init()
    {
        document_ = std::make_unique<ProjectDocument>(sampleProject(9));
        page_ = std::make_unique<ComparePage>(*document_);
        page_->resize(1190, 740);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }

    void cleanup()
    {
        page_.reset();
        document_.reset();
    }

    /// A click at a die in any chart, or in the table, selects it in all of them.
    void selectionIsOneInAllViews()
    {
        int k = 0;
        for (const QString& name : chartNames) {
            auto* chart = child<FigureView>(name);
            const std::vector<Spot> spots = chart->spots();
            const Spot& spot = spots[static_cast<std::size_t>(++k)];
            QTest::mouseClick(chart, Qt::LeftButton, {}, spot.place.center().toPoint());
            QCOMPARE(page_->selected().size(), std::size_t{1});
            verifySelected(chart->selected());
        }
        auto* table = child<NumberTable>("diesTable");
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                          table->visualRect(table->model()->index(1, 0)).center());
        verifySelected({1});
        QTest::mouseClick(table->viewport(), Qt::LeftButton, Qt::ControlModifier,
                          table->visualRect(table->model()->index(0, 0)).center());
        verifySelected({0, 1});
        QVERIFY(child<QLabel>("selection")->text().contains("2 dies"));
        QTest::mouseClick(child<QToolButton>("clearSelection"), Qt::LeftButton);
        verifySelected({});
        QVERIFY(!child<QToolButton>("clearSelection")->isVisible());
    }

    void selectionSurvivesAnotherOrder()
    {
        auto* chart = child<FigureView>("errorByDie");
        const Spot spot = chart->spots()[4];
        QTest::mouseClick(chart, Qt::LeftButton, {}, spot.place.center().toPoint());
        child<QComboBox>("dieOrder")->setCurrentIndex(2);
        verifySelected({spot.item});
        QVERIFY(child<QLabel>("selection")->text().startsWith(spot.tip.section('\n', 0, 0) + ": "));
    }

    void orderOfDiesReachesChartAndTable()
    {
        auto* order = child<QComboBox>("dieOrder");
        QStringList names;
        for (const Die& die : document_->project().wafer.dies)
            names.append(QString::fromStdString(die.name));
        QCOMPARE(namesInTable(), names); // already sorted
        order->setCurrentIndex(1);
        const auto defects = [&](const QString& name) {
            for (const Die& die : document_->project().wafer.dies)
                if (QString::fromStdString(die.name) == name)
                    return die.defectCount();
            return -1;
        };
        const QStringList byDefects = namesInTable();
        QVERIFY(byDefects != names);
        for (qsizetype k = 1; k < byDefects.size(); ++k)
            QVERIFY(defects(byDefects[k - 1]) <= defects(byDefects[k]));
        order->setCurrentIndex(3); // by error, hardware-aware
        const Table& table = child<NumberTable>("diesTable")->table();
        for (std::size_t row = 1; row < table.rows.size(); ++row)
            QVERIFY(std::get<double>(table.rows[row - 1][3]) <= std::get<double>(table.rows[row][3]));
        const Table& numbers = child<FigureView>("errorByDie")->figure()->numbers();
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            QVERIFY(numbers.rows[row][0] == table.rows[row][0]);
    }

    void modesCanBeHidden()
    {
        QCOMPARE(child<NumberTable>("modesTable")->model()->rowCount(), 5);
        auto* box = child<QCheckBox>("show-hardware-aware");
        QTest::mouseClick(box, Qt::LeftButton, {}, {10, box->height() / 2});
        QCOMPARE(child<NumberTable>("modesTable")->model()->rowCount(), 3);
        QCOMPARE(child<FigureView>("yield")->figure()->numbers().rows.size(), std::size_t{18});
        for (const char* name : {"show-standard", "show-statistics-aware"})
            QTest::mouseClick(child<QCheckBox>(name), Qt::LeftButton, {}, {10, box->height() / 2});
        QVERIFY(!child<FigureView>("errorByDie")->figure());
        QVERIFY(child<FigureView>("generality")->figure());
        QTest::mouseClick(box, Qt::LeftButton, {}, {10, box->height() / 2});
        QVERIFY(child<FigureView>("errorByDie")->figure());
    }

    void singleNetworksAreShownBesideTheModes()
    {
        auto* menu = child<QMenu>("networkMenu");
        emit menu->aboutToShow();
        QAction* network = nullptr;
        for (QAction* action : menu->actions())
            if (action->text() == "statistics-aware 2")
                network = action;
        QVERIFY(network && network->isCheckable());
        network->trigger();
        auto* summary = child<NumberTable>("modesTable");
        QCOMPARE(summary->model()->rowCount(), 6);
        QCOMPARE(summary->model()->index(5, 0).data().toString(), "statistics-aware 2");
        double sum = 0.0;
        for (const Run& run : document_->project().studies.front().result.runs)
            if (run.settings.name(document_->project().wafer) == "statistics-aware 2")
                for (const auto& [die, error] : run.dieErrors)
                    sum += error;
        QCOMPARE(summary->model()->index(5, 2).data().toString(), QString::number(sum / 9.0, 'f', 2));
        emit menu->aboutToShow();
        menu->actions().constLast()->trigger(); // none
        QCOMPARE(summary->model()->rowCount(), 5);
    }

    void chartsCanBeEnlarged()
    {
        const auto area = [this](const QString& name) {
            const QSize size = child<FigureView>(name)->size();
            return size.width() * size.height();
        };
        for (const QString& large : chartNames) {
            auto* button = child<QToolButton>("enlarge-" + large);
            if (button->isVisible())
                QTest::mouseClick(button, Qt::LeftButton);
            QTest::qWait(0); // for the layout
            for (const QString& other : chartNames)
                if (other != large)
                    QVERIFY2(area(large) > 3 * area(other) / 2, qPrintable(large + " " + other));
            QVERIFY(!button->isVisible());
        }
    }

    void rowsAreCopied()
    {
        auto* summary = child<NumberTable>("modesTable");
        QTest::keyClick(summary, Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 6);
        QCOMPARE(lines[0].split('\t').size(), 7);
        QVERIFY(lines[1].startsWith("software baseline\t"));
    }

    void everythingIsReachedByKeys()
    {
        QSet<QString> reached;
        child<FigureView>("errorByDie")->setFocus();
        for (int k = 0; k < 60; ++k) {
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            reached.insert(QApplication::focusWidget()->objectName());
        }
        QStringList all = chartNames;
        all << "modesTable"
            << "diesTable"
            << "show-standard"
            << "networkButton"
            << "dieOrder"
            << "exportButton"
            << "enlarge-yield";
        for (const QString& name : all) {
            QVERIFY2(reached.contains(name), qPrintable(name));
            auto* widget = child<QWidget>(name);
            QVERIFY2(!widget->accessibleName().isEmpty() || !widget->toolTip().isEmpty(), qPrintable(name));
        }
    }

    void studyIsChosen()
    {
        QVERIFY(!child<QComboBox>("compareStudy")->isVisible()); // with one there is no choice
        Project project = document_->project();
        Study half = project.studies.front();
        half.name = "Half";
        std::erase_if(half.result.runs, [](const Run& run) { return run.settings.die >= 0; });
        project.studies.push_back(half);
        document_->replaceProject(project);
        document_->showStudy(0);
        auto* box = child<QComboBox>("compareStudy");
        QVERIFY(box->isVisible());
        QCOMPARE(child<NumberTable>("modesTable")->model()->rowCount(), 5);
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Down);
        QCOMPARE(box->currentText(), "Half");
        QCOMPARE(document_->shownStudy(), 1);
        QCOMPARE(child<NumberTable>("modesTable")->model()->rowCount(), 3);
        QVERIFY(!child<FigureView>("generality")->figure());
        document_->showStudy(0); // as from another page
        QCOMPARE(box->currentIndex(), 0);
        QVERIFY(child<FigureView>("generality")->figure());
    }

    void emptyProjectHasAHint()
    {
        Project project = document_->project();
        project.studies.clear();
        document_->replaceProject(project);
        QVERIFY(!child<FigureView>("errorByDie")->isVisible());
        document_->replaceProject(sampleProject(3));
        QVERIFY(child<FigureView>("errorByDie")->isVisible());
        QCOMPARE(child<NumberTable>("diesTable")->model()->rowCount(), 3);
    }

private:
    template <class Widget>
    Widget* child(const QString& name) const
    {
        return childOf<Widget>(page_.get(), name);
    }

    void verifySelected(const std::set<int>& dies) const
    {
        QCOMPARE(page_->selected(), dies);
        for (const QString& name : chartNames)
            QCOMPARE(child<FigureView>(name)->selected(), dies);
        QCOMPARE(child<NumberTable>("diesTable")->selected(), dies);
    }

    QStringList namesInTable() const
    {
        const QAbstractItemModel* model = child<NumberTable>("diesTable")->model();
        QStringList names;
        for (int row = 0; row < model->rowCount(); ++row)
            names.append(model->index(row, 0).data().toString());
        return names;
    }

    QTemporaryDir settings_;
    std::unique_ptr<ProjectDocument> document_;
    std::unique_ptr<ComparePage> page_;
};

QTEST_MAIN(TestComparePage)
#include "test_compare_page.moc"
