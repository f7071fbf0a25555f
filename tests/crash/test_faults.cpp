// Has the system fail the command line's n-th call on its files, for every n (fault_layer.cpp does it): what
// was on the disk stays, messages name the file and the reason, and work goes on.

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "project/journal.h"
#include "project/project_file.h"
#include "support/errors.h"
#include "support/idx_files.h"

using namespace faultline;
namespace fs = std::filesystem;

namespace
{

constexpr int shortWrite = 0;
constexpr std::array faults{ENOSPC, EIO, EDQUOT, EROFS, shortWrite};

/// Each call gets another one.
int faultOf(int at)
{
    return faults[static_cast<std::size_t>(at) % faults.size()];
}

/// After a short write the disk is said to be full, unless the rest can still be written.
std::string reasonOf(int error)
{
    return std::strerror(error == shortWrite ? ENOSPC : error);
}

/// What fails; see fault_layer.cpp.
struct Fault {
    fs::path under;
    int at = 0; ///< 0: nothing
    int error = ENOSPC;
    bool lasts = false;
    fs::path log = {};
};

struct Outcome {
    int exitCode = -1;
    std::string out, err;
};

Outcome call(const QStringList& arguments, const Fault& fault)
{
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("LC_ALL", "C");
    environment.insert("LD_PRELOAD", FAULT_LAYER);
    environment.insert("FAULT_UNDER", QString::fromStdString(fault.under.string()));
    environment.insert("FAULT_AT", QString::number(fault.at));
    environment.insert("FAULT_ERROR", QString::number(fault.error));
    if (fault.lasts)
        environment.insert("FAULT_LASTS", "yes");
    if (!fault.log.empty())
        environment.insert("FAULT_LOG", QString::fromStdString(fault.log.string()));
    program.setProcessEnvironment(environment);
    program.start(FAULTLINE_CLI, arguments);
    if (!program.waitForFinished(120'000) || program.exitStatus() != QProcess::NormalExit)
        return {};
    return {program.exitCode(), program.readAllStandardOutput().toStdString(),
            program.readAllStandardError().toStdString()};
}

QByteArray contents(const fs::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    return input.open(QIODevice::ReadOnly) ? input.readAll() : QByteArray();
}

/// The calls under a path that a program makes, as lines of the fault layer.
QStringList callsOf(const QStringList& arguments, const fs::path& under, const fs::path& log)
{
    fs::remove(log);
    if (call(arguments, {.under = under, .log = log}).exitCode != 0)
        return {};
    return QString::fromUtf8(contents(log)).split('\n', Qt::SkipEmptyParts);
}

} // namespace

class TestFaults : public QObject
{
    Q_OBJECT

    QTemporaryDir folder_;
    fs::path work_, log_;

    fs::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

    QStringList training(const fs::path& out) const
    {
        return {"study",        "--demo",
                "--data",       folder_.path(),
                "--out",        QString::fromStdString(out.string()),
                "--dies",       "D01,D02",
                "--hidden",     "12",
                "--batch",      "20",
                "--epochs",     "2",
                "--modes",      "standard",
                "--repeats",    "2",
                "--downsample", "8",
                "--threads",    "1"};
    }

private slots:
    void initTestCase()
    {
        work_ = path("work");
        log_ = path("calls");
        fs::create_directories(work_);
        writeNoisyImages(folder_.path().toStdString(), "train", 100);
        writeNoisyImages(folder_.path().toStdString(), "t10k", 40);
        Project project = demoProject();
        project.wafer.dies.resize(2);
        project.studies.push_back({"Study 1", project.plan, {}});
        saveProject(project, path("old.faultline"));
        const QString tables = folder_.filePath("tables");
        QCOMPARE(call({"die", "export", folder_.filePath("old.faultline"), "--out", tables}, {}).exitCode, 0);
    }

    void commandThatSaves_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const QString file = folder_.filePath("work/project.faultline");
        const QString tables = folder_.filePath("tables");
        QTest::newRow("save") << QStringList{"wafer", "generate", "--dies", "2", "--force", "--out", file};
        QTest::newRow("import") << QStringList{
            "die", "import", tables + "/D01_P.csv", tables + "/D01_AP.csv", "--force", "--out", file};
    }

    void commandThatSaves()
    {
        QFETCH(const QStringList, arguments);
        const fs::path file = work_ / "project.faultline";
        const QByteArray old = contents(path("old.faultline"));
        const auto restore = [&] {
            fs::copy_file(path("old.faultline"), file, fs::copy_options::overwrite_existing);
        };
        restore();
        const QStringList calls = callsOf(arguments, work_, log_);
        QVERIFY(calls.size() >= 6);

        // Write, sync, rename, sync the folder.
        const auto renamed = calls.indexOf("rename " + QString::fromStdString(file.string()));
        QVERIFY(renamed >= 2);
        QVERIFY(calls[renamed - 1].startsWith("fsync " + QString::fromStdString(file.string()) + ".tmp-"));
        QVERIFY(calls[renamed - 2].startsWith("write " + QString::fromStdString(file.string()) + ".tmp-"));
        const QString folder = QString::fromStdString(work_.string());
        QCOMPARE(calls.mid(renamed + 1), (QStringList{"open " + folder, "fsync " + folder}));

        int failures = 0;
        for (int at = 1; at <= calls.size(); ++at) {
            restore();
            const int error = faultOf(at);
            const Outcome outcome = call(arguments, {.under = work_, .at = at, .error = error});
            const std::string which =
                calls[at - 1].toStdString() + ", error " + std::to_string(error) + ": " + outcome.err;
            QVERIFY2(outcome.exitCode == 0 || outcome.exitCode == 1, which.c_str());
            const bool replaced = contents(file) != old;
            if (outcome.exitCode == 0) {
                QVERIFY2(replaced, which.c_str());
            } else {
                ++failures;
                VERIFY_CONTAINS(outcome.err, file.string());
                VERIFY_CONTAINS(outcome.err, reasonOf(error));
                QVERIFY2(!replaced || at > renamed + 1, which.c_str());
            }
            if (replaced)
                loadProject(file);
            QCOMPARE(std::distance(fs::directory_iterator(work_), {}), std::ptrdiff_t{1}); // no litter
        }
        QVERIFY(failures >= 5); // open, write, sync, rename, sync the folder
    }

    void studyWithoutAJournal()
    {
        const fs::path out = work_ / "unjournalled";
        const Fault fault{.under = out / "study.faultline.journal", .at = 1, .error = EDQUOT, .lasts = true};
        const Outcome outcome = call(training(out), fault);
        QVERIFY2(outcome.exitCode == 0, outcome.err.c_str());
        VERIFY_CONTAINS(outcome.err, "Cannot keep a journal");
        VERIFY_CONTAINS(outcome.err, (out / "study.faultline.journal").string());
        VERIFY_CONTAINS(outcome.err, std::strerror(EDQUOT));
        const Study study = loadProject(out / "study.faultline").studies.at(0);
        QVERIFY(study.result.complete);
        fs::remove_all(out);
    }

    /// One call fails: the study ends well or says why, and the same command then has the same numbers.
    void study()
    {
        const fs::path out = work_ / "study", file = out / "study.faultline";
        const QStringList calls = callsOf(training(out), file, log_);
        QVERIFY(calls.size() >= 10);
        const std::vector<Run> expected = loadProject(file).studies.at(0).result.runs;
        QCOMPARE(expected.size(), std::size_t{2});
        // Some of those that write the lock and the journal, and all at the end, where it saves.
        for (int at = 1; at <= calls.size(); at += at < calls.size() - 8 ? 12 : 1) {
            fs::remove_all(out);
            const int error = faultOf(at);
            const Outcome outcome = call(training(out), {.under = file, .at = at, .error = error});
            const std::string which = calls[at - 1].toStdString() + ": " + outcome.err;
            QVERIFY2(outcome.exitCode == 0 || outcome.exitCode == 1, which.c_str());
            if (outcome.exitCode != 0) {
                VERIFY_CONTAINS(outcome.err, file.string());
                VERIFY_CONTAINS(outcome.err, reasonOf(error));
                QCOMPARE(call(training(out), {}).exitCode, 0);
            }
            const std::vector<Run> runs = loadProject(file).studies.at(0).result.runs;
            QCOMPARE(runs.size(), expected.size());
            for (std::size_t k = 0; k < runs.size(); ++k)
                QVERIFY2(runs[k].dieErrors == expected[k].dieErrors, which.c_str());
        }
    }

    /// The last save fails for good: what was trained stays in the journal.
    void studyThatCannotBeSaved()
    {
        const fs::path out = work_ / "unsaved", file = out / "study.faultline";
        const Outcome outcome =
            call(training(out), {.under = file.string() + ".tmp-", .at = 1, .error = ENOSPC, .lasts = true});
        QCOMPARE(outcome.exitCode, 1);
        VERIFY_CONTAINS(outcome.err, file.string() + ": cannot write: " + std::strerror(ENOSPC));
        VERIFY_CONTAINS(outcome.err, "the same command goes on from there");
        const auto recovery = recover(journalOf(file), file);
        QVERIFY(recovery);
        QCOMPARE(recovery->finishedRuns, 2);
        fs::remove_all(out);
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "test_faults.moc"
