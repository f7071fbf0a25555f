#include <algorithm>

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "document/wafer_edits.h"
#include "figures/die_figure.h"
#include "figures/figure_export.h"
#include "figures/study_figures.h"
#include "measurement/export.h"
#include "pages/die_page.h"
#include "pages/import_dialog.h"
#include "pages/statistics_dialog.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "views/histogram_view.h"
#include "views/wafer_view.h"
#include "window/main_window.h"

using namespace faultline;

/// Grabs every page in both themes into $FAULTLINE_SCREENSHOTS, with every figure beside them.
class Screenshots : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        folder_ = qEnvironmentVariable("FAULTLINE_SCREENSHOTS", "screenshots");
        QVERIFY(QDir().mkpath(folder_));
    }

    void pages_data()
    {
        QTest::addColumn<Appearance>("appearance");
        QTest::newRow("light") << Appearance::Light;
        QTest::newRow("dark") << Appearance::Dark;
    }

    void pages()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        MainWindow window(sampleProject(36));
        window.resize(1280, window.devicePixelRatio() > 1 ? 720 : 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        auto* pages = window.findChild<QStackedWidget*>("pages");
        if (auto* close = window.findChild<QPushButton*>("closeHints")) {
            save(window, "first-start");
            QTest::mouseClick(close, Qt::LeftButton);
        }
        for (const char* name : {"wafer", "die", "train", "compare", "statistics", "circuit"}) {
            if (name == std::string_view("statistics"))
                QTRY_VERIFY_WITH_TIMEOUT(window.findChild<FigureView*>("drawnOverMeasured")->figure(), 60000);
            save(window, name);
            pages->setCurrentIndex(pages->currentIndex() + 1);
        }
        window.findChild<QComboBox*>("dieLayer")->setCurrentIndex(1);
        window.findChild<WaferView*>("waferView")->select(14);
        pages->setCurrentIndex(0);
        save(window, "wafer-conductance");
        pages->setCurrentIndex(3);
        compare(window);

        Project empty = window.document().project();
        empty.studies.clear();
        window.document().replaceProject(empty);
        save(window, "compare-empty");
        pages->setCurrentIndex(2);
        save(window, "train-empty");
    }

    void die_data() { pages_data(); }

    void die()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        MainWindow window(sampleProject(36));
        window.resize(1280, 800);
        window.show();
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(1);
        auto* map = window.findChild<HeatMapView*>("dieMap");
        auto* layer = window.findChild<QComboBox*>("dieOverlay");
        auto* page = window.findChild<DiePage*>();
        page->setTool(DiePage::Tool::Select);
        drag(*map, {20, 30}, {60, 120});
        save(window, "die-selection");
        window.findChild<HistogramView*>("dieHistogram")->brush(HistogramView::Range{1.9e-4, 2.1e-4});
        save(window, "die-marked");
        window.findChild<HistogramView*>("dieHistogram")->brush({});
        for (const auto& [index, name] :
             {std::pair{4, "die-weights"}, {5, "die-damage"}, {1, "die-conductance"}}) {
            layer->setCurrentIndex(index);
            save(window, name);
        }
        layer->setCurrentIndex(0);
        page->setTool(DiePage::Tool::Brush);
        window.findChild<QSpinBox*>("brushSize")->setValue(3);
        map->zoomAt(map->cellRect({40, 60}).center(), 40.0);
        drag(*map, map->cellAt(map->mapArea().center()), map->cellAt(map->mapArea().center()));
        save(window, "die-cells");
        layer->setCurrentIndex(4);
        save(window, "die-cells-weights");
    }

    void jobs_data() { pages_data(); }

    void jobs()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        MainWindow window(sampleProject(36));
        window.dialogs().saveChanges = [] { return Dialogs::Answer::Discard; };
        window.resize(1280, 800);
        window.show();
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(2);
        StudyQueue& queue = window.document().queue();
        for (const char* name : {"All modes", "Without copies"})
            queue.add(name, window.document().project().plan);
        const auto begun = [&queue] {
            return std::ranges::any_of(queue.states(), [](const StudyState& state) {
                return state.phase == StudyState::Phase::Running && state.secondsLeft > 0.0;
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(begun(), 60000);
        window.findChild<QSpinBox*>("repeats")->setValue(5000);
        save(window, "train-jobs");
        queue.stopAll();
    }

    void wafer_data() { pages_data(); }

    void wafer()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        MainWindow window(sampleProject(36));
        window.resize(1280, 800);
        window.show();
        const std::array excluded{3, 4, 22};
        setIncluded(window.document(), excluded, false);
        window.findChild<QComboBox*>("colourBy")->setCurrentIndex(2);
        window.findChild<WaferView*>("waferView")->select({8, 9, 10, 16, 17}, 16);
        save(window, "wafer-errors");
        window.findChild<QAction*>("newWafer")->trigger();
        auto* dialog = window.findChild<QDialog*>("newWaferDialog");
        QVERIFY(dialog);
        dialog->findChild<QDoubleSpinBox*>("rate-short")->setValue(1.0);
        QTest::qWait(400);
        save(*dialog, "new-wafer");
        dialog->reject();
    }

    void measured_data() { pages_data(); }

    void measured()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        Project project = sampleProject(36);
        DefectStatistics statistics = fitStatistics(project.wafer);
        statistics.rows.opens = 0.002;
        statistics.clusters = {2.0, 1.5};
        for (Die& die : project.wafer.dies) {
            Die drawn = drawDie(statistics, project.wafer.geometry,
                                RandomStream(1, RandomUse::Test, static_cast<std::uint32_t>(die.id)));
            die.conductance = std::move(drawn.conductance);
            die.defect = std::move(drawn.defect);
        }
        const std::filesystem::path folder = settings_.filePath("dies").toStdString();
        writeFiles(exportDies(project.wafer, folder, ArrayFormat::Hdf5));
        MainWindow window(std::move(project));
        window.resize(1280, 800);
        window.show();
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(4);
        QTRY_COMPARE_WITH_TIMEOUT(window.findChild<QTableWidget*>("defectStatistics")->rowCount(), 8, 60000);
        save(window, "statistics-failures");
        window.resize(window.minimumSizeHint());
        save(window, "statistics-small");
        window.findChild<QAction*>("actionClassify")->trigger();
        auto* classify = window.findChild<QDialog*>("classifyDialog");
        QTRY_VERIFY_WITH_TIMEOUT(classify->findChild<QTableWidget*>("labels")->rowCount() > 0, 60000);
        save(*classify, "classify");
        classify->reject();
        window.findChild<QAction*>("actionExportDies")->trigger();
        auto* dies = window.findChild<QDialog*>("exportDiesDialog");
        dies->findChild<QLineEdit*>("exportedFolder")->setText("/home/user/tester");
        dies->findChild<QComboBox*>("exported")->setCurrentIndex(1);
        save(*dies, "export-dies");
        dies->reject();
        ImportDialog import({folder});
        import.show();
        QTRY_VERIFY_WITH_TIMEOUT(import.findChild<QTableWidget*>("labels")->rowCount() > 0, 60000);
        save(import, "import");
        StatisticsDialog typed(statistics, window.document().project().wafer.device);
        typed.show();
        save(typed, "statistics-dialog");
    }

    void training()
    {
        prepareApplication(settings_.path());
        Project project = demoProject();
        project.plan.training.epochs = project.plan.statisticsAware.epochs = 4;
        MainWindow window(project);
        window.resize(1280, 800);
        window.show();
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(2);
        const StudyQueue& queue = window.document().queue();
        window.document().queue().add("All modes", project.plan);
        project.plan.seed = 2;
        window.document().queue().add("Another seed", project.plan);
        QTRY_VERIFY_WITH_TIMEOUT(queue.states()[0].finishedRuns() >= 12, 120000);
        save(window, "training");
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(3);
        save(window, "compare-training");
        QTRY_VERIFY_WITH_TIMEOUT(queue.states()[0].phase == StudyState::Phase::Finished, 120000);
        window.document().queue().stop(1);
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(2);
        window.findChild<QTableView*>("runsTable")->selectRow(3);
        window.findChild<QTabWidget*>("trainTabs")->setCurrentIndex(1);
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<FigureView*>("confusion")->figure(), 10000);
        save(window, "network");
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(3);
        window.findChild<QComboBox*>("dieOrder")->setCurrentIndex(2);
        selectThree(window);
        save(window, "compare-trained");
    }

    void circuit_data() { pages_data(); }

    void circuit()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        Project project = demoProject();
        project.circuit = readCircuitOptions(datasetsFolder() / "demo-circuit.json");
        project.plan.modes = {TrainingMode::Standard};
        project.plan.repeats = 1;
        project.plan.training.epochs = 5;
        MainWindow window(project);
        window.resize(1280, 800);
        window.show();
        window.document().queue().add("Study 1", project.plan);
        QTRY_VERIFY_WITH_TIMEOUT(window.document().queue().isIdle(), 120000);
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(5);
        window.findChild<QLineEdit*>("circuitDies")->setText("D01..D06");
        window.findChild<QPushButton*>("startWaterfall")->click();
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<FigureView*>("waterfall")->figure(), 240000);
        window.findChild<QPushButton*>("startSweep")->click();
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<FigureView*>("sweep")->figure(), 240000);
        save(window, "circuit-results");
        window.findChild<QComboBox*>("sweepParameter-1")->setCurrentText("Read ends");
        window.findChild<QComboBox*>("sweepParameter-2")->setCurrentIndex(1);
        window.findChild<QComboBox*>("adc.range")->setCurrentText("fixed");
        save(window, "circuit-fields");
        window.findChild<QAction*>("actionUndo")->trigger();

        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(1);
        auto* map = window.findChild<HeatMapView*>("dieMap");
        auto* layer = window.findChild<QComboBox*>("dieOverlay");
        for (const auto& [index, name] :
             {std::pair{6, "die-word-line"}, {7, "die-bit-line"}, {8, "die-current"}, {9, "die-power"}}) {
            layer->setCurrentIndex(index);
            QTRY_VERIFY_WITH_TIMEOUT(map->overlay().read, 20000);
            save(window, name);
        }
        window.findChild<QTabWidget*>("dieTabs")->setCurrentIndex(2);
        save(window, "die-circuit");
    }

    void notMeasured_data() { pages_data(); }

    /// A die with cells, lines and a corner that were not measured, from far and near.
    void notMeasured()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        Project project = sampleProject(36);
        for (const std::size_t k : {0, 7}) {
            Die& die = project.wafer.dies[k];
            for (int row = 0; row < die.rows(); ++row)
                for (int column = 0; column < die.columns(); ++column)
                    if (row == 30 || column == 150 || (row > 80 && column < 40) ||
                        (row * 37 + column * 101) % 97 == 0)
                        die.acquisition.missing.push_back(row * die.columns() + column);
        }
        MainWindow window(project);
        window.resize(1280, 800);
        window.show();
        auto* pages = window.findChild<QStackedWidget*>("pages");
        save(window, "not-measured-wafer");
        pages->setCurrentIndex(1);
        auto* map = window.findChild<HeatMapView*>("dieMap");
        for (const DieLayer layer : {DieLayer::Defects, DieLayer::ConductanceP}) {
            window.findChild<QComboBox*>("dieOverlay")->setCurrentIndex(static_cast<int>(layer));
            const QString name = layer == DieLayer::Defects ? "not-measured-defects" : "not-measured-g";
            map->fit();
            save(window, name);
            for (const double zoom : {2.0, 2.0, 2.0, 2.5}) {
                map->zoomAt(map->cellRect({80, 39}).center(), zoom);
                save(window, name + QString("-%1").arg(qRound(map->cellSize())));
            }
        }
        std::vector<std::shared_ptr<const Figure>> figures;
        const Wafer& wafer = project.wafer;
        for (const DieLayer layer : {DieLayer::Defects, DieLayer::ConductanceP})
            for (const QRect& cells : {QRect(), QRect(25, 70, 30, 20)}) {
                auto figure = dieFigure(wafer.dies[0], wafer.geometry, layer, healthyRange(wafer.dies, layer),
                                        ColourMap::Viridis, cells);
                figure->name += layer == DieLayer::Defects ? "-defects" : "-g";
                figure->name += cells.isNull() ? "" : "-part";
                figures.push_back(std::move(figure));
            }
        figures.push_back(waferMapFigure(wafer, defectsPerDie(wafer)));
        writeFiles(exportFigures(figures, {}, allFormats, (folder_ + "/not-measured").toStdString()));
    }

    void figures()
    {
        const Project project = sampleProject(36);
        const Wafer& wafer = project.wafer;
        auto figures = studyFigures(wafer, project.studies.front());
        const auto add = [&](std::size_t die, DieLayer layer, const QRect& cells) {
            figures.push_back(dieFigure(wafer.dies[die], wafer.geometry, layer,
                                        healthyRange(wafer.dies, layer), ColourMap::Viridis, cells));
        };
        add(0, DieLayer::Defects, {});
        add(1, DieLayer::ConductanceP, {});
        add(2, DieLayer::Defects, QRect(40, 20, 50, 30));
        add(3, DieLayer::Tmr, QRect(50, 25, 12, 8));
        writeFiles(exportFigures(figures, {}, allFormats, (folder_ + "/figures").toStdString()));
    }

private:
    static void selectThree(MainWindow& window)
    {
        auto* byDefects = window.findChild<FigureView*>("errorByDefects");
        const std::vector<Spot> spots = byDefects->spots();
        for (const std::size_t k : {5, 17, 30})
            QTest::mouseClick(byDefects, Qt::LeftButton, Qt::ControlModifier,
                              spots[k].place.center().toPoint());
    }

    /// Three dies selected in another order, the heat map enlarged, and the export dialog.
    void compare(MainWindow& window)
    {
        window.findChild<QComboBox*>("dieOrder")->setCurrentIndex(2);
        selectThree(window);
        save(window, "compare-selection");
        window.findChild<QToolButton*>("enlarge-generality")->click();
        save(window, "compare-generality");
        window.findChild<QToolButton*>("enlarge-errorByDie")->click();

        window.findChild<QAction*>("actionExport")->trigger();
        auto* dialog = window.findChild<QDialog*>("exportDialog");
        dialog->findChild<QComboBox*>("which")->setCurrentIndex(2);
        dialog->findChild<QLineEdit*>("folder")->setText("/home/user/figures");
        save(*dialog, "export");
        dialog->findChild<QComboBox*>("which")->setCurrentIndex(3);
        dialog->findChild<QCheckBox*>("title")->setChecked(true);
        dialog->findChild<QCheckBox*>("light")->setChecked(false);
        dialog->findChild<QComboBox*>("column")->setCurrentIndex(3);
        save(*dialog, "export-slide");
        delete dialog;
    }

    void save(QWidget& window, const QString& name)
    {
        QTest::qWait(300); // for layouts, charts and what is counted beside the window to settle
        const char* theme = QTest::currentDataTag();
        const QString file = folder_ + '/' + name + (theme ? QString('-') + theme : QString()) + ".png";
        QVERIFY(window.grab().save(file));
    }

    static void drag(HeatMapView& map, const CellIndex& from, const CellIndex& to)
    {
        QTest::mousePress(&map, Qt::LeftButton, {}, map.cellRect(from).center().toPoint());
        QTest::mouseMove(&map, map.cellRect(to).center().toPoint());
        QTest::mouseRelease(&map, Qt::LeftButton, {}, map.cellRect(to).center().toPoint());
    }

    QString folder_;
    QTemporaryDir settings_;
};

QTEST_MAIN(Screenshots)
#include "screenshots.moc"
