#include <array>
#include <csignal>
#include <fstream>

#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QProcess>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>

#include "common/lock_file.h"
#include "crossbar/wire_network.h"
#include "formats/csv_matrix.h"
#include "formats/npy.h"
#include "project/project_file.h"
#include "support/described_options.h"
#include "support/idx_files.h"

using namespace faultline;

namespace
{

#ifdef FAULTLINE_FIGURES
constexpr bool drawsFigures = true;
#else
constexpr bool drawsFigures = false;
#endif

struct Outcome {
    int exitCode = -1;
    QString out, err;
};

/// `locale`: what the person's desktop sets, if anything.
Outcome call(const QStringList& arguments, const QString& locale = {})
{
    QProcess program;
    if (!locale.isEmpty()) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("LC_ALL", locale);
        program.setProcessEnvironment(environment);
    }
    program.start(FAULTLINE_CLI, arguments);
    if (!program.waitForFinished(120'000) || program.exitStatus() != QProcess::NormalExit)
        return {};
    return {program.exitCode(), program.readAllStandardOutput(), program.readAllStandardError()};
}

QByteArray readBytes(const QString& name)
{
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QJsonObject readJson(const QString& name)
{
    return QJsonDocument::fromJson(readBytes(name)).object();
}

/// The part of study.json that a seed decides, as it is printed: from the baseline up to the seconds.
QByteArray errorsOf(const QString& name)
{
    const QByteArray text = readBytes(name);
    return text.mid(text.indexOf("\"baseline\""), text.indexOf("\"seconds\"") - text.indexOf("\"baseline\""));
}

} // namespace

class CliTest : public QObject
{
    Q_OBJECT

    QTemporaryDir folder_;

    QString path(const QString& name) const { return folder_.filePath(name); }

    /// A study of less than a second: two dies, small images, few weights. `changes` are options and their
    /// values.
    QStringList tinyStudy(const QString& out, const QMap<QString, QString>& changes = {}) const
    {
        QMap<QString, QString> options{
            {"--data", path("images")}, {"--out", path(out)}, {"--dies", "D01,D02"}, {"--hidden", "12"},
            {"--downsample", "8"},      {"--epochs", "3"},    {"--repeats", "2"},    {"--batch", "20"}};
        options.insert(changes);
        QStringList arguments{"study", "--demo"};
        for (auto option = options.cbegin(); option != options.cend(); ++option)
            arguments << option.key() << option.value();
        return arguments;
    }

    void writeText(const QString& name, const QByteArray& text) const
    {
        std::ofstream(path(name).toStdString(), std::ios::binary) << text.constData();
    }

    QStringList solve(const QString& cells, const QString& inputs, const QStringList& wires = {}) const
    {
        return QStringList{"solve",      "--conductance", path(cells),    "--voltages",
                           path(inputs), "--out",         path("solved"), "--force"} +
               wires;
    }

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        QVERIFY(QDir(folder_.path()).mkdir("images"));
        writeNoisyImages(path("images").toStdString(), "train", 600);
        writeNoisyImages(path("images").toStdString(), "t10k", 200);
        writeText("cells.csv", "1e-4,2e-4,0\n3e-4,0,1e-3\n");
        writeText("inputs.csv", "0.1,0.2,0.3\n1,0,0\n");
    }

    void help_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("words");
        QTest::newRow("program") << QStringList{"--help"} << QStringList{"study", "wafer", "info", "solve"};
        QTest::newRow("study") << QStringList{"study", "--help"}
                               << QStringList{
                                      "--demo",       "--wafer",         "--out",      "--epochs",
                                      "--repeats",    "--seed",          "--threads",  "--modes",
                                      "--dies",       "--hidden",        "--draws",    "--activation",
                                      "--downsample", "--learning-rate", "--batch",    "--defect-rate",
                                      "--data",       "hardware-aware",  "short=0.002"};
        QTest::newRow("wafer") << QStringList{"wafer", "generate", "--help"}
                               << QStringList{"--out", "--from", "--dies", "--short-rate", "--seed"};
        QTest::newRow("import") << QStringList{"die", "import", "--help"}
                                << QStringList{"--recipe",  "--quantity", "--read-voltage", "--transpose",
                                               "--dataset", "--die-name", "MATLAB"};
        QTest::newRow("info") << QStringList{"info", "--help"} << QStringList{"FILE"};
        QTest::newRow("circuit") << QStringList{"circuit", "--help"}
                                 << QStringList{"FILE",        "--options", "--set",
                                                "--waterfall", "wire-ohm",  "--networks",
                                                "--dies",      "--seed",    "--threads"};
        QTest::newRow("sweep") << QStringList{"sweep", "--help"}
                               << QStringList{"--vary", "--repeats", "adc-bits=4,5,6,8", "defect-rate"};
        QTest::newRow("solve") << QStringList{"solve", "--help"}
                               << QStringList{"--conductance",     "--voltages",   "--out",
                                              "--wire-row-ohm",    "--source-ohm", "--drive",
                                              "--wire-column-ohm", "--sense-ohm",  "--sense"};
    }

    void help()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QStringList, words);
        const Outcome outcome = call(arguments);
        QCOMPARE(outcome.exitCode, 0);
        for (const QString& word : words)
            QVERIFY2(outcome.out.contains(word), qPrintable(word));
    }

    void usageErrors_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("nothing") << QStringList{};
        QTest::newRow("unknown command") << QStringList{"fly"};
        QTest::newRow("no wafer") << QStringList{"study", "--out", path("never")};
        QTest::newRow("two wafers") << tinyStudy("never", {{"--wafer", "x.json"}});
        QTest::newRow("no folder") << QStringList{"study", "--demo"};
        QTest::newRow("not a number") << tinyStudy("never", {{"--seed", "one"}});
        QTest::newRow("negative seed") << tinyStudy("never", {{"--seed", "-1"}});
        QTest::newRow("negative seed of a wafer")
            << QStringList{"wafer", "generate", "--seed", "-1", "--out", path("never")};
        QTest::newRow("negative threads") << tinyStudy("never", {{"--threads", "-1"}});
        QTest::newRow("nothing to solve") << QStringList{"solve", "--out", path("never")};
        QTest::newRow("ends of a line") << solve("cells.csv", "inputs.csv", {"--drive", "middle"});
        QTest::newRow("unknown option") << tinyStudy("never", {{"--colour", "red"}});
    }

    void usageErrors()
    {
        QFETCH(const QStringList, arguments);
        const Outcome outcome = call(arguments);
        QVERIFY2(outcome.exitCode >= 100, qPrintable(QString::number(outcome.exitCode))); // CLI11's codes
        QVERIFY(outcome.err.contains("--help"));
        QVERIFY2(outcome.err.size() < 300, qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("never")));
    }

    void writersRespectOthers()
    {
        const QString file = path("held.faultline");
        const QStringList generate{"wafer", "generate", "--dies", "1", "--out", file};
        QCOMPARE(call(generate).exitCode, 0);
        const QByteArray before = readBytes(file);
        const QList<QStringList> writers{
            generate, {"die", "classify", file}, {"die", "import", path("cells.csv"), "--out", file}};
        {
            const LockFile lock(file.toStdString());
            QVERIFY(lock.isHeld());
            for (const QStringList& writer : writers) {
                const Outcome outcome = call(writer);
                QCOMPARE(outcome.exitCode, 1);
                QVERIFY2(outcome.err.contains("is at work on it"), qPrintable(outcome.err));
            }
        }
        QCOMPARE(readBytes(file), before);

        Project project = loadProject(file.toStdString());
        project.studies.push_back({"Study 1", project.plan, {}});
        saveProject(project, file.toStdString());
        const Outcome refused = call(generate);
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.err.contains("holds 1 study, which would be lost"), qPrintable(refused.err));
        QCOMPARE(call(generate + QStringList{"--force"}).exitCode, 0);
        QVERIFY(loadProject(file.toStdString()).studies.empty());
    }

    void verboseStandsAnywhere()
    {
        const QString file = path("verbose.faultline");
        for (const QStringList& arguments :
             {QStringList{"--verbose", "wafer", "generate", "--dies", "1", "--out", file},
              QStringList{"wafer", "generate", "--dies", "1", "--force", "--out", file, "--verbose"}}) {
            const Outcome outcome = call(arguments);
            QCOMPARE(outcome.exitCode, 0);
            QVERIFY2(outcome.err.contains("info: Faultline"), qPrintable(outcome.err));
        }
    }

    /// A pipe would keep a reader waiting for a writer that never comes.
    void pipesAreNotRead()
    {
        const QString pipe = path("pipe");
        QCOMPARE(::mkfifo(qPrintable(pipe), 0600), 0);
        QVERIFY(QDir(folder_.path()).mkdir("pipes"));
        QVERIFY(QFile::link(pipe, path("pipes/train-images-idx3-ubyte")));
        QVERIFY(QFile::link(pipe, path("pipes/train-labels-idx1-ubyte")));
        for (const QStringList& arguments :
             {QStringList{"study", "--wafer", pipe, "--out", path("never")},
              tinyStudy("of-pipes", {{"--data", path("pipes")}}), solve("pipe", "inputs.csv")}) {
            const Outcome outcome = call(arguments);
            QCOMPARE(outcome.exitCode, 1);
            QVERIFY2(outcome.err.contains("no file that can be read") ||
                         outcome.err.contains("not a regular file"),
                     qPrintable(outcome.err));
        }
    }

    void badInput_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("message");
        const auto row = [this](const char* tag, const char* option, const QString& value,
                                const char* message) {
            QTest::newRow(tag) << tinyStudy("never", {{option, value}}) << QString(message);
        };
        row("data", "--data", path("nowhere"), "nowhere");
        row("mode", "--modes", "standard,careless", "There is no training mode \"careless\"");
        row("die", "--dies", "D01,X99", "There is no die \"X99\"; the wafer has D01, D02");
        row("range", "--dies", "D09..D01", "The range D09..D01 ends before it starts.");
        row("activation", "--activation", "sigmoid", "sigmoid");
        row("epochs", "--epochs", "0", "epochs");
        row("repeats", "--repeats", "0", "number of repeats is 0");
        row("network", "--hidden", "4000", "4000");
        row("pixels", "--downsample", "9", "9");
        row("pixels without end", "--downsample", "100000",
            "The side of the images is 100000, must be 1 to 256 pixels");
        row("pixels below zero", "--downsample", "-14", "The side of the images is -14");
        row("epochs without end", "--epochs", "2000000000",
            "Epochs (epochs) is 2000000000, must be from 1 to 100000");
        row("layers without end", "--hidden", QString("5,").repeated(99) + "5",
            "A network of 102 layers is too deep; it has 64 at most.");
        row("rate", "--defect-rate", "short=2", "2");
        row("rate's number", "--defect-rate", "short=many", "found \"short=many\", expected NAME=SHARE");
        row("rate's name", "--defect-rate", "dust=0.1", "where NAME is short, open, stuck-P, stuck-AP");
        row("folder", "--out", "/proc/never", "/proc/never: cannot write results there");
        QTest::newRow("wafer") << QStringList{"study", "--wafer", path("no.json"), "--out", path("never")}
                               << "no.json: found no file that can be read";
        QTest::newRow("project") << QStringList{"info", path("no.faultline")}
                                 << "no.faultline: cannot read: No such file or directory";
        QTest::newRow("other file") << QStringList{"info", path("images/train-images-idx3-ubyte")}
                                    << "ubyte: cannot open it as HDF5";
        QTest::newRow("generated wafer")
            << QStringList{"wafer", "generate", "--dies", "0", "--out", path("never.faultline")}
            << "number of dies is 0";
        QTest::newRow("wafer's place")
            << QStringList{"wafer", "generate", "--dies", "1", "--out", path("no/where.faultline")}
            << "no/where.faultline: cannot lock: No such file or directory";
        writeText("ragged.csv", "1,2,3\n4,5\n");
        writeText("word.csv", "1,2,3\n4,much,6\n");
        writeText("negative.csv", "1,2,3\n4,-5,6\n");
        writeText("short.csv", "1,2\n");
        QTest::newRow("no conductances") << solve("none.csv", "inputs.csv") << "none.csv: cannot read";
        QTest::newRow("ragged conductances")
            << solve("ragged.csv", "inputs.csv") << "ragged.csv: line 2: found 2 numbers, expected 3";
        QTest::newRow("conductance's word")
            << solve("word.csv", "inputs.csv") << "word.csv: line 2, column 2: found \"much\"";
        QTest::newRow("negative conductance")
            << solve("negative.csv", "inputs.csv") << "negative.csv: conductance in row 2, column 2 is -5";
        QTest::newRow("too few voltages")
            << solve("cells.csv", "short.csv")
            << "short.csv: line 1: found 2 voltages, expected 3, one per column";
        QTest::newRow("negative resistance") << solve("cells.csv", "inputs.csv", {"--sense-ohm", "-1"})
                                             << "Sense resistance (sense_ohm) is -1, must be from 0";
    }

    void badInput()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QString, message);
        const Outcome outcome = call(arguments);
        QVERIFY2(outcome.err.contains(message), qPrintable(outcome.err));
        QCOMPARE(outcome.exitCode, 1);
        QCOMPARE(outcome.err.count('\n'), 1); // one sentence
        QVERIFY(!QFile::exists(path("never/study.json")));
    }

    void solvesACrossbar()
    {
        const Outcome ideal = call(solve("cells.csv", "inputs.csv"));
        QVERIFY2(ideal.exitCode == 0, qPrintable(ideal.err));
        QVERIFY(ideal.out.contains("Results in " + path("solved")));
        QCOMPARE(readBytes(path("solved/transfer.csv")), QByteArray("1e-04,2e-04,0\n3e-04,0,0.001\n"));
        QCOMPARE(readBytes(path("solved/word_line_voltages_2.csv")), QByteArray("1,0,0\n1,0,0\n"));

        const Outcome real = call(solve("cells.csv", "inputs.csv",
                                        {"--wire-row-ohm", "3", "--wire-column-ohm", "2", "--source-ohm",
                                         "50", "--sense-ohm", "10", "--drive", "both", "--sense", "both"}));
        QVERIFY2(real.exitCode == 0, qPrintable(real.err));
        const auto read = [this](const QString& name) {
            return readCsvMatrix(path("solved/" + name + ".csv").toStdString());
        };
        const WireNetwork network(readCsvMatrix(path("cells.csv").toStdString()).array(),
                                  {.columnSegment = 2.0,
                                   .rowSegment = 3.0,
                                   .source = 50.0,
                                   .sense = 10.0,
                                   .drive = LineEnds::Both,
                                   .read = LineEnds::Both});
        QVERIFY(read("transfer") == network.transfer());
        const Eigen::MatrixXd inputs = readCsvMatrix(path("inputs.csv").toStdString());
        QVERIFY(read("currents").isApprox(inputs * network.transfer().transpose(), 1e-14));
        for (int line = 0; line < 2; ++line) {
            const CrossbarState state = network.solve(inputs.row(line));
            QVERIFY(read(QString("word_line_voltages_%1").arg(line + 1)) == state.columnVoltage);
            QVERIFY(read(QString("bit_line_voltages_%1").arg(line + 1)) == state.rowVoltage);
            QVERIFY(read(QString("cell_currents_%1").arg(line + 1)) == state.cellCurrent);
            const double power = inputs.row(line).dot(state.inputCurrent);
            QVERIFY(std::abs(read("power")(line) - power) <= 1e-14 * power);
        }
    }

    /// Of two cells that conduct far more than the wires do.
    void solvesShorts()
    {
        writeText("shorts.csv", "1e12,0\n0,1e12\n");
        writeText("volts.csv", "1,0.5\n");
        const Outcome outcome =
            call(solve("shorts.csv", "volts.csv", {"--wire-row-ohm", "1", "--wire-column-ohm", "1"}));
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        // Row 1 takes one column segment and two of the row's, row 2 two of the column's and one of its own.
        const double first = 1.0 / 3.0, second = 0.5 / 3.0;
        const auto isNear = [this](const QString& name, Eigen::Index k, double expected) {
            const double found = readCsvMatrix(path("solved/" + name + ".csv").toStdString()).reshaped()[k];
            return std::abs(found / expected - 1.0) < 1e-11;
        };
        QVERIFY(isNear("power", 0, first + 0.5 * second));
        QVERIFY(isNear("currents", 0, first));
        QVERIFY(isNear("cell_currents", 0, first));
        QVERIFY(isNear("cell_currents", 3, second));
        QVERIFY(isNear("cell_power", 0, first * first / 1e12));

        const Outcome useless = call(solve("shorts.csv", "volts.csv", {"--parallel", "nothere.csv"}));
        QCOMPARE(useless.exitCode, 1);
        QVERIFY2(useless.err.contains("--parallel has no effect without"), qPrintable(useless.err));
    }

    /// One cell of a TMR that depends on the bias, in closed form, from the files of NumPy.
    void solvesABiasedCell()
    {
        const auto writeNpy = [this](const QString& name, float value) {
            const std::array<std::size_t, 2> one{1, 1};
            const std::string bytes = npy(std::array{value}, one);
            QFile file(path(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(bytes.data(), static_cast<qint64>(bytes.size()));
        };
        writeNpy("antiparallel.npy", 0.0625F);
        writeNpy("parallel.npy", 0.25F); // 4 ohm, and 12 ohm more
        writeNpy("volt.npy", 0.5F);
        writeText("biased.json", R"({"bias_half_voltage_v": 0.5})");
        const QStringList arguments =
            solve("antiparallel.npy", "volt.npy", {"--options", path("biased.json")});
        QVERIFY(call(arguments).err.contains("--parallel must say"));
        const Outcome outcome = call(arguments + QStringList{"--parallel", path("parallel.npy")});
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        const double current = readCsvMatrix(path("solved/currents.csv").toStdString())(0);
        QVERIFY(std::abs(current - 0.5 / (4.0 + 12.0 / 2.0)) < 1e-14);
        QVERIFY(std::abs(readCsvMatrix(path("solved/cell_power.csv").toStdString())(0) - 0.5 * current) <
                1e-14);
    }

    void studyToItsEnd()
    {
        const Outcome outcome = call(tinyStudy("whole", {{"--threads", "1"}}));
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        QVERIFY(outcome.out.contains("run 6 of 6, statistics-aware 2: epoch 18 of 18, error"));
        QVERIFY(!outcome.out.contains('\r'));
        QVERIFY(outcome.out.contains("Software baseline"));
        QVERIFY(outcome.out.contains("Results in " + path("whole")));

        const Project project = loadProject(path("whole/study.faultline").toStdString());
        QVERIFY(project.studies.at(0).result.complete);
        QCOMPARE(project.studies.at(0).result.runs.size(), std::size_t{6});
        QCOMPARE(project.wafer.dies.size(), std::size_t{36});
        const QJsonObject study = readJson(path("whole/study.json"));
        QCOMPARE(study["network"].toArray(), QJsonArray({64, 12, 10}));
        QCOMPARE(study["epochs"].toInt(), 3);
        QCOMPARE(study["dies"].toArray().size(), 2);
        QCOMPARE(study["modes"].toObject().keys(),
                 QStringList({"hardware-aware", "standard", "statistics-aware"}));
        const double baseline = study["baseline"]["error_percent"].toDouble();
        QVERIFY2(baseline > 0.0 && baseline < 50.0,
                 qPrintable(QString::number(baseline))); // guessing gives 90
        QCOMPARE(readBytes(path("whole/dies.csv")).count('\n'), 3);

        const Outcome info = call({"info", path("whole/study.faultline")});
        QCOMPARE(info.exitCode, 0);
        for (const char* words :
             {"36 dies of 100 x 200", "network 64-12-10", "dies D01, D02", "hardware-aware D02",
              "statistics-aware 2", "Software baseline", "stuck-AP"})
            QVERIFY2(info.out.contains(words), words);
    }

    void networksOnSeveralDies()
    {
        const Outcome outcome = call(tinyStudy(
            "several",
            {{"--dies", "D01..D05"}, {"--hidden", "150"}, {"--epochs", "1"}, {"--modes", "hardware-aware"}}));
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.out.contains("64-150-10: 22 200 junctions, 2 dies of 20 000 each; 5 dies hold 2 "
                                      "networks; left over, too few for another: D05\n"),
                 qPrintable(outcome.out));
        QVERIFY(outcome.out.contains("hardware-aware D03+D04: epoch 1 of 1"));
        const QJsonObject study = readJson(path("several/study.json"));
        QCOMPARE(study["dies_per_network"].toInt(), 2);
        const QJsonArray dies = study["dies"].toArray();
        QCOMPARE(dies.size(), 2);
        QCOMPARE(dies[1].toObject()["name"].toString(), "D03+D04");
        QCOMPARE(dies[1].toObject()["dies"].toArray(), QJsonArray({"D03", "D04"}));
        const QByteArray csv = readBytes(path("several/dies.csv"));
        QVERIFY(csv.contains("\nD01+D02,") && csv.count('\n') == 3);
        QVERIFY(call({"info", path("several/study.faultline")}).out.contains("error on them stands at each"));
        const Outcome circuit =
            call({"circuit", path("several/study.faultline"), "--set", "wire-ohm=1", "--dies", "D01..D04",
                  "--other-dies", "--images", "100", "--out", path("several-read")});
        QVERIFY2(circuit.exitCode == 0, qPrintable(circuit.err));
        const QByteArray read = readBytes(path("several-read/dies.csv"));
        QVERIFY(read.contains("\nhardware-aware D01+D02,D01+D02,") &&
                read.contains("\nhardware-aware D01+D02,D03+D04,") && read.count('\n') == 3);
        QVERIFY(readBytes(path("several-read/columns.csv")).contains("\nhardware-aware D01+D02,D04,"));

        const Outcome few = call(tinyStudy("few", {{"--hidden", "150"}, {"--dies", "D01"}}));
        QVERIFY(few.exitCode != 0);
        QVERIFY2(few.err.contains(
                     "it needs 22200 junctions, and so 2 dies of 20000 side by side; the plan has 1."),
                 qPrintable(few.err));
    }

    void readsThroughACircuit()
    {
        const QString project = path("circuit-study/study.faultline");
        const Outcome study = call(tinyStudy("circuit-study", {{"--modes", "standard,hardware-aware"}}));
        QVERIFY2(study.exitCode == 0, qPrintable(study.err));
        writeText("circuit.json", R"({"wires": {"row_segment_ohm": 1}, "adc": {"bits": 6}})");
        const auto circuit = [&](const QString& out, const QStringList& more) {
            return call(QStringList{"circuit", project, "--out", path(out)} + more);
        };
        // Each option of the circuit has a name, that of its key.
        const CircuitOptions wanted = allOthers(CircuitOptions());
        QStringList typed{"--images", "2", "--dies", "D01"};
        describe(wanted, [&](const char* key, const auto& value, const Says&) {
            typed << "--" + QString(key).replace('_', '-').replace('.', '-')
                  << QString::fromStdString(optionText(value));
        });
        const Outcome described = circuit("described", typed);
        QVERIFY2(described.exitCode == 0, qPrintable(described.err));
        QVERIFY(
            circuitOptionsFromJson(
                nlohmann::json::parse(readBytes(path("described/circuit.json")).constData()).at("circuit"),
                "circuit.json") == wanted);

        const Outcome outcome =
            circuit("c", {"--options", path("circuit.json"), "--set", "noise=0.05", "--networks",
                          "standard,hardware-aware D02", "--dies", "D01..D02", "--waterfall"});
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.out.contains("standard 1, standard 2, hardware-aware D02 on 5 dies"),
                 qPrintable(outcome.out));
        const QJsonObject result = readJson(path("c/circuit.json"));
        QCOMPARE(result["circuit"].toObject()["adc"].toObject()["bits"].toInt(), 6);
        QCOMPARE(result["circuit"].toObject()["noise"].toObject()["relative"].toDouble(), 0.05);
        QCOMPARE(result["networks_on_dies"].toArray().size(), 5);
        QCOMPARE(result["waterfall"].toObject()["steps"].toArray().size(), 4); // die, wires, noise, ADC
        QCOMPARE(readBytes(path("c/dies.csv")).count('\n'), 6);
        QCOMPARE(readBytes(path("c/waterfall.csv")).count('\n'), 6);
        QVERIFY(readBytes(path("c/rows.csv"))
                    .startsWith("network,die,layer,copy,row,loss\nstandard 1,D01,1,1,0,"));
        QVERIFY(readBytes(path("c/columns.csv"))
                    .startsWith("network,die,layer,copy,column,loss\nstandard 1,D01,1,1,0,"));
        QCOMPARE(QFile::exists(path("c/figures/waterfall.svg")), drawsFigures);

        // Other threads, equal bytes.
        QCOMPARE(circuit("c-again", {"--options", path("circuit.json"), "--set", "noise=0.05", "--networks",
                                     "standard,hardware-aware D02", "--dies", "D01..D02", "--waterfall",
                                     "--threads", "1"})
                     .exitCode,
                 0);
        QCOMPARE(readBytes(path("c-again/circuit.json")), readBytes(path("c/circuit.json")));

        const auto refusal = [&](const QStringList& more) { return circuit("never", more).err; };
        QVERIFY(refusal({"--set", "ohm=1"}).contains("no parameter \"ohm\""));
        QVERIFY(refusal({"--set", "noise=1,2"}).contains("--set noise=1") ||
                refusal({"--set", "noise=1,2"}).contains("Found \"2\", expected NAME=NUMBER"));
        QVERIFY(refusal({"--set", "noise=much"}).contains("Found \"noise=much\", expected NAME=NUMBER"));
        QVERIFY(refusal({"--networks", "best"})
                    .contains("no network \"best\"; choose a training mode or some of"));
        QVERIFY(refusal({"--networks", "hardware-aware D01", "--dies", "D02"}).contains("its own die alone"));
        QVERIFY(refusal({"--study", "Study 7"}).contains("found no trained networks in a study \"Study 7\""));
    }

    void studiesBehindACircuit()
    {
        writeText("behind.json",
                  R"({"wires": {"row_segment_ohm": 1}, "series_ohm": 300, "adc": {"bits": 6}})");
        const Outcome study =
            call(tinyStudy("behind", {{"--modes", "hardware-aware"}, {"--circuit", path("behind.json")}}));
        QVERIFY2(study.exitCode == 0, qPrintable(study.err));
        const QJsonObject plan = readJson(path("behind/study.json"))["plan"].toObject();
        QCOMPARE(plan["circuit"].toObject()["series_ohm"].toDouble(), 300.0);
        const Run run =
            loadProject(path("behind/study.faultline").toStdString()).studies.at(0).result.runs.at(1);
        // The command that reads through circuits finds the same error: the circuit is the project's.
        QVERIFY(loadProject(path("behind/study.faultline").toStdString()).circuit == run.settings.circuit);
        const Outcome read = call({"circuit", path("behind/study.faultline"), "--networks",
                                   "hardware-aware D02", "--dies", "D02", "--out", path("behind-read")});
        QVERIFY2(read.exitCode == 0, qPrintable(read.err));
        const QJsonArray outcomes = readJson(path("behind-read/circuit.json"))["networks_on_dies"].toArray();
        QCOMPARE(outcomes.at(0).toObject()["error_percent"].toDouble(), run.dieErrors.at(run.settings.die));
        QVERIFY(call(tinyStudy("never", {{"--circuit", path("none.json")}})).err.contains("none.json"));

        // With noise too, which has the seed of the training and not that of the place among others.
        writeText("noisy.json", R"({"noise": {"relative": 0.3}})");
        const Outcome noisy = call(tinyStudy(
            "noisy", {{"--modes", "standard"}, {"--circuit", path("noisy.json")}, {"--seed", "5"}}));
        QVERIFY2(noisy.exitCode == 0, qPrintable(noisy.err));
        const Project project = loadProject(path("noisy/study.faultline").toStdString());
        for (const char* dies : {"D01..D02", "D02"}) {
            QCOMPARE(call({"circuit", path("noisy/study.faultline"), "--networks", "standard 2", "--dies",
                           dies, "--out", path("noisy-read"), "--force"})
                         .exitCode,
                     0);
            const QJsonObject result = readJson(path("noisy-read/circuit.json"));
            QCOMPARE(result["noise_seed"].toInt(), 5);
            QCOMPARE(result["networks_on_dies"].toArray().last()["error_percent"].toDouble(),
                     project.studies.at(0).result.runs.at(1).dieErrors.at(project.wafer.dies.at(1).id));
        }
    }

    void sweepsACircuit()
    {
        const QString project = path("circuit-study/study.faultline");
        const Outcome outcome = call({"sweep", "--vary", "wire-ohm=0,1,10", project, "--vary", "adc-bits=4,8",
                                      "--dies", "D01..D03", "--out", path("s"), "--format", "svg"});
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        QCOMPARE(readBytes(path("s/sweep.csv")).count('\n'), 7);
        QCOMPARE(readJson(path("s/sweep.json"))["points"].toArray().size(), 6);
        QCOMPARE(QFile::exists(path("s/figures/sweep.svg")), drawsFigures);
        QVERIFY(!QFile::exists(path("s/figures/sweep.pdf")));
        const Outcome drawn =
            call({"sweep", project, "--vary", "defect-rate=0,0.01", "--repeats", "2", "--out", path("s2")});
        QVERIFY2(drawn.exitCode == 0, qPrintable(drawn.err));
        QCOMPARE(readBytes(path("s2/sweep.csv")).count('\n'), 3);
        QVERIFY(call({"sweep", project, "--vary", "noise=", "--out", path("s")})
                    .err.contains("Found \"noise=\", expected NAME=NUMBER"));
    }

    void figures()
    {
#ifdef FAULTLINE_FIGURES
        const Outcome study = call(tinyStudy("drawn", {{ "--repeats", "1" }}));
        QCOMPARE(study.exitCode, 0);
        QVERIFY(study.out.contains("Figures in " + path("drawn/figures")));
        for (const char* ending : {"svg", "pdf", "png", "csv"})
            QVERIFY(!QDir(path("drawn/figures")).entryList({QString("*.") + ending}).isEmpty());

        const QString file = path("drawn/study.faultline");
        const Outcome again = call({"figures", file, "--out", path("again"), "--format", "svg"});
        QCOMPARE(again.exitCode, 0);
        QVERIFY2(again.err.isEmpty(), qPrintable(again.err));
        QVERIFY(!QDir(path("again")).entryList({"*.svg"}).isEmpty());
        QVERIFY(QDir(path("again")).entryList({"*.pdf", "*.png", "*.csv"}).isEmpty());

        const auto yield = [this](const char* folder) {
            QFile svg(path(QString(folder) + "/yield.svg"));
            return svg.open(QIODevice::ReadOnly) ? svg.readAll() : QByteArray();
        };
        QVERIFY(yield("again").contains("width=\"86mm\" height=\"70mm\""));
        QVERIFY(yield("again").contains(">software baseline<"));
        QVERIFY(!yield("again").contains(">Dies within an error limit</text"));
        const Outcome styled =
            call({"figures", file, "--out", path("styled"), "--format", "svg,png", "--width", "120",
                  "--height", "60", "--text", "9", "--dpi", "100", "--title", "--no-legend"});
        QCOMPARE(styled.exitCode, 0);
        QVERIFY(yield("styled").contains("width=\"120mm\" height=\"60mm\""));
        QVERIFY(!yield("styled").contains(">software baseline<"));
        QVERIFY(yield("styled").contains(">Dies within an error limit</text"));
        const Outcome tooSmall = call({"figures", file, "--out", path("styled"), "--width", "3"});
        QCOMPARE(tooSmall.exitCode, 1);
        QVERIFY(tooSmall.err.contains("from 20 to 1000 mm"));

        // Numbers have one form in every country.
        const QStringList german{"figures", file, "--out", path("german"), "--format", "svg,csv"};
        QCOMPARE(call(german, "de_DE.UTF-8").exitCode, 0);
        QCOMPARE(yield("german"), yield("again"));
        for (const char* numbers : {"training-curves.csv", "error-by-die.csv"})
            QCOMPARE(readBytes(path("german/") + numbers), readBytes(path("drawn/figures/") + numbers));
        QCOMPARE(call({"info", file}, "de_DE.UTF-8").out, call({"info", file}).out);

        const Outcome refused = call({"figures", file, "--out", path("again"), "--format", "bmp"});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY(refused.err.contains("There is no figure format \"bmp\""));
#else
        QVERIFY(call({"--help"}).out.contains("built without Qt"));
        QVERIFY(call({"figures", "x.faultline", "--out", path("again")}).exitCode >= 100);
#endif
    }

    void errorsDependOnTheSeedAlone()
    {
        QCOMPARE(call(tinyStudy("one", {{"--threads", "1"}, {"--seed", "7"}})).exitCode, 0);
        QCOMPARE(call(tinyStudy("two", {{"--threads", "2"}, {"--seed", "7"}})).exitCode, 0);
        QCOMPARE(call(tinyStudy("other", {{"--threads", "2"}, {"--seed", "8"}})).exitCode, 0);
        const QByteArray errors = errorsOf(path("one/study.json"));
        QVERIFY(errors.contains("statistics-aware"));
        QCOMPARE(errorsOf(path("two/study.json")), errors);
        QVERIFY(errorsOf(path("other/study.json")) != errors);
    }

    void nothingIsReplacedUnasked_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("written");
        const QString project = path("trained/study.faultline");
        const auto row = [](const char* tag, const QStringList& arguments, const QStringList& written) {
            QTest::newRow(tag) << arguments << written;
        };
        row("wafer", {"wafer", "generate", "--dies", "1", "--out", path("kept/w.faultline")},
            {"w.faultline"});
        row("solve",
            {"solve", "--conductance", path("cells.csv"), "--voltages", path("inputs.csv"), "--out",
             path("kept")},
            {"currents.csv", "transfer.csv", "cell_power_2.csv"});
        row("classify", {"die", "classify", project, "--out", path("kept/c.faultline")}, {"c.faultline"});
        row("statistics", {"die", "statistics", project, "--draws", "9", "--csv", path("kept/s.csv")},
            {"s.csv"});
        const QStringList ofDie{"die", "export", project, "--dies", "D01,D02", "--out", path("kept")};
        row("dies", ofDie, {"D01_P.csv", "D02_defect.csv"});
        row("dies in HDF5", ofDie + QStringList{"--format", "hdf5"}, {"dies.h5"});
        row("weights", ofDie + QStringList{"--what", "weights", "--format", "npy"}, {"D02_weights_1.npy"});
        row("programming", ofDie + QStringList{"--what", "programming"}, {"programming.csv"});
        const QStringList shown = drawsFigures ? QStringList{"--format", "svg"} : QStringList();
        const QStringList drawn = drawsFigures ? QStringList{"figures/waterfall.svg"} : QStringList();
        row("circuit",
            QStringList{"circuit", project, "--dies", "D01", "--waterfall", "--out", path("kept")} + shown,
            QStringList{"circuit.json", "dies.csv", "rows.csv", "columns.csv", "waterfall.csv"} + drawn);
        row("sweep",
            QStringList{"sweep", project, "--dies", "D01", "--vary", "wire-ohm=0,1", "--out", path("kept")} +
                shown,
            QStringList{"sweep.json", "sweep.csv"} +
                (drawsFigures ? QStringList{"figures/sweep.svg"} : QStringList()));
        if (drawsFigures)
            row("figures", {"figures", project, "--format", "csv", "--out", path("kept")}, {"yield.csv"});
        row("slurm", tinyStudy("kept", {{"--slurm", "2"}}), {"study.slurm"});
    }

    /// Not even one of the files; nothing else is written then.
    void nothingIsReplacedUnasked()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QStringList, written);
        if (!QFile::exists(path("trained/study.faultline")))
            QCOMPARE(call(tinyStudy("trained", {{"--modes", "standard"}})).exitCode, 0);
        const QString folder = path("kept");
        QVERIFY(QDir(folder).removeRecursively());
        QVERIFY(QDir().mkpath(folder));
        const Outcome first = call(arguments);
        QVERIFY2(first.exitCode == 0, qPrintable(first.err));
        for (const QString& name : written) {
            const QString file = folder + "/" + name;
            const QByteArray before = readBytes(file);
            QVERIFY2(!before.isEmpty(), qPrintable(name));
            QVERIFY(QDir(folder).removeRecursively());
            QVERIFY(QDir().mkpath(QFileInfo(file).path()));
            writeText("kept/" + name, "by hand");
            const Outcome refused = call(arguments);
            QCOMPARE(refused.exitCode, 1);
            QVERIFY2(refused.err.contains(file + ": exists already. Give another name, or --force"),
                     qPrintable(refused.err));
            QCOMPARE(refused.err.count('\n'), 1);
            QCOMPARE(readBytes(file), QByteArray("by hand"));
            QCOMPARE(QDir(folder).entryList(QDir::Files).size(), name.contains('/') ? 0 : 1);
            QCOMPARE(call(arguments + QStringList{"--force"}).exitCode, 0);
            if (name.endsWith(".faultline")) // which say when they were made
                QVERIFY(readBytes(file).size() > 1000);
            else
                QCOMPARE(readBytes(file), before);
        }
        const bool isSlurm = arguments.contains("--slurm"); // the same script again is no loss
        QCOMPARE(call(arguments).exitCode, isSlurm ? 0 : 1);
    }

    /// A study's folder is its own where study.faultline is; what else is there needs --force.
    void studyReplacesItsOwnResultsAlone()
    {
        const auto study = [this](const char* epochs, const QStringList& more = {}) {
            return call(tinyStudy("owned", {{"--modes", "standard"}, {"--epochs", epochs}}) + more);
        };
        QVERIFY(QDir().mkpath(path("owned")));
        writeText("owned/dies.csv", "by hand");
        const Outcome refused = study("1");
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.err.contains("owned/dies.csv: exists already"), qPrintable(refused.err));
        QCOMPARE(QDir(path("owned")).entryList(QDir::Files), QStringList{"dies.csv"});
        QCOMPARE(readBytes(path("owned/dies.csv")), QByteArray("by hand"));
        QCOMPARE(study("1", {"--force"}).exitCode, 0);
        const QByteArray first = readBytes(path("owned/dies.csv"));
        QVERIFY(first.startsWith("die,"));
        writeText("owned/dies.csv", "lost");
        QCOMPARE(study("1").exitCode, 0); // goes on, as before
        QCOMPARE(readBytes(path("owned/dies.csv")), first);

        const QByteArray json = readBytes(path("owned/study.json"));
        const Outcome other = study("2");
        QVERIFY2(other.exitCode == 0, qPrintable(other.err));
        QVERIFY2(other.out.contains("is kept as " + path("owned/study-1.faultline") +
                                    ", its study.json as study-1.json, its dies.csv as dies-1.csv"),
                 qPrintable(other.out));
        QCOMPARE(readBytes(path("owned/study-1.json")), json);
        QCOMPARE(readBytes(path("owned/dies-1.csv")), first);
        QCOMPARE(QFile::exists(path("owned/figures-1/yield.svg")), drawsFigures);
        QCOMPARE(readJson(path("owned/study.json"))["epochs"].toInt(), 2);

        // A study that cannot be keeps nothing aside.
        const Outcome tooLarge =
            call(tinyStudy("owned", {{"--modes", "standard"}, {"--downsample", "30"}, {"--hidden", "2"}}));
        QCOMPARE(tooLarge.exitCode, 1);
        QVERIFY2(tooLarge.err.contains("is 30") && tooLarge.out.isEmpty(),
                 qPrintable(tooLarge.out + tooLarge.err));
        QVERIFY(!QFile::exists(path("owned/study-2.faultline")));
    }

    void heldOutDiesAreTold()
    {
        const Outcome outcome = call(tinyStudy("held-out", {{"--dies", "D01..D05"},
                                                            {"--hold-out", "2"},
                                                            {"--modes", "statistics-aware"},
                                                            {"--repeats", "1"}}));
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        const QString file = path("held-out/study.faultline");
        const Project project = loadProject(file.toStdString());
        const StudyPlan& plan = project.studies.at(0).plan;
        QCOMPARE(plan.heldOut(project.wafer), plan.dies);
        QCOMPARE(plan.fittedDies.size(), std::size_t{3});
        const auto names = [&](const std::vector<int>& ids) {
            QStringList all;
            for (const int id : ids)
                all.append(QString::fromStdString(project.wafer.find(id)->name));
            return all;
        };
        const QJsonObject study = readJson(path("held-out/study.json"));
        QCOMPARE(study["held_out"].toArray(), QJsonArray::fromStringList(names(plan.dies)));
        QCOMPARE(study["statistics_fitted_to"].toArray(), QJsonArray::fromStringList(names(plan.fittedDies)));
        const Outcome info = call({"info", file});
        QVERIFY2(info.out.contains("held out, to judge the networks on: " + names(plan.dies).join(", ") +
                                   "\n  statistics fitted to: " + names(plan.fittedDies).join(", ") + "\n"),
                 qPrintable(info.out));
        QVERIFY(!readJson(path("whole/study.json")).contains("held_out"));
        QVERIFY(!call({"info", path("whole/study.faultline")}).out.contains("held out"));
    }

    /// By a reader of its own: Python's csv module.
    void tablesKeepNamesOfAllKinds()
    {
#ifndef FAULTLINE_PYTHON
        QSKIP("no Python");
#else
        const QString wafer = path("odd.faultline");
        QCOMPARE(call({"wafer", "generate", "--dies", "2", "--out", wafer}).exitCode, 0);
        Project project = loadProject(wafer.toStdString());
        project.wafer.dies[0].name = "lot 3, \"D1\"";
        project.wafer.dies[1].name = "two\nlines";
        saveProject(project, wafer.toStdString());
        QStringList study = tinyStudy("odd", {{"--modes", "hardware-aware"}, {"--epochs", "1"}});
        study[study.indexOf("--dies")] = "--wafer";
        study[study.indexOf("--wafer") + 1] = wafer;
        study.removeAll("--demo");
        QCOMPARE(call(study).exitCode, 0);
        const QString file = path("odd/study.faultline");
        QCOMPARE(call({"circuit", file, "--set", "wire-ohm=1", "--networks", "hardware-aware", "--out",
                       path("odd/circuit")})
                     .exitCode,
                 0);
        QProcess python;
        python.start(FAULTLINE_PYTHON, {"-c", R"(
import csv, glob, sys
names = {'lot 3, "D1"', 'two\nlines'}
found = 0
for file in glob.glob(sys.argv[1] + '/**/*.csv', recursive=True):
    with open(file, newline='') as text:
        rows = list(csv.reader(text))
    for row in rows:
        assert len(row) == len(rows[0]), (file, rows[0], row)
    for column in range(min(2, len(rows[0]))):
        if rows[0][column] == 'die':
            assert {row[column] for row in rows[1:]} == names, file
            found += 1
        if rows[0][column] == 'network':
            assert {row[column] for row in rows[1:]} == {'hardware-aware ' + name for name in names}, file
assert found >= 4, found
)",
                                        path("odd")});
        QVERIFY(python.waitForFinished());
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError());
#endif
    }

    void optionsChangeThePlan()
    {
        const Outcome outcome = call(tinyStudy("changed", {{"--modes", "statistics-aware"},
                                                           {"--statistics-epochs", "2"},
                                                           {"--draws", "4"},
                                                           {"--perfect-draws", "3"},
                                                           {"--loss-bound", "0.25"},
                                                           {"--spare", "unused"},
                                                           {"--activation", "hardtanh"},
                                                           {"--learning-rate", "0.01"},
                                                           {"--repeats", "1"},
                                                           {"--hidden", "9,7"},
                                                           {"--dies", "D03..D05,D04,D01"},
                                                           {"--defect-rate", "short=0.01,open=0"}}));
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        const Project project = loadProject(path("changed/study.faultline").toStdString());
        const StudyPlan& plan = project.plan;
        QVERIFY(plan.modes == std::vector{TrainingMode::StatisticsAware});
        QVERIFY(plan.dies == std::vector({2, 3, 4, 0}));
        QVERIFY(plan.network == (NetworkShape{{64, 9, 7, 10}, Activation::HardTanh}));
        QCOMPARE(plan.training.learningRate, 0.01);
        QCOMPARE(plan.training.epochs, 3);
        QCOMPARE(plan.statisticsAware.epochs, 2);
        QCOMPARE(plan.statisticsAware.draws, 4);
        QCOMPARE(plan.statisticsAware.perfectDraws, 3);
        QCOMPARE(plan.statisticsAware.lossBound, 0.25);
        QVERIFY(plan.spare == Spare::Unused);
        int shorts = 0;
        for (const Die& die : project.wafer.dies) {
            shorts += die.counts()[static_cast<std::size_t>(Defect::Short)];
            QCOMPARE(die.counts()[static_cast<std::size_t>(Defect::Open)], 0);
        }
        QVERIFY(shorts > 36 * 100 && shorts < 36 * 400); // 1 % of 20 000 is 200
    }

    /// Each under the name of its key; three are of statistics-aware training alone.
    void everyTrainingOptionHasAName()
    {
        const auto isItsOwn = [](std::string_view key) {
            return key == "draws" || key == "perfect_draws" || key == "loss_bound";
        };
        const TrainingOptions usual;
        const TrainingOptions statisticsAware = allOthers(TrainingOptions::statisticsAware());
        TrainingOptions training = allOthers(usual);
        training.draws = usual.draws;
        training.perfectDraws = usual.perfectDraws;
        training.lossBound = usual.lossBound;
        QMap<QString, QString> options{{"--modes", "standard"}, {"--repeats", "1"}, {"--dies", "D01"}};
        const auto type = [&](const char* prefix, const char* key, const auto& value) {
            options[prefix + QString(key).replace('_', '-')] = QString::fromStdString(optionText(value));
        };
        describe(training, [&](const char* key, const auto& value, const Says&) {
            if (!isItsOwn(key))
                type("--", key, value);
        });
        describe(statisticsAware, [&](const char* key, const auto& value, const Says&) {
            type(isItsOwn(key) ? "--" : "--statistics-", key, value);
        });
        const Outcome outcome = call(tinyStudy("every", options));
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        const StudyPlan plan = loadProject(path("every/study.faultline").toStdString()).plan;
        QVERIFY(plan.training == training);
        QVERIFY(plan.statisticsAware == statisticsAware);
        const Outcome info = call({"info", path("every/study.faultline")});
        for (const Setting& setting : settingsOf(training))
            QVERIFY2(info.out.contains(QString::fromStdString(setting.label)), qPrintable(info.out));
    }

    void generatedWaferIsStudied()
    {
        const QString wafer = path("wafer.faultline");
        const Outcome made =
            call({"wafer", "generate", "--out", wafer, "--dies", "3", "--rows", "50", "--columns", "75",
                  "--short-rate", "0.01", "--seed", "9", "--dispersion", "inf"});
        QVERIFY2(made.exitCode == 0, qPrintable(made.err));
        const Project project = loadProject(wafer.toStdString());
        QCOMPARE(project.wafer.dies.size(), std::size_t{3});
        QCOMPARE(project.wafer.dies[0].rows(), 50);
        QVERIFY(QString::fromStdString(project.wafer.description)
                    .contains("share of shorts 0.01, dispersion inf"));

        const QStringList study{
            "study",        "--wafer", wafer,      "--data", path("images"), "--out", path("own"),
            "--downsample", "8",       "--hidden", "8",      "--epochs",     "1"};
        const Outcome outcome = call(study);
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.err));
        QCOMPARE(readJson(path("own/study.json"))["dies"].toArray().size(), 3);
        const Outcome refused = call(study + QStringList{"--defect-rate", "short=0.1"});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY(refused.err.contains("has its dies already"));
    }

    void failuresAreDrawnAndReported()
    {
        const QString wafer = path("failures.faultline");
        const Outcome made = call({"wafer", "generate", "--out", wafer, "--dies", "20", "--seed", "3",
                                   "--open-row-rate", "0.01", "--shorted-column-rate", "0.005",
                                   "--cluster-size", "3", "--cluster-radius", "1.5"});
        QVERIFY2(made.exitCode == 0, qPrintable(made.err));
        long rows = 0;
        for (const Die& die : loadProject(wafer.toStdString()).wafer.dies)
            for (int row = 0; row < die.rows(); ++row)
                rows += (die.defect.row(row) == Defect::Open).all();
        QVERIFY(rows > 5 && rows < 40); // 1 % of 2000
        const Outcome said = call({"die", "statistics", wafer, "--csv", path("failures.csv")});
        QVERIFY2(said.exitCode == 0, qPrintable(said.err));
        static const QRegularExpression line("open rows +(\\d+) +2000 ");
        QCOMPARE(line.match(said.out).captured(1).toLong(), rows);
        static const QRegularExpression clusters(
            "Thomas' process\\): ([0-9.]+) defects, radius ([0-9.]+) cells");
        const auto found = clusters.match(said.out);
        QVERIFY2(std::abs(found.captured(1).toDouble() - 3.0) < 1.0, qPrintable(said.out));
        QVERIFY(std::abs(found.captured(2).toDouble() - 1.5) < 0.3);
        const Outcome refused =
            call({"wafer", "generate", "--out", wafer, "--force", "--open-row-rate", "1.5"});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.err.contains("share of open rows is 1.5"), qPrintable(refused.err));
    }

    void diesGoOutAndComeBack()
    {
        const QString drawn = path("drawn.faultline"), read = path("read.faultline");
        QCOMPARE(call({"wafer", "generate", "--out", drawn, "--dies", "4", "--short-rate", "0.01"}).exitCode,
                 0);
        const auto run = [](const QStringList& arguments) {
            const Outcome outcome = call(arguments);
            return outcome.exitCode == 0 ? outcome.out : QString("failed: " + outcome.err);
        };
        QVERIFY(run({"die", "export", drawn, "--out", path("dies"), "--format", "npy"}).contains("8 files"));
        for (const QString& labels : QDir(path("dies")).entryList({"*_defect.npy"}))
            QVERIFY(QFile::remove(path("dies/" + labels)));
        qputenv("XDG_CONFIG_HOME", path("config").toUtf8());
        const QString imported =
            run({"die", "import", path("dies"), "--out", read, "--save-recipe", "station"});
        QVERIFY2(imported.contains("4 dies with 160000 values from 4 files."), qPrintable(imported));
        const Project before = loadProject(drawn.toStdString()), after = loadProject(read.toStdString());
        for (std::size_t k = 0; k < 4; ++k) {
            QVERIFY((before.wafer.dies[k].conductance[AP] == after.wafer.dies[k].conductance[AP]).all());
            const auto different = (before.wafer.dies[k].defect != after.wafer.dies[k].defect).count();
            QVERIFY2(different <= 5, qPrintable(QString::number(different))); // of 20 000
        }
        const Outcome kept = call({"die", "import", path("dies"), "--out", path("kept-recipe.faultline"),
                                   "--save-recipe", "station"});
        QCOMPARE(kept.exitCode, 1);
        QVERIFY2(kept.err.contains("There is a recipe \"station\" already"), qPrintable(kept.err));
        QVERIFY(!QFile::exists(path("kept-recipe.faultline")));
        const QString again = run({"die", "import", path("dies"), "--out", path("turned.faultline"),
                                   "--recipe", "station", "--transpose", "--unlabelled"});
        QVERIFY2(again.contains("Dies of 200 x 100 cells"), qPrintable(again));
        const QString statistics =
            run({"die", "statistics", read, "--csv", path("statistics.csv"), "--draws", "99"});
        QVERIFY2(statistics.contains("95 % interval"), qPrintable(statistics));
        QVERIFY(readBytes(path("statistics.csv")).contains("\nquantiles\nstate,normal,siemens\n"));
        const QString labelled = run({"die", "classify", read, "--open-below", "1e-9", "--middle", "1.2e-4",
                                      "--short-above", "1", "--smallest-ratio", "1"});
        QVERIFY2(labelled.contains("Labels in"), qPrintable(labelled));
        for (const Die& die : loadProject(read.toStdString()).wafer.dies)
            QCOMPARE(die.counts()[static_cast<std::size_t>(Defect::Short)], 0);
        QVERIFY(run({"die", "classify", read, "--middle", "1"}).contains("all four thresholds"));
        QVERIFY(run({"die", "export", read, "--what", "weights", "--out", path("w")})
                    .contains("found 0 studies"));
    }

    /// Ids, errors and results of circuits follow the dies here as they do in the window.
    void resultsFollowTheDies()
    {
        const QString file = path("followed/study.faultline");
        QCOMPARE(call(tinyStudy("followed", {{"--modes", "standard"}})).exitCode, 0);
        Project project = loadProject(file.toStdString());
        Run& run = project.studies.at(0).result.runs.at(0);
        run.dieErrors[36] = 7.0; // on a die that was removed
        CircuitResults::Sweep& sweep = project.circuitResults.sweep.emplace();
        sweep.reading.dies = {0};
        sweep.plan.axes = {{SweepParameter("adc-bits"), {4.0}}};
        sweep.points = {{{4.0}, 1, 9.0, 0.0}};
        project.wafer.dies[0].conductance[P].setConstant(1.8e-4F);
        project.wafer.dies[0].conductance[AP].setConstant(8e-5F);
        for (Die& die : project.wafer.dies)
            die.acquisition.assumed = AP;
        saveProject(project, file.toStdString());

        QCOMPARE(
            call({"die", "export", file, "--dies", "D03", "--format", "npy", "--out", path("d")}).exitCode,
            0);
        for (const QString& name : QDir(path("d")).entryList(QDir::Files))
            QVERIFY(name.contains("defect") ? QFile::remove(path("d/" + name))
                                            : QFile::rename(path("d/" + name), path("d/new" + name)));
        const Outcome imported = call({"die", "import", path("d"), "--into", file});
        QVERIFY2(imported.exitCode == 0, qPrintable(imported.err));
        Project after = loadProject(file.toStdString());
        QCOMPARE(after.wafer.dies.size(), std::size_t{37});
        QCOMPARE(after.wafer.dies.back().id, 37);
        QVERIFY(!after.circuitResults.sweep->reading.current);
        QVERIFY(after.studies.at(0).result.runs.at(0).dieErrors == run.dieErrors);

        after.circuitResults.sweep->reading.current = true;
        saveProject(after, file.toStdString());
        // As shorts, cells that conduct well at P conduct as much at AP; the first die has none such.
        const Outcome labelled = call({"die", "classify", file, "--open-below", "1e-9", "--middle", "1.2e-4",
                                       "--short-above", "2.2e-4", "--smallest-ratio", "1"});
        QVERIFY2(labelled.out.contains("on 35 dies: errors of networks on these are dropped"),
                 qPrintable(labelled.out + labelled.err));
        after = loadProject(file.toStdString());
        const auto& errors = after.studies.at(0).result.runs.at(0).dieErrors;
        QVERIFY(errors == (std::map<int, double>{{0, run.dieErrors.at(0)}, {36, 7.0}}));
        QVERIFY(!after.circuitResults.sweep->reading.current);
    }

    /// Columns of names that nothing guesses; dies are added to a project, and none is replaced unasked.
    void tablesWithChosenColumns()
    {
        const auto table = [&](const QString& name, const QString& die) {
            QByteArray text = "chip;a;b;st;time;R\n";
            for (int row = 0; row < 20; ++row)
                for (int column = 0; column < 20; ++column)
                    for (const bool isP : {true, false})
                        text += QString("%1;%2;%3;%4;7;%5\n")
                                    .arg(die)
                                    .arg(row)
                                    .arg(column)
                                    .arg(isP ? "P" : "AP")
                                    .arg((isP ? 5000 : 12500) + 13 * row + 7 * column)
                                    .toUtf8();
            QFile file(path(name));
            return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
        };
        QVERIFY(table("t.csv", "A") && table("u.csv", "B"));
        const QString project = path("chosen.faultline");
        const auto import = [&](const QString& file, const QStringList& where) {
            return call(QStringList{"die", "import", path(file), "--columns",
                                    "die=chip,row=a,column=3,state=st,value=R", "--first-index", "0"} +
                        where);
        };
        const Outcome refused = call({"die", "import", path("t.csv"), "--out", project});
        QVERIFY2(refused.err.contains("found columns 1 chip, 2 a, 3 b, 4 st, 5 time, 6 R, expected"),
                 qPrintable(refused.err));
        QCOMPARE(import("t.csv", {"--out", project}).exitCode, 0);
        const QByteArray before = readBytes(project);
        QVERIFY(import("t.csv", {"--out", project}).err.contains("exists already"));
        QVERIFY(import("t.csv", {"--into", project}).err.contains("has a die \"A\" already"));
        QVERIFY(
            import("none.csv", {"--into", project, "--save-recipe", "never"}).err.contains("cannot read"));
        QVERIFY(call({"die", "import", path("u.csv"), "--into", project, "--columns", "value=volt"})
                    .err.contains("--columns: found value=volt"));
        QCOMPARE(readBytes(project), before);
        QCOMPARE(import("u.csv", {"--into", project}).exitCode, 0);
        const Wafer wafer = loadProject(project.toStdString()).wafer;
        QCOMPARE(wafer.dies.size(), std::size_t{2});
        QCOMPARE(wafer.dies[1].name, "B");
        QCOMPARE(wafer.dies[1].conductance[AP](2, 3), 1.0f / (12500 + 26 + 21));
        QVERIFY(!(wafer.dies[0].position == wafer.dies[1].position));
    }

    /// The unit follows the column that is chosen; where nothing but a guess tells it, it has to be likely.
    void unitOfAChosenColumn()
    {
        QByteArray text = "chip;wl;bl;st;R [kOhm];R (Ohm)\n";
        for (int row = 1; row < 21; ++row)
            for (int column = 1; column < 21; ++column)
                for (const double ratio : {1.0, 2.5}) {
                    const double value = ratio * (5.0 + 0.013 * row + 0.007 * column);
                    text += QString("A;%1;%2;%3;%4;%4\n")
                                .arg(row)
                                .arg(column)
                                .arg(ratio == 1.0 ? "P" : "AP")
                                .arg(value)
                                .toUtf8();
                }
        QFile file(path("units.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        file.close();
        const auto import = [&](const QString& value, const QStringList& more) {
            return call(QStringList{"die", "import", path("units.csv"), "--out", path("units.faultline"),
                                    "--force", "--columns",
                                    "die=chip,row=wl,column=bl,state=st,value=" + value} +
                        more);
        };
        const auto ohm = [&] {
            const Wafer wafer = loadProject(path("units.faultline").toStdString()).wafer;
            return 1.0 / static_cast<double>(wafer.dies.at(0).conductance[P](0, 0));
        };
        QCOMPARE(import("R [kOhm]", {}).exitCode, 0);
        QVERIFY2(std::abs(ohm() - 5020.0) < 0.01, qPrintable(QString::number(ohm())));
        const Outcome refused = import("R (Ohm)", {});
        QVERIFY2(refused.err.contains("--quantity ohm says that it is right"), qPrintable(refused.err));
        QCOMPARE(import("R (Ohm)", {"--quantity", "ohm"}).exitCode, 0);
        QVERIFY(std::abs(ohm() - 5.02) < 1e-5);
        const Outcome other = import("R (Ohm)", {"--quantity", "kiloohm"});
        QVERIFY2(other.out.contains("says ohm (\"R (Ohm)\"); its numbers were read as kiloohm"),
                 qPrintable(other.out + other.err));
    }

    /// Guessed states that hardly differ, and cells measured again, want an option.
    void optionsSettleDoubts()
    {
        const auto write = [&](const QString& name, const QByteArray& text) {
            QFile file(path(name));
            return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
        };
        const auto import = [&](const QString& file, const QStringList& more) {
            return call(QStringList{"die", "import", path(file), "--out", path("doubt.faultline"), "--force",
                                    "--unlabelled"} +
                        more);
        };
        QVERIFY(write("blocks.csv", "5000,5010\n5100,5110\n\n5001,5011\n5101,5111\n"));
        const Outcome refused = import("blocks.csv", {});
        QVERIFY2(refused.err.contains("--state P reads all as of that state; --state P,AP says that"),
                 qPrintable(refused.err));
        QCOMPARE(import("blocks.csv", {"--state", "P,AP"}).exitCode, 0);
        const Outcome dies = import("blocks.csv", {"--state", "P"});
        QVERIFY2(dies.out.contains("2 dies with 8 values"), qPrintable(dies.out + dies.err));

        QVERIFY(
            write("again.csv", "row,column,R_P (Ohm)\n1,1,1e9\n1,2,5010\n1,1,5000\n2,1,5100\n2,2,5110\n"));
        const Outcome second = import("again.csv", {});
        QVERIFY2(second.err.contains("line 4: found a second value") && second.err.contains("--repeated"),
                 qPrintable(second.err));
        const Outcome last = import("again.csv", {"--repeated", "last"});
        QVERIFY2(last.out.contains("Measured again: 1 value, of which the last stands."),
                 qPrintable(last.out + last.err));
        const Wafer wafer = loadProject(path("doubt.faultline").toStdString()).wafer;
        QCOMPARE(wafer.dies.at(0).conductance[P](0, 0), 1.0f / 5000.0f);
    }

    void weightsAndProgrammingOfANetwork()
    {
        QVERIFY(QFile::exists(path("own/study.faultline"))); // of generatedWaferIsStudied()
        const QString project = path("own/study.faultline"), out = path("out");
        for (const char* what : {"weights", "programming"})
            QCOMPARE(call({"die", "export", project, "--what", what, "--out", out}).exitCode, 0);
        const Eigen::MatrixXd weights = readCsvMatrix(path("out/D01_weights_1.csv").toStdString());
        QCOMPARE(weights.rows(), 8);
        QCOMPARE(weights.cols(), 64);
        QVERIFY(readBytes(path("out/programming.csv")).startsWith("row,column,write,layer,"));
    }

    void infoCountsWhatWasNotMeasured()
    {
        const QString file = path("gaps.faultline");
        QCOMPARE(call({"wafer", "generate", "--out", file, "--dies", "2"}).exitCode, 0);
        QVERIFY(!call({"info", file}).out.contains("not measured"));
        Project project = loadProject(file.toStdString());
        project.wafer.dies[1].acquisition.missing = {3, 5, 17};
        saveProject(project, file.toStdString());
        const QString info = call({"info", file}).out;
        QVERIFY2(info.contains("stuck-AP  not measured"), qPrintable(info));
        QVERIFY2(info.contains(QRegularExpression("D02 .* 3 *\n")), qPrintable(info));
    }

    void truncatedProject()
    {
        const QString file = path("cut.faultline");
        QCOMPARE(call({"wafer", "generate", "--out", file, "--dies", "2"}).exitCode, 0);
        QVERIFY(QFile::resize(file, QFile(file).size() / 2));
        const Outcome outcome = call({"info", file});
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.contains("cut.faultline: cannot open it as HDF5: truncated file"),
                 qPrintable(outcome.err));
    }

    void contradictoryProject()
    {
        const QString file = path("contradictory.faultline");
        QCOMPARE(call({"wafer", "generate", "--out", file, "--dies", "2"}).exitCode, 0);
        const hid_t id = H5Fopen(qPrintable(file), H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t plan = H5Gopen2(id, "plan", H5P_DEFAULT);
        const hid_t side = H5Aopen(plan, "image_side_pixels", H5P_DEFAULT);
        const int other = 15;
        QVERIFY(H5Awrite(side, H5T_NATIVE_INT, &other) >= 0);
        H5Aclose(side);
        H5Gclose(plan);
        H5Fclose(id);
        for (const QStringList& arguments :
             {QStringList{"info", file}, {"study", "--wafer", file, "--out", path("never")}}) {
            const Outcome outcome = call(arguments);
            QCOMPARE(outcome.exitCode, 1);
            QVERIFY2(
                outcome.err.contains("contradictory.faultline: plan: The network has 196 inputs, but images "
                                     "of 15 x 15 pixels need 225."),
                qPrintable(outcome.err));
            QCOMPARE(outcome.err.count('\n'), 1);
        }
    }

    void stopKeepsWhatIsFinished_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl+C") << SIGINT;
        QTest::newRow("kill") << SIGTERM;
    }

    void stopKeepsWhatIsFinished()
    {
        QFETCH(const int, signal);
        QProcess program;
        program.start(FAULTLINE_CLI, tinyStudy("stopped", {{"--dies", "D01..D36"}, {"--epochs", "100"}}));
        QByteArray out;
        while (!out.contains("finished")) {
            QVERIFY(program.waitForReadyRead(60'000));
            out += program.readAllStandardOutput();
        }
        ::kill(static_cast<pid_t>(program.processId()), signal);
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitCode(), 130);
        QVERIFY(program.readAllStandardOutput().contains("Stopped: kept the "));

        const Project project = loadProject(path("stopped/study.faultline").toStdString());
        const auto finished = static_cast<int>(project.studies.at(0).result.runs.size());
        QVERIFY(finished > 0 && finished < 40);
        QVERIFY(!project.studies.at(0).result.complete);
        const QJsonObject study = readJson(path("stopped/study.json"));
        QCOMPARE(study["complete"].toBool(true), false);
        QCOMPARE(study["runs"]["finished"].toInt(), finished);
        QCOMPARE(study["runs"]["planned"].toInt(), 40);
        QVERIFY(QFile::exists(path("stopped/dies.csv")));
    }

    void progressOnATerminal()
    {
        constexpr int columns = 60;
        int terminal = -1, childsEnd = -1;
        winsize size{};
        size.ws_col = columns;
        QCOMPARE(::openpty(&terminal, &childsEnd, nullptr, nullptr, &size), 0);
        QProcess program;
        program.setChildProcessModifier([childsEnd] { ::dup2(childsEnd, STDOUT_FILENO); });
        program.start(FAULTLINE_CLI, tinyStudy("terminal", {{"--epochs", "30"}}));
        QVERIFY(program.waitForStarted());
        ::close(childsEnd);
        QByteArray out;
        std::array<char, 4096> buffer{};
        for (ssize_t got = 0; (got = ::read(terminal, buffer.data(), buffer.size())) > 0;)
            out.append(buffer.data(), got);
        ::close(terminal);
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitCode(), 0);
        const QByteArray clearRest = "\x1b[K";
        QVERIFY2(out.contains("\r[#"), out);
        QVERIFY(out.contains(" of 6, "));
        for (const QByteArray& line : out.left(out.lastIndexOf(clearRest)).split('\r'))
            QVERIFY2(line.size() < columns + clearRest.size(), line);
    }
};

QTEST_GUILESS_MAIN(CliTest)
#include "test_cli.moc"
