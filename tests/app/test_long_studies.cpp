#include <csignal>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <QTest>

#include "project/journal.h"
#include "project/project_file.h"
#include "support/idx_files.h"

using namespace faultline;
namespace fs = std::filesystem;

/// What keeps a study of hours safe on the command line: killed, stopped, in shards, asked for twice.
class LongStudiesTest : public QObject
{
    Q_OBJECT

    QTemporaryDir folder_;

    QString path(const QString& name) const { return folder_.filePath(name); }

    struct Outcome {
        int exitCode = -1;
        QString out, err;
    };

    QProcessEnvironment environment() const
    {
        QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
        all.insert("XDG_STATE_HOME", path("state"));
        return all;
    }

    Outcome call(const QStringList& arguments, const QString& program = FAULTLINE_CLI) const
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(program, arguments);
        if (!process.waitForFinished(120'000) || process.exitStatus() != QProcess::NormalExit)
            return {};
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }

    /// Seven runs: two standard, three hardware-aware, two statistics-aware.
    QStringList study(const QString& out, const QString& epochs = "20", const QStringList& more = {}) const
    {
        return QStringList{"study",
                           "--wafer",
                           path("wafer.faultline"),
                           "--data",
                           path("images"),
                           "--out",
                           path(out),
                           "--hidden",
                           "12",
                           "--batch",
                           "20",
                           "--epochs",
                           epochs,
                           "--repeats",
                           "2",
                           "--downsample",
                           "8",
                           "--statistics-epochs",
                           epochs} +
               more;
    }

    static Project load(const QString& file) { return loadProject(file.toStdString()); }

    /// The same networks and errors, bit by bit.
    static void compare(const Project& a, const Project& b)
    {
        QCOMPARE(a.studies.size(), std::size_t{1});
        QCOMPARE(b.studies.size(), std::size_t{1});
        const StudyResult &x = a.studies[0].result, &y = b.studies[0].result;
        QVERIFY(x.complete && y.complete);
        QVERIFY(x.statistics == y.statistics);
        QCOMPARE(x.runs.size(), y.runs.size());
        for (std::size_t k = 0; k < x.runs.size(); ++k) {
            const Run &run = x.runs[k], &other = y.runs[k];
            QVERIFY(run.settings == other.settings);
            QCOMPARE(run.curve.size(), other.curve.size());
            for (std::size_t epoch = 0; epoch < run.curve.size(); ++epoch) {
                QCOMPARE(run.curve[epoch].summary.loss, other.curve[epoch].summary.loss);
                QCOMPARE(run.curve[epoch].testError, other.curve[epoch].testError);
            }
            for (std::size_t layer = 0; layer < run.network.layers.size(); ++layer)
                QVERIFY(run.network.layers[layer].latent == other.network.layers[layer].latent &&
                        run.network.layers[layer].gain == other.network.layers[layer].gain &&
                        run.network.layers[layer].bias == other.network.layers[layer].bias);
            QCOMPARE(run.perfectDieError, other.perfectDieError);
            QVERIFY(run.dieErrors == other.dieErrors);
        }
    }

    /// Starts a study and sends a signal once its journal holds `parts` files.
    void interrupt(const QStringList& arguments, const QString& journal, int parts, int signal) const
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(FAULTLINE_CLI, arguments);
        QElapsedTimer timer;
        timer.start();
        while (QDir(journal).entryList({"*.part"}).size() < parts && timer.elapsed() < 60'000)
            QTest::qSleep(2); // more often than QTRY_VERIFY looks
        ::kill(static_cast<pid_t>(process.processId()), signal);
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitStatus(), signal == SIGKILL ? QProcess::CrashExit : QProcess::NormalExit);
    }

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        QVERIFY(QDir(folder_.path()).mkdir("images"));
        writeNoisyImages(path("images").toStdString(), "train", 2000);
        writeNoisyImages(path("images").toStdString(), "t10k", 200);
        QCOMPARE(call({"wafer", "generate", "--out", path("wafer.faultline"), "--dies", "3"}).exitCode, 0);
        const Outcome whole = call(study("whole", "150"));
        QVERIFY2(whole.exitCode == 0, qPrintable(whole.err));
        QVERIFY(!QFile::exists(path("whole/study.faultline.journal")));
        QVERIFY(!QFile::exists(path("whole/study.faultline.lock")));
    }

    void killedStudyGoesOn_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("killed") << SIGKILL;
        QTest::newRow("stopped") << SIGTERM;
    }

    void killedStudyGoesOn()
    {
        QFETCH(const int, signal);
        const QString out = QTest::currentDataTag();
        const QStringList command = study(out, "150", {"--threads", "2"});
        interrupt(command, path(out + "/study.faultline.journal"), 2, signal);
        QCOMPARE(QFile::exists(path(out + "/study.faultline.journal")), signal == SIGKILL);
        const Outcome again = call(study(out, "150"));
        QVERIFY2(again.exitCode == 0, qPrintable(again.err));
        QVERIFY2(again.out.contains("Goes on with "), qPrintable(again.out));
        compare(load(path(out + "/study.faultline")), load(path("whole/study.faultline")));
        QVERIFY(!QFile::exists(path(out + "/study.faultline.journal")));
    }

    void anotherStudyInTheSameFolderIsKept()
    {
        QCOMPARE(call(study("twice", "2")).exitCode, 0);
        const Outcome other = call(study("twice", "3"));
        QCOMPARE(other.exitCode, 0);
        QVERIFY2(other.out.contains("is kept as " + path("twice/study-1.faultline")), qPrintable(other.out));
        QCOMPARE(load(path("twice/study-1.faultline")).studies[0].plan.training.epochs, 2);
        QCOMPARE(load(path("twice/study.faultline")).studies[0].plan.training.epochs, 3);
    }

    void onlyOneWorksInAFolder()
    {
        QProcess first;
        first.setProcessEnvironment(environment());
        first.start(FAULTLINE_CLI, study("shared", "100000"));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("shared/study.faultline.lock")), 60'000);
        const Outcome second = call(study("shared", "100000"));
        QCOMPARE(second.exitCode, 1);
        QVERIFY2(second.err.contains(QString("(process %1)").arg(first.processId())), qPrintable(second.err));
        first.kill();
        QVERIFY(first.waitForFinished());
        QVERIFY(QFile::exists(path("shared/study.faultline.lock"))); // stale
        QCOMPARE(call(study("shared", "2")).exitCode, 0);
    }

    /// By the very commands of the script that "--slurm" writes.
    void shardsGiveTheSameResult()
    {
        const Outcome wrote = call(study("cluster", "150", {"--slurm", "3"}));
        QVERIFY2(wrote.exitCode == 0, qPrintable(wrote.err));
        const QString script = path("cluster/study.slurm");
        QVERIFY(wrote.out.contains("7 runs in 3 shards"));
        QFile text(script);
        QVERIFY(text.open(QIODevice::ReadOnly));
        QVERIFY(text.readAll().contains("#SBATCH --array=1-3\n"));
        QVERIFY(call({script}, "sh").exitCode != 0); // which shard?
        QCOMPARE(call({script, "1"}, "sh").exitCode, 0);
        QCOMPARE(call({script, "3"}, "sh").exitCode, 0);
        const Outcome early = call({script, "0"}, "sh");
        QCOMPARE(early.exitCode, 1);
        QVERIFY2(early.err.contains("not complete: 5 of 7 runs"), qPrintable(early.err));
        interrupt(study("cluster", "150", {"--shard", "2/3"}),
                  path("cluster/shards/2-of-3.faultline.journal"), 1, SIGKILL);
        QCOMPARE(call({script, "2"}, "sh").exitCode, 0); // goes on
        const Outcome merged = call({script, "0"}, "sh");
        QVERIFY2(merged.exitCode == 0, qPrintable(merged.err));
        compare(load(path("cluster/study.faultline")), load(path("whole/study.faultline")));
        const auto errors = [this](const QString& name) {
            QFile file(path(name));
            if (!file.open(QIODevice::ReadOnly))
                return QByteArray();
            const QByteArray json = file.readAll();
            return json.left(json.indexOf("\"seconds\""));
        };
        QVERIFY(!errors("whole/study.json").isEmpty());
        QCOMPARE(errors("cluster/study.json"), errors("whole/study.json"));
    }

    void mergeReplacesItsOwnResultsAlone()
    {
        for (const char* epochs : {"2", "3"})
            for (const char* shard : {"1/2", "2/2"})
                QCOMPARE(call(study(QString("parts-") + epochs, epochs, {"--shard", shard})).exitCode, 0);
        const auto merge = [&](const QString& epochs, const QStringList& shards,
                               const QStringList& more = {}) {
            QStringList files;
            for (const QString& shard : shards)
                files.append(path("parts-" + epochs + "/shards/" + shard + "-of-2.faultline"));
            return call(QStringList{"merge"} + files + QStringList{"--out", path("merged")} + more);
        };
        QVERIFY(QDir(folder_.path()).mkdir("merged"));
        QFile own(path("merged/study.json"));
        QVERIFY(own.open(QIODevice::WriteOnly) && own.write("by hand") > 0);
        own.close();
        const Outcome refused = merge("2", {"1", "2"});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.err.contains("merged/study.json: exists already"), qPrintable(refused.err));
        QVERIFY(!QFile::exists(path("merged/study.faultline")));
        QCOMPARE(merge("2", {"1", "2"}, {"--force"}).exitCode, 0);
        const Project whole = load(path("merged/study.faultline"));
        QCOMPARE(merge("2", {"1"}).exitCode, 0); // what the other shard has given is kept
        compare(load(path("merged/study.faultline")), whole);
        const Outcome other = merge("3", {"1", "2"});
        QVERIFY2(other.exitCode == 0, qPrintable(other.err));
        QVERIFY2(other.out.contains("is kept as " + path("merged/study-1.faultline") + ", its study.json as"),
                 qPrintable(other.out));
        compare(load(path("merged/study-1.faultline")), whole);
        QCOMPARE(load(path("merged/study.faultline")).studies[0].plan.training.epochs, 3);
    }

    void shardsOfDifferentStudiesAreNotMerged()
    {
        QCOMPARE(call(study("mixed", "2", {"--shard", "1/2"})).exitCode, 0);
        QCOMPARE(call(study("mixed", "3", {"--shard", "2/2"})).exitCode, 0);
        const Outcome refused = call({"merge", path("mixed/shards/1-of-2.faultline"),
                                      path("mixed/shards/2-of-2.faultline"), "--out", path("mixed")});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY(refused.err.contains("2-of-2.faultline: it is not a shard of the same study"));
        const Outcome shard = call(study("mixed", "2", {"--shard", "3/2"}));
        QVERIFY(shard.err.contains("K from 1 to N"));
        QCOMPARE(shard.exitCode, 1);
    }

    /// Under the same names, between two parts of a study.
    void otherImagesAreRefused()
    {
        QVERIFY(QDir(folder_.path()).mkdir("changing"));
        const std::string images = path("changing").toStdString();
        const auto write = [&](int count) {
            writeNoisyImages(images, "train", 2000);
            writeNoisyImages(images, "t10k", count);
        };
        const auto part = [&](const QString& shard) {
            QStringList command = study("changed", "2", {"--shard", shard});
            command[command.indexOf("--data") + 1] = path("changing");
            return call(command);
        };
        const auto shard = [&](int k) { return path(QString("changed/shards/%1-of-2.faultline").arg(k)); };
        write(200);
        QCOMPARE(part("1/2").exitCode, 0);
        const auto before = load(shard(1)).studies[0].result.images;
        write(300);
        QCOMPARE(part("2/2").exitCode, 0);
        const auto after = load(shard(2)).studies[0].result.images;
        QVERIFY(before && after && before->train == after->train && before->test != after->test);
        const QString words = QString("test images: found checksum %1, expected %2")
                                  .arg(after->test, 8, 16, QChar('0'))
                                  .arg(before->test, 8, 16, QChar('0'));
        const Outcome merged = call({"merge", shard(1), shard(2), "--out", path("changed")});
        QCOMPARE(merged.exitCode, 1);
        QVERIFY2(merged.err.contains(shard(2) + ": " + words), qPrintable(merged.err));
        QVERIFY(!QFile::exists(path("changed/study.faultline")));
        const Outcome resumed = part("1/2");
        QCOMPARE(resumed.exitCode, 1);
        QVERIFY2(resumed.err.contains("changing: " + words), qPrintable(resumed.err));
        QVERIFY(!load(shard(1)).studies[0].result.runs.empty());
    }

    void logTellsWhatHappened()
    {
        const Outcome failed = call({"--verbose", "info", path("nowhere.faultline")});
        QCOMPARE(failed.exitCode, 1);
        QFile log(path("state/faultline/faultline.log"));
        QVERIFY(log.open(QIODevice::ReadOnly));
        const QString text = log.readAll();
        QVERIFY(text.contains("info: Faultline "));
        QVERIFY(text.contains("nowhere.faultline: cannot read"));
        QVERIFY(failed.err.contains(" error: "));
    }
};

QTEST_GUILESS_MAIN(LongStudiesTest)
#include "test_long_studies.moc"
