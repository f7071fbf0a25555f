#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "sample_project.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "views/live_chart.h"
#include "views/wafer_view.h"
#include "window/main_window.h"

using namespace faultline;

class TestMainWindow : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        writeTinyDataset(folder_.filePath("tiny"));
    }

    void init()
    {
        QSettings().clear();
        open(tinyProject(3, folder_.filePath("tiny")));
    }

    void cleanup() { window_.reset(); }

    void studyThroughItsButtons()
    {
        goTo("train");
        auto* run = child<QPushButton>("runStudyButton");
        auto* stop = child<QPushButton>("stopButton");
        QVERIFY(run->isEnabled());
        QVERIFY(!stop->isEnabled());
        QCOMPARE(child<LiveChart>("lossChart")->curves(), 0);

        QTest::mouseClick(run, Qt::LeftButton);
        QVERIFY(!run->isEnabled());
        QVERIFY(stop->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), 30000);
        QVERIFY(!stop->isEnabled());
        QCOMPARE(child<QLabel>("studyStatus")->text(), "7 of 7 networks trained");
        QCOMPARE(child<QProgressBar>("studyProgress")->value(), 1000);
        QCOMPARE(child<LiveChart>("lossChart")->curves(), 7);
        QCOMPARE(child<LiveChart>("errorChart")->curves(), 7);
        QCOMPARE(child<QTableView>("runsTable")->model()->rowCount(), 7);

        goTo("compare");
        for (const char* figure : {"errorByDie", "errorByMode", "errorByDefects", "yield", "generality"})
            QVERIFY2(child<FigureView>(figure)->figure(), figure);
        auto* table = child<QTableWidget>("modesTable");
        QCOMPARE(table->rowCount(), 5); // baseline, three modes, hardware-aware on the other dies
        QCOMPARE(table->item(1, 0)->text(), "standard");
        QCOMPARE(table->item(1, 1)->text(), "3");
        const StudySummary summary = summarise(project().plan, project().wafer, project().result.runs);
        QCOMPARE(table->item(0, 2)->text(), QString::number(*summary.baselineError, 'f', 2));
        QVERIFY(window_->isWindowModified());
    }

    void stopButtonStops()
    {
        goTo("train");
        child<QSpinBox>("epochs")->setValue(100000);
        auto* run = child<QPushButton>("runStudyButton");
        QTest::mouseClick(run, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(child<LiveChart>("lossChart")->curves() > 0, 30000);
        QTest::mouseClick(child<QPushButton>("stopButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), 5000);
        QVERIFY(!project().result.complete);
    }

    void settingsMakeThePlan()
    {
        goTo("train");
        child<QLineEdit>("hiddenNeurons")->setText("6, 7");
        child<QSpinBox>("repeats")->setValue(1);
        child<QLineEdit>("seed")->setText("9007199254740993");
        child<QSpinBox>("statisticsEpochs")->setValue(2);
        child<QComboBox>("activation")->setCurrentText("sign");
        QTest::mouseClick(child<QCheckBox>("mode-hardware-aware"), Qt::LeftButton, {}, {10, 10});
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(project().result.complete, 30000);
        const StudyPlan& plan = project().plan;
        QCOMPARE(plan.network.layers, std::vector<int>({16, 6, 7, 10}));
        QCOMPARE(plan.network.hidden, Activation::Sign);
        QCOMPARE(plan.seed, std::uint64_t{9007199254740993U});
        QCOMPARE(plan.statisticsAware.epochs, 2);
        QCOMPARE(plan.modes, std::vector({TrainingMode::Standard, TrainingMode::StatisticsAware}));
        QCOMPARE(project().result.runs.size(), std::size_t{2});
    }

    void wrongSettingsAreRefusedInPlace()
    {
        goTo("train");
        auto* run = child<QPushButton>("runStudyButton");
        auto* hidden = child<QLineEdit>("hiddenNeurons");
        for (const char* wrong : {"5000", "5, -3", "many"}) {
            hidden->setText(wrong);
            QVERIFY(!run->isEnabled());
            QVERIFY(child<QLabel>("networkFit")->text().startsWith("⚠"));
        }
        hidden->setText("5");
        QVERIFY(run->isEnabled());
        QVERIFY(child<QLabel>("networkFit")->text().contains("of the 800 junctions"));
    }

    void unsavedResultsAreNotDroppedUnasked()
    {
        Project sample = tinyProject(2, folder_.filePath("tiny"));
        open(sample);
        goTo("train");
        auto* run = child<QPushButton>("runStudyButton");
        QTest::mouseClick(run, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), 30000);
        int asked = 0;
        window_->dialogs().dropResults = [&] { return ++asked > 1; };
        QTest::mouseClick(run, Qt::LeftButton);
        QCOMPARE(asked, 1);
        QVERIFY(project().result.complete);
        QTest::mouseClick(run, Qt::LeftButton);
        QCOMPARE(asked, 2);
        QVERIFY(window_->document().isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), 30000);
    }

    void savesAndOpensAgain()
    {
        goTo("train");
        auto* run = child<QPushButton>("runStudyButton");
        QTest::mouseClick(run, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), 30000);
        window_->dialogs().saveFile = [this](const QString&) { return folder_.filePath("window"); };
        QTest::keyClick(window_.get(), Qt::Key_S, Qt::ControlModifier);
        QVERIFY(QFile::exists(folder_.filePath("window.faultline")));
        QVERIFY(!window_->isWindowModified());
        QVERIFY(window_->windowTitle().contains("window.faultline"));
        const std::vector<double> errors = project().result.runs[3].dieErrors;

        open(tinyProject(2, {}));
        window_->dialogs().openFile = [this] { return folder_.filePath("window.faultline"); };
        child<QAction>("actionOpen")->trigger();
        QCOMPARE(project().wafer.dies.size(), std::size_t{3});
        QCOMPARE(project().result.runs[3].dieErrors, errors);
        goTo("compare");
        QVERIFY(child<FigureView>("errorByDie")->figure());
    }

    void badFileIsExplained()
    {
        QFile junk(folder_.filePath("junk.faultline"));
        QVERIFY(junk.open(QIODevice::WriteOnly) && junk.write("not a project") > 0);
        junk.close();
        QString words;
        window_->dialogs().showError = [&](const QString& text) { words = text; };
        window_->openFile(junk.fileName());
        QVERIFY2(words.contains("junk.faultline"), qPrintable(words));
        QCOMPARE(project().wafer.dies.size(), std::size_t{3});
    }

    void closingAsksForUnsavedChanges()
    {
        window_->document().setDataset({});
        int asked = 0;
        window_->dialogs().saveChanges = [&] { return ++asked, Dialogs::Answer::Cancel; };
        QVERIFY(!window_->close());
        window_->dialogs().saveChanges = [&] { return ++asked, Dialogs::Answer::Discard; };
        QVERIFY(window_->close());
        QCOMPARE(asked, 2);
    }

    void figuresExportIntoAFolder()
    {
        open(sampleProject(5));
        window_->dialogs().folder = [this](const QString&) { return folder_.filePath("figures"); };
        goTo("compare");
        QTest::mouseClick(child<QPushButton>("exportButton"), Qt::LeftButton);
        for (const char* file : {"error-by-die.svg", "error-by-die.pdf", "error-by-die.png",
                                 "error-by-die.csv", "wafer-map.svg", "generality.png"})
            QVERIFY2(QFile::exists(folder_.filePath("figures/") + file), file);
    }

    void dieIsSelectedByMouseAndKeys()
    {
        open(sampleProject(36));
        auto* wafer = child<WaferView>("waferView");
        auto* counts = child<QTableWidget>("countsTable");
        QCOMPARE(wafer->selected(), 0);
        QTest::mouseClick(wafer, Qt::LeftButton, {}, wafer->dieRect(20).center().toPoint());
        QCOMPARE(wafer->selected(), 20);
        QCOMPARE(counts->item(4, 1)->text().toInt(), project().wafer.dies[20].defectCount());
        QTest::keyClick(wafer, Qt::Key_Right);
        QCOMPARE(wafer->selected(), 21);
        QTest::keyClick(wafer, Qt::Key_Up);
        QCOMPARE(project().wafer.dies[static_cast<std::size_t>(wafer->selected())].position.row,
                 project().wafer.dies[21].position.row - 1);
    }

    void everyDefectIsSeenInTheHeatMap()
    {
        Project project = tinyProject(1, {});
        for (Die& die : project.wafer.dies)
            die = Die("only", project.wafer.geometry, project.wafer.device);
        project.wafer.dies[0].setDefect(7, 31, Defect::Short, 1e-3F);
        open(project);
        auto* map = child<HeatMapView>("heatMap");
        const QRectF area = map->mapRect();
        const QPointF centre(area.left() + (31 + 0.5) * area.width() / 40,
                             area.top() + (7 + 0.5) * area.height() / 20);
        const QImage picture = map->grab().toImage();
        QCOMPARE(picture.pixelColor(centre.toPoint()), Theme().colour(hueOf(Defect::Short)));
        QVERIFY(map->describe(centre).contains("row 7, column 31"));
        QVERIFY(map->describe(centre).contains("short"));
        QVERIFY(map->describe({0, 0}).isEmpty());
        // Even where the whole die is smaller than its cells.
        auto* wafer = child<WaferView>("waferView");
        const QImage small = wafer->grab().toImage();
        const QRect die = wafer->dieRect(0).toAlignedRect();
        int found = 0;
        for (int y = die.top(); y <= die.bottom(); ++y)
            for (int x = die.left(); x <= die.right(); ++x)
                found += small.pixelColor(x, y) == Theme().colour(hueOf(Defect::Short));
        QVERIFY(found >= 1);
    }

    void pagesHaveShortcuts()
    {
        auto* pages = child<QStackedWidget>("pages");
        for (int page = 2; page >= 0; --page) {
            QTest::keyClick(window_.get(), static_cast<Qt::Key>(Qt::Key_1 + page), Qt::ControlModifier);
            QCOMPARE(pages->currentIndex(), page);
        }
    }

    void geometryIsRemembered()
    {
        window_->resize(1111, 777);
        QVERIFY(window_->close());
        open(tinyProject(1, {}));
        QCOMPARE(window_->size(), QSize(1111, 777));
    }

    void darkPaletteReachesFigures()
    {
        open(sampleProject(4));
        goTo("compare");
        auto* figure = child<FigureView>("errorByDie");
        QVERIFY(figure->grab().toImage().pixelColor(1, 1).lightness() > 200);
        QApplication::setPalette(paletteOf(Appearance::Dark));
        QTRY_VERIFY(figure->grab().toImage().pixelColor(1, 1).lightness() < 80);
        QApplication::setPalette(paletteOf(Appearance::Light));
    }

private:
    void open(const Project& project)
    {
        window_ = std::make_unique<MainWindow>(project);
        window_->dialogs().showError = [](const QString& words) { QFAIL(qPrintable(words)); };
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }

    template <class Widget>
    Widget* child(const QString& name) const
    {
        auto* widget = window_->findChild<Widget*>(name);
        if (!widget)
            qFatal("no %s", qPrintable(name));
        return widget;
    }

    void goTo(const QString& page) { QTest::mouseClick(child<QToolButton>("rail-" + page), Qt::LeftButton); }

    const Project& project() const { return window_->document().project(); }

    QTemporaryDir folder_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestMainWindow)
#include "test_main_window.moc"
