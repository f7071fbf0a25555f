#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cmath>

#include "crossbar/dense_nodal_solve.h"
#include "document/wafer_edits.h"
#include "figures/die_image.h"
#include "pages/circuit_panel.h"
#include "pages/die_page.h"
#include "sample_project.h"
#include "study/evaluation.h"
#include "support/limits.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "window/main_window.h"

using namespace faultline;

/// Voltages, currents and power on the Die page, against all of Kirchhoff's equations.
class TestCircuitOverlays : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        writeTinyDataset(folder_.filePath("tiny"));
        Project project = tinyProject(2, folder_.filePath("tiny"));
        project.wafer = sampleWafer(2, {20, 24, 10, 12});
        project.plan.modes = {TrainingMode::Standard};
        ProjectDocument document(project);
        document.queue().add("Study 1", document.project().plan);
        QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 30000);
        trained_ = document.project();
        trained_.circuit.wires = {.columnSegment = 3.0, .rowSegment = 2.0, .source = 20.0, .sense = 10.0};
    }

    void init() { show(trained_); }
    void cleanup() { window_.reset(); }

    void layersAreKirchhoffs()
    {
        choose("dieOverlay", "Word-line voltage");
        QCOMPARE(child<QTabWidget>("dieTabs")->currentIndex(), 1); // says what is read
        waitForRead();
        const Run& run = trained_.studies[0].result.runs[0];
        const Die& die = trained_.wafer.dies[0];
        const CellMap map(run.settings.network.layers, trained_.wafer.geometry, run.settings.spare);
        const Tile& tile = map.tiles().front();
        QCOMPARE(child<QComboBox>("readTile")->currentText(), QString("layer 1, copy 1 of 2"));

        // The cells as written, and the first image's pixels on the tile's columns.
        CellGrid<double> cells(20, 24);
        for (int row = 0; row < 20; ++row)
            for (int column = 0; column < 24; ++column) {
                const auto use = map.use({row, column});
                const bool up = use && run.network.layers[static_cast<std::size_t>(use->weight.layer)].latent(
                                           use->weight.output, use->weight.input) >= 0.0F;
                const bool atP = use && up == (use->sign > 0);
                cells(row, column) = die.conductance[atP ? P : AP](row, column);
            }
        const DenseNodalSolve reference(cells, trained_.circuit.wires);
        const Eigen::VectorXf pixels =
            Eigen::MatrixXf(loadTestImages(trained_.dataset).images.leftCols(1)).col(0);
        double power = 0.0;
        for (int row = 0; row < 20; ++row)
            for (int column = 0; column < 24; ++column) {
                long double wordLine = 0.0, bitLine = 0.0;
                for (int k = 0; k < tile.inputs; ++k) {
                    const long double volt = 0.2L * pixels[tile.firstInput + k];
                    wordLine += reference.columnVoltage(row, column, tile.column + k) * volt;
                    bitLine += reference.rowVoltage(row, column, tile.column + k) * volt;
                }
                const auto v = static_cast<double>(wordLine), w = static_cast<double>(bitLine);
                const double current = cells(row, column) * (v - w);
                VERIFY_BELOW(std::abs(shown(DieLayer::WordLine, row, column) - v), 1e-9);
                VERIFY_BELOW(std::abs(shown(DieLayer::BitLine, row, column) - w), 1e-9);
                VERIFY_BELOW(std::abs(shown(DieLayer::CellCurrent, row, column) - current), 1e-13);
                VERIFY_BELOW(std::abs(shown(DieLayer::CellPower, row, column) - current * (v - w)), 1e-14);
                power += current * (v - w);
            }
        const TileRead& read = *map_()->overlay().read;
        VERIFY_BELOW(power, read.power()); // the rest is the wires'
        VERIFY_BELOW(0.5 * read.power(), power);
    }

    void colourBarsHaveUnits_data()
    {
        QTest::addColumn<QString>("layer");
        QTest::addColumn<QString>("title");
        QTest::addColumn<double>("highest"); // that is physical here
        QTest::newRow("word line") << "Word-line voltage"
                                   << "Word-line voltage (mV)" << 200.0;
        QTest::newRow("bit line") << "Bit-line voltage"
                                  << "Bit-line voltage (mV)" << 100.0;
        QTest::newRow("current") << "Cell current"
                                 << "Cell current (µA)" << 200.0;
        QTest::newRow("power") << "Cell power"
                               << "Cell power (µW)" << 40.0;
    }

    void colourBarsHaveUnits()
    {
        QFETCH(const QString, layer);
        QFETCH(const QString, title);
        QFETCH(const double, highest);
        choose("dieOverlay", layer);
        waitForRead();
        const Overlay& overlay = map_()->overlay();
        const ColourRange range = healthyRange({&trained_.wafer.dies[0], 1}, overlay);
        const ColourBar bar = dieColourBar(overlay.layer, range, ColourMap::Viridis, Theme());
        QCOMPARE(bar.axis.title, title);
        QVERIFY(bar.axis.high > 0.1 && bar.axis.high <= highest);
        const QString words = map_()->describe(map_()->cellRect({3, 2}).center());
        QVERIFY2(words.contains("mV") && words.contains("µA") && words.contains("µW"), qPrintable(words));
        QVERIFY(words.contains("of weight (1, 2) in layer 1"));
    }

    void eachTileHasItsOwnRead()
    {
        choose("dieOverlay", "Word-line voltage");
        waitForRead();
        const auto first = map_()->overlay().read;
        auto* tiles = child<QComboBox>("readTile");
        QVERIFY(tiles->count() > 1);
        tiles->setCurrentIndex(1);
        const auto second = map_()->overlay().read;
        QVERIFY(second && second != first);
        const CellMap map(trained_.studies[0].result.runs[0].settings.network.layers,
                          trained_.wafer.geometry);
        const Tile& tile = map.tiles()[1];
        for (int column = 0; column < 24; ++column)
            if (column < tile.column || column >= tile.column + tile.inputs)
                QCOMPARE(second->voltages[column], 0.0);
        QVERIFY(second->voltages.cwiseAbs().maxCoeff() > 0.0);
    }

    void energyIsThatOfAllReads()
    {
        child<QTabWidget>("dieTabs")->setCurrentIndex(1);
        QTRY_VERIFY_WITH_TIMEOUT(!child<QLabel>("readCost")->text().isEmpty(), 10000);
        const Run& run = trained_.studies[0].result.runs[0];
        const CellMap map(run.settings.network.layers, trained_.wafer.geometry, run.settings.spare);
        const Dataset first = firstImages(loadTestImages(trained_.dataset), 1);
        const CircuitNetwork network(run.network, trained_.wafer.dies[0], map, trained_.wafer.device,
                                     trained_.circuit, first);
        const double picojoule = 1e12 * network.readCost(first).energy;
        const QString words = child<QLabel>("readCost")->text();
        QVERIFY2(words.contains(QString("<b>%1 pJ</b> in %2 reads of 10 ns")
                                    .arg(QLocale().toString(picojoule, 'g', 3))
                                    .arg(map.tiles().size())),
                 qPrintable(words + QString::number(picojoule)));
        const int given = network.classify(first, {}).front();
        QCOMPARE(child<QLabel>("readWords")->text(),
                 QString("a %1, read as %2").arg(first.labels[0]).arg(given));
    }

    /// A noisy read of one image gives the class that it has among all images.
    void noiseIsThatOfTheEvaluation()
    {
        Project noisy = trained_;
        noisy.circuit.relativeNoise = 1.0;
        show(noisy);
        child<QTabWidget>("dieTabs")->setCurrentIndex(1);
        const Run& run = noisy.studies[0].result.runs[0];
        const CellMap map(run.settings.network.layers, noisy.wafer.geometry, run.settings.spare);
        const Dataset all = loadTestImages(noisy.dataset);
        const CircuitNetwork network(run.network, noisy.wafer.dies[0], map, noisy.wafer.device, noisy.circuit,
                                     all);
        const NoiseKey key = noiseKey(run.settings, noisy.wafer.dies[0].id);
        const std::vector<std::uint8_t> given = network.classify(all, key);
        std::size_t tell = 1; // the first image that the noise of another place would give another class
        const auto alone = [&](std::size_t image) {
            const Dataset one{all.width, all.height, all.images.middleCols(static_cast<int>(image), 1), {0}};
            return network.classify(one, key).front();
        };
        while (alone(tell) == given[tell])
            ++tell;
        QTRY_VERIFY_WITH_TIMEOUT(child<QSpinBox>("readImage")->isEnabled(), 10000);
        child<QSpinBox>("readImage")->setValue(static_cast<int>(tell) + 1);
        QTRY_COMPARE_WITH_TIMEOUT(child<QLabel>("readWords")->text(),
                                  QString("a %1, read as %2").arg(all.labels[tell]).arg(given[tell]), 10000);
    }

    void figuresTellTheLosses()
    {
        child<QTabWidget>("dieTabs")->setCurrentIndex(1);
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("irDrops")->figure(), 10000);
        const Table& drops = child<FigureView>("irDrops")->figure()->numbers();
        QCOMPARE(drops.rows.size(), std::size_t{24 + 20});
        choose("dieOverlay", "Word-line voltage");
        waitForRead();
        const TileRead& read = *map_()->overlay().read;
        for (std::size_t column = 0; column < 24; ++column) {
            double worst = 0.0;
            for (int row = 0; row < 20; ++row)
                worst = std::max(worst, std::abs(shown(DieLayer::WordLine, row, static_cast<int>(column)) -
                                                 read.voltages[static_cast<Eigen::Index>(column)]));
            VERIFY_BELOW(std::abs(std::get<double>(drops.rows[column][3]) - worst), 1e-15);
        }
        const Table& losses = child<FigureView>("lineLosses")->figure()->numbers();
        std::size_t lines = 0;
        const CellMap map(std::vector{16, 5, 10}, trained_.wafer.geometry);
        for (const Tile& tile : map.tiles())
            lines += static_cast<std::size_t>(tile.rows() + tile.inputs);
        QCOMPARE(losses.rows.size(), lines);
    }

    void followsCircuitImageAndDie()
    {
        choose("dieOverlay", "Bit-line voltage");
        waitForRead();
        auto before = map_()->overlay().read;
        const auto another = [&] {
            QTRY_VERIFY_WITH_TIMEOUT(map_()->overlay().read && map_()->overlay().read != before, 10000);
            const double change =
                (map_()->overlay().read->state.rowVoltage - before->state.rowVoltage).cwiseAbs().maxCoeff();
            QVERIFY(change > 1e-6);
            before = map_()->overlay().read;
        };
        child<QSpinBox>("readImage")->setValue(2);
        another();
        // The panel in the third tab, while the map stays in sight.
        child<QTabWidget>("dieTabs")->setCurrentIndex(2);
        auto* sense = page()->findChild<CircuitPanel*>()->findChild<QLineEdit*>("senseOhm");
        sense->setFocus();
        sense->selectAll();
        QTest::keyClicks(sense, "90");
        QCOMPARE(window_->document().project().circuit.wires.sense, 90.0);
        another();
        const auto broken = static_cast<float>(20.0 * trained_.wafer.device.conductance(P));
        std::vector<CellEdit> shorts;
        for (int row = 0; row < 20; ++row)
            shorts.push_back({{row, 3}, {Defect::Short, {broken, broken}}});
        drawCells(window_->document(), 0, shorts, "draw");
        another();
        QTest::mouseClick(child<QToolButton>("nextDie"), Qt::LeftButton);
        QCOMPARE(page()->die(), 1);
        another();
    }

    /// What a cell tells of its weight is of the die that it is on.
    void everyDieOfAGroupTellsItsOwnWeights()
    {
        trainOnTwoDies();
        choose("dieOverlay", "Mapped weights");
        const Project& project = window_->document().project();
        const Run& run = project.studies[0].result.runs[0];
        const CellMap map(run.settings.network.layers, project.wafer.geometry, run.settings.spare);
        QCOMPARE(map.dies(), 2);
        const int columns = project.wafer.geometry.columns;
        for (int part = 0; part < 2; ++part) {
            QTRY_COMPARE(page()->die(), part);
            int differ = 0;
            for (int row = 0; row < project.wafer.geometry.rows; ++row)
                for (int column = 0; column < columns; ++column) {
                    const CellIndex cell{row, column};
                    const QString words = map_()->describe(map_()->cellRect(cell).center());
                    const auto use = map.use({row, column + part * columns});
                    if (!use) {
                        QVERIFY2(words.contains("not used by the network"), qPrintable(words));
                        continue;
                    }
                    const WeightIndex& weight = use->weight;
                    const QString expected = QString("of weight (%1, %2) in layer %3, copy %4 of")
                                                 .arg(weight.output)
                                                 .arg(weight.input)
                                                 .arg(weight.layer + 1)
                                                 .arg(use->copy + 1);
                    QVERIFY2(words.contains(expected), qPrintable(words + "\n" + expected));
                    const double worth =
                        map_()->overlay().value(project.wafer.dies[static_cast<std::size_t>(part)], cell);
                    QVERIFY(words.endsWith("worth " + textOf(DieLayer::Weights).text(worth)));
                    const auto first = map.use(cell);
                    differ += !first || first->weight != weight;
                }
            QCOMPARE(differ > 100, part == 1);
            QTest::mouseClick(child<QToolButton>("nextDie"), Qt::LeftButton);
        }
    }

    void saysWhyNothingIsRead()
    {
        trainOnTwoDies();
        choose("dieOverlay", "Cell power");
        const auto* status = child<QLabel>("readStatus");
        QTRY_VERIFY_WITH_TIMEOUT(status->text().contains("This network takes 2 dies"), 10000);
        QVERIFY(status->isVisible());
        QVERIFY(!map_()->overlay().read);

        show(tinyProject(2, folder_.filePath("tiny")));
        choose("dieOverlay", "Cell power");
        QVERIFY(child<QLabel>("readStatus")->text().contains("when a trained network is chosen"));
    }

private:
    void trainOnTwoDies()
    {
        Project large = tinyProject(2, folder_.filePath("tiny"));
        large.plan.network.layers = {16, 30, 10};
        large.plan.modes = {TrainingMode::Standard};
        large.plan.repeats = 1;
        ProjectDocument document(large);
        document.queue().add("Study 1", large.plan);
        QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 30000);
        show(document.project());
    }

    void show(const Project& project)
    {
        window_ = std::make_unique<MainWindow>(project);
        window_->resize(1280, 800);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
        QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
        QVERIFY(page()->isVisible());
    }

    DiePage* page() const { return window_->findChild<DiePage*>(); }
    template <class Widget>
    Widget* child(const QString& name) const
    {
        return childOf<Widget>(page(), name);
    }
    HeatMapView* map_() const { return child<HeatMapView>("dieMap"); }
    void choose(const QString& box, const QString& text) const
    {
        child<QComboBox>(box)->setCurrentText(text);
        QCOMPARE(child<QComboBox>(box)->currentText(), text);
    }
    void waitForRead() const { QTRY_VERIFY_WITH_TIMEOUT(map_()->overlay().read, 10000); }
    double shown(DieLayer layer, int row, int column) const
    {
        Overlay overlay = map_()->overlay();
        overlay.layer = layer;
        return overlay.value(trained_.wafer.dies[0], {row, column});
    }

    QTemporaryDir folder_;
    Project trained_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestCircuitOverlays)
#include "test_circuit_overlays.moc"
