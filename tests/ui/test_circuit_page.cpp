#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include <cmath>

#include "common/statistics.h"
#include "pages/circuit_page.h"
#include "pages/circuit_panel.h"
#include "pages/die_page.h"
#include "sample_project.h"
#include "study/circuit_study.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "window/main_window.h"

using namespace faultline;

/// The circuit as a form, and what the page makes of it, with a small study trained once.
class TestCircuitPage : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        writeTinyDataset(folder_.filePath("tiny"));
        ProjectDocument document(tinyProject(3, folder_.filePath("tiny")));
        document.queue().add("Study 1", document.project().plan);
        QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 30000);
        trained_ = document.project();
    }

    void init() { show(trained_); }
    void cleanup() { window_.reset(); }

    void typedNumbersAreTheProjects_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<double>("expected");
        QTest::addColumn<std::function<double(const CircuitOptions&)>>("value");
        const auto row = [](const char* field, const char* typed, double expected,
                            const std::function<double(const CircuitOptions&)>& value) {
            QTest::newRow(field) << QString(field) << QString(typed) << expected << value;
        };
        row("column_segment_ohm", "0.1", 0.1,
            [](const CircuitOptions& of) { return of.wires.columnSegment; });
        row("row_segment_ohm", "1,5", 1.5, [](const CircuitOptions& of) { return of.wires.rowSegment; });
        row("source_ohm", "2", 2.0, [](const CircuitOptions& of) { return of.wires.source; });
        row("sense_ohm", "1e3", 1e3, [](const CircuitOptions& of) { return of.wires.sense; });
        row("series_ohm", "500", 500.0, [](const CircuitOptions& of) { return of.series; });
        row("bias_half_voltage_v", "350", 0.35, [](const CircuitOptions& of) { return of.biasHalfVoltage; });
        row("temperature_k", "350", 350.0, [](const CircuitOptions& of) { return of.temperature; });
        row("spin_wave_coefficient", "3", 3e-5,
            [](const CircuitOptions& of) { return of.spinWaveCoefficient; });
        row("read_voltage_v", "300", 0.3, [](const CircuitOptions& of) { return of.readVoltage; });
        row("read_time_s", "25", 25e-9, [](const CircuitOptions& of) { return of.readTime; });
        row("relative_noise", "2", 0.02, [](const CircuitOptions& of) { return of.relativeNoise; });
        row("absolute_noise_a", "20", 20e-9, [](const CircuitOptions& of) { return of.absoluteNoise; });
    }

    void typedNumbersAreTheProjects()
    {
        QFETCH(const QString, field);
        QFETCH(const QString, typed);
        QFETCH(const double, expected);
        QFETCH(const std::function<double(const CircuitOptions&)>, value);
        type(field, typed);
        QCOMPARE(value(circuit()), expected);
        QVERIFY(problem()->isHidden());
        QVERIFY(window_->isWindowModified());
        QCOMPARE(window_->document().undoStack().count(), 1); // however many keys it took
        child<QAction>("actionUndo")->trigger();
        QVERIFY(circuit() == CircuitOptions());
        QVERIFY(line(field)->text() != typed);
        child<QAction>("actionRedo")->trigger();
        QCOMPARE(value(circuit()), expected);
        QCOMPARE(line(field)->text(), QString(typed == "1,5" ? "1.5" : typed == "1e3" ? "1000" : typed));
    }

    void convertersAndChoices()
    {
        auto* bits = panel()->findChild<QSpinBox*>("adc.bits");
        QVERIFY(!line("adc.full_scale_a")->isVisible());
        QCOMPARE(bits->text(), QString("ideal"));
        bits->setFocus();
        QTest::keyClick(bits, Qt::Key_Up); // from none to two: one bit is no converter
        QCOMPARE(circuit().adc.bits, 2);
        choose("adc.range", 0);
        QVERIFY(circuit().adc.range == ConverterRange::Fixed);
        QVERIFY(line("adc.full_scale_a")->isVisible());
        type("adc.full_scale_a", "50");
        QCOMPARE(circuit().adc.fullScale, 50e-6);
        choose("driven_ends", 1);
        choose("unused_cells", 1);
        QVERIFY(circuit().wires.drive == LineEnds::Both && circuit().wires.read == LineEnds::One);
        QVERIFY(circuit().unused == P);
        QTest::mouseClick(child<QToolButton>("idealCircuit"), Qt::LeftButton);
        QVERIFY(circuit() == CircuitOptions());
        QVERIFY(!line("adc.full_scale_a")->isVisible());
    }

    void whatIsWrongIsRefusedInPlace()
    {
        type("column_segment_ohm", "-1");
        QVERIFY(problem()->isVisible());
        QVERIFY2(problem()->text().contains("-1") && problem()->text().contains("1e12"),
                 qPrintable(problem()->text()));
        QVERIFY(circuit() == CircuitOptions());
        type("column_segment_ohm", "thin");
        QVERIFY(problem()->text().contains(
            "Word-line segment (column_segment_ohm) is \"thin\", must be a number in Ω"));
        type("column_segment_ohm", "2");
        QVERIFY(problem()->isHidden());
        QCOMPARE(circuit().wires.columnSegment, 2.0);
    }

    void bothPanelsShowTheSame()
    {
        type("column_segment_ohm", "0.25");
        auto* onDie = page<DiePage>()->findChild<QLineEdit*>("column_segment_ohm");
        QVERIFY(onDie);
        QCOMPARE(onDie->text(), QString("0.25"));
        Project other = trained_;
        other.circuit.readVoltage = 0.123456789012345; // more digits than are shown
        window_->document().replaceProject(other);
        QCOMPARE(line("read_voltage_v")->text(), QString("123.456789012"));
        type("series_ohm", "7");
        QCOMPARE(circuit().readVoltage, 0.123456789012345);
    }

    void savesAndLoadsFiles()
    {
        CircuitOptions wanted;
        wanted.wires.rowSegment = 0.7;
        wanted.dac = {4, ConverterRange::Fixed, 1.0};
        wanted.biasHalfVoltage = 0.5;
        window_->document().setCircuit(wanted);
        const QString file = folder_.filePath("circuit.json");
        answer(file, "saveCircuit");
        QVERIFY(readCircuitOptions(file.toStdString()) == wanted);
        window_->document().setCircuit({});
        answer(file, "loadCircuit");
        QVERIFY(circuit() == wanted);
        QCOMPARE(line("row_segment_ohm")->text(), QString("0.7"));

        QFile bad(folder_.filePath("bad.json"));
        QVERIFY(bad.open(QIODevice::WriteOnly) && bad.write("{\"series_ohm\": \"much\"}") > 0);
        bad.close();
        answer(bad.fileName(), "loadCircuit");
        QVERIFY2(problem()->text().contains("bad.json: series_ohm: found \"much\", expected a number"),
                 qPrintable(problem()->text()));
        QVERIFY(circuit() == wanted);
    }

    void waterfallIsThatOfTheCore()
    {
        CircuitOptions wired;
        wired.wires.columnSegment = wired.wires.rowSegment = 20.0;
        wired.adc.bits = 3;
        window_->document().setCircuit(wired);
        choose("circuitNetworks", 0); // all two standard ones
        QCOMPARE(child<QComboBox>("circuitNetworks")->currentText(), QString("all 2 standard"));
        type("circuitDies", "D01, D03");
        QTest::mouseClick(child<QPushButton>("startWaterfall"), Qt::LeftButton);
        QVERIFY(!child<QPushButton>("startSweep")->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("waterfall")->figure(), 30000);
        QVERIFY(child<QPushButton>("startSweep")->isEnabled());

        const Core core(trained_);
        const std::vector<const Run*> networks{&trained_.studies[0].result.runs[0],
                                               &trained_.studies[0].result.runs[1]};
        const std::vector<const Die*> dies{&trained_.wafer.dies[0], &trained_.wafer.dies[2]};
        const auto pairs = pairings(networks, dies);
        const auto expected = waterfall(pairs, wired, core.bench(trained_));
        const Table& numbers = child<FigureView>("waterfall")->figure()->numbers();
        QCOMPARE(numbers.rows.size(), std::size_t{4}); // ideal, dies, wires, ADC
        for (std::size_t k = 0; k < 3; ++k) {
            QCOMPARE(std::get<std::string>(numbers.rows[k + 1][0]),
                     std::string(name(expected->steps[k].effect)));
            QCOMPARE(std::get<double>(numbers.rows[k + 1][1]), expected->steps[k].error);
        }
        const auto outcomes = readThroughCircuit(pairs, wired, core.bench(trained_));
        std::vector<double> errors, energies;
        for (const CircuitOutcome& outcome : *outcomes) {
            errors.push_back(outcome.error);
            energies.push_back(1e9 * outcome.cost.energy);
        }
        const QString words = child<QLabel>("circuitOutcomes")->text();
        QVERIFY2(words.startsWith(QString("Error <b>%1</b> ± %2 %")
                                      .arg(mean(errors), 0, 'f', 2)
                                      .arg(standardDeviation(errors), 0, 'f', 2)),
                 qPrintable(words));
        QVERIFY(words.contains(QString("<b>%1</b> ± ").arg(mean(energies), 0, 'f', 3)));
        // As many images as there are, not the 1000 that were asked for.
        QCOMPARE(child<QSpinBox>("circuitImages")->value(), 1000);
        QCOMPARE(child<QLabel>("waterfallNote")->text(), "all 2 standard, read 4 times, 100 images each");
        QCOMPARE(window_->document().project().circuitResults.waterfall->reading.images, 100);
        type("series_ohm", "100");
        QVERIFY(child<QLabel>("waterfallNote")->text().contains("Before the latest changes"));
    }

    void sweepsOneParameterOrTwo()
    {
        choose("sweepParameter-1", "Source resistance (ohm)");
        type("sweepFrom-1", "10");
        type("sweepTo-1", "1000");
        child<QSpinBox>("sweepSteps-1")->setValue(3);
        QTest::mouseClick(child<QPushButton>("startSweep"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("sweep")->figure(), 30000);
        const auto columnOf = [this](std::size_t column) {
            std::vector<double> values;
            for (const auto& row : child<FigureView>("sweep")->figure()->numbers().rows)
                values.push_back(std::round(1e6 * std::get<double>(row[column])) / 1e6);
            return values;
        };
        QVERIFY(columnOf(0) == std::vector({10.0, 100.0, 1000.0})); // at equal ratios

        const Core core(trained_);
        SweepPlan plan{.axes = {{SweepParameter("source-ohm"), {10.0, 100.0, 1000.0}}}, .circuit = {}};
        std::vector<const Die*> dies;
        for (const Die& die : trained_.wafer.dies)
            dies.push_back(&die);
        const std::vector<const Run*> network{&trained_.studies[0].result.runs[0]}; // chosen at first
        const auto points = sweep(pairings(network, dies), plan, core.bench(trained_));
        for (std::size_t k = 0; k < 3; ++k)
            QVERIFY(std::abs(columnOf(1)[k] - (*points)[k].mean) < 1e-5);

        choose("sweepParameter-2", "ADC (bits)");
        type("sweepFrom-2", "3");
        type("sweepTo-2", "5");
        child<QSpinBox>("sweepSteps-2")->setValue(9); // of which three are whole
        QTest::mouseClick(child<QPushButton>("startSweep"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(columnOf(0).size(), std::size_t{9}, 30000);
        QCOMPARE(columnOf(1)[2], 5.0);
    }

    void refusesInPlace()
    {
        const auto* status = child<QLabel>("circuitStatus");
        type("sweepFrom-1", "0");
        QTest::mouseClick(child<QPushButton>("startSweep"), Qt::LeftButton);
        QVERIFY2(status->isVisible() && status->text().contains("values at equal ratios must be above 0"),
                 qPrintable(status->text()));
        type("sweepFrom-1", "some");
        QTest::mouseClick(child<QPushButton>("startSweep"), Qt::LeftButton);
        QVERIFY(status->text().contains("found \"some\", expected a number"));
        type("circuitDies", "D9");
        QTest::mouseClick(child<QPushButton>("startWaterfall"), Qt::LeftButton);
        QVERIFY(status->text().contains("There is no die \"D9\""));
        QVERIFY(child<QPushButton>("startWaterfall")->isEnabled());

        show(tinyProject(3, folder_.filePath("tiny")));
        QTest::mouseClick(child<QPushButton>("startWaterfall"), Qt::LeftButton);
        QVERIFY(child<QLabel>("circuitStatus")->text().contains("no trained network yet"));
    }

    void stops()
    {
        CircuitOptions biased;
        biased.biasHalfVoltage = 0.3; // image by image
        window_->document().setCircuit(biased);
        child<QSpinBox>("sweepSteps-1")->setValue(100);
        QTest::mouseClick(child<QPushButton>("startSweep"), Qt::LeftButton);
        QVERIFY(child<QPushButton>("stopCircuit")->isEnabled());
        QTest::mouseClick(child<QPushButton>("stopCircuit"), Qt::LeftButton);
        QVERIFY(child<QPushButton>("startSweep")->isEnabled());
        QVERIFY(!child<QPushButton>("stopCircuit")->isEnabled());
        QTest::qWait(200);
        QVERIFY(!child<FigureView>("sweep")->figure());
    }

    void resultsComeBackWithTheProject()
    {
        CircuitOptions wired;
        wired.wires.columnSegment = wired.wires.rowSegment = 20.0;
        window_->document().setCircuit(wired);
        const auto seen = [this] {
            QList<QVariant> all;
            for (const char* name : {"circuitOutcomes", "waterfallNote", "sweepNote"})
                all.append(child<QLabel>(name)->text());
            for (const char* name : {"waterfall", "sweep"})
                all.append(QString::fromStdString(csv(child<FigureView>(name)->figure()->numbers())));
            return all;
        };
        const std::filesystem::path file = folder_.filePath("results.faultline").toStdString();
        window_->document().save(file);
        QVERIFY(!window_->document().isModified());
        QTest::mouseClick(child<QPushButton>("startWaterfall"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("waterfall")->figure(), 30000);
        QVERIFY(window_->document().isModified()); // work that would be lost
        choose("sweepParameter-1", "Source resistance (ohm)");
        child<QSpinBox>("sweepSteps-1")->setValue(3);
        QTest::mouseClick(child<QPushButton>("startSweep"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("sweep")->figure(), 30000);
        const QList<QVariant> before = seen();
        window_->document().save(file);

        show(trained_);
        window_->document().open(file);
        QCOMPARE(seen(), before);
        QVERIFY(child<QLabel>("circuitOutcomes")->text().startsWith("Error"));
        QVERIFY(!window_->document().isModified());
        // What has become of the past stays so.
        type("series_ohm", "100");
        window_->document().save(file);
        window_->document().open(file);
        QVERIFY(child<QLabel>("sweepNote")->text().contains("Before the latest changes"));
    }

    void anotherProjectClearsThePage()
    {
        QTest::mouseClick(child<QPushButton>("startWaterfall"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("waterfall")->figure(), 30000);
        window_->document().replaceProject(trained_);
        QVERIFY(!child<FigureView>("waterfall")->figure());
        QVERIFY(!child<QLabel>("circuitOutcomes")->isVisible());
        QVERIFY(child<QLabel>("waterfallNote")->text().isEmpty());
    }

private:
    /// What the core reads with, as the page should.
    struct Core {
        Dataset test, calibration;

        explicit Core(const Project& project)
        {
            const DatasetPair images = loadDataset(project.dataset);
            test = downsample(images.test, 4);
            calibration = downsample(firstImages(images.train, 500), 4);
        }
        CircuitBench bench(const Project& project) const
        {
            return {.wafer = project.wafer,
                    .test = test,
                    .calibration = calibration,
                    .seed = project.plan.seed,
                    .stop = {},
                    .progress = {}};
        }
    };

    void show(const Project& project)
    {
        window_ = std::make_unique<MainWindow>(project);
        window_->dialogs().saveChanges = [] { return Dialogs::Answer::Discard; };
        window_->resize(1280, 800);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
        QTest::keyClick(window_.get(), Qt::Key_6, Qt::ControlModifier);
        QVERIFY(page<CircuitPage>()->isVisible());
    }

    template <class Page>
    Page* page() const
    {
        return window_->findChild<Page*>();
    }
    CircuitPanel* panel() const { return page<CircuitPage>()->template findChild<CircuitPanel*>(); }
    template <class Widget>
    Widget* child(const QString& name) const
    {
        auto* onPage = page<CircuitPage>()->template findChild<Widget*>(name);
        return onPage ? onPage : childOf<Widget>(window_.get(), name);
    }
    QLineEdit* line(const QString& name) const { return child<QLineEdit>(name); }
    QLabel* problem() const { return child<QLabel>("circuitProblem"); }
    const CircuitOptions& circuit() const { return window_->document().project().circuit; }

    void type(const QString& name, const QString& text) const
    {
        line(name)->setFocus();
        line(name)->selectAll();
        QTest::keyClicks(line(name), text);
    }
    void choose(const QString& name, int index) const { child<QComboBox>(name)->setCurrentIndex(index); }
    void choose(const QString& name, const QString& text) const
    {
        child<QComboBox>(name)->setCurrentText(text);
        QCOMPARE(child<QComboBox>(name)->currentText(), text);
    }

    /// Puts a file's name into the dialog that the button opens.
    void answer(const QString& file, const QString& button) const
    {
        QTimer::singleShot(0, this, [file] {
            auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            auto* name = dialog->findChild<QLineEdit*>("fileNameEdit");
            QVERIFY(name);
            name->setText(file); // typed keys would open a list of completions over the button
            auto* buttons = dialog->findChild<QDialogButtonBox*>("buttonBox");
            QVERIFY(buttons);
            for (QAbstractButton* accept : buttons->buttons())
                if (buttons->buttonRole(accept) == QDialogButtonBox::AcceptRole)
                    QTest::mouseClick(accept, Qt::LeftButton);
        });
        QTest::mouseClick(child<QToolButton>(button), Qt::LeftButton);
    }

    QTemporaryDir folder_;
    Project trained_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestCircuitPage)
#include "test_circuit_page.moc"
