#include "project/journal.h"

#include <csignal>
#include <fstream>
#include <mutex>
#include <thread>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include "common/error.h"
#include "common/lock_file.h"
#include "common/log.h"
#include "project/project_file.h"
#include "sample_project.h"
#include "support/errors.h"

using namespace faultline;
namespace fs = std::filesystem;

namespace
{

/// A process that holds the lock of a file. Its name looks like the end of another's line in /proc.
class OtherProcess
{
public:
    explicit OtherProcess(const fs::path& file, bool endsFirstThread = false)
    {
        process_ = ::fork();
        if (process_ != 0)
            return;
        ::prctl(PR_SET_NAME, "a) R 1\n(b"); // NOLINT(*-vararg)
        const LockFile lock(file);
        std::thread waits([] { ::pause(); });
        if (endsFirstThread)
            ::syscall(SYS_exit, 0); // NOLINT(*-vararg)
        waits.join();
    }
    OtherProcess(const OtherProcess&) = delete;
    OtherProcess& operator=(const OtherProcess&) = delete;
    ~OtherProcess()
    {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

    /// Kills it and leaves a zombie, which nobody has reaped.
    void kill() const
    {
        ::kill(process_, SIGKILL);
        siginfo_t how;
        ::waitid(P_PID, static_cast<id_t>(process_), &how, WEXITED | WNOWAIT);
    }
    bool isZombie() const
    {
        std::ifstream stat("/proc/" + std::to_string(process_) + "/stat");
        return std::string(std::istreambuf_iterator<char>(stat), {}).find(") Z ") != std::string::npos;
    }

private:
    pid_t process_;
};

/// A project of one small study without runs.
Project emptyStudy()
{
    Project project;
    project.name = "journalled";
    project.wafer = sampleWafer(3, {20, 40, 10, 10});
    project.plan.network.layers = {16, 5, 10};
    project.plan.side = 4;
    project.plan.repeats = 2;
    project.plan.training.epochs = project.plan.statisticsAware.epochs = 2;
    Study study{"Study 1", project.plan, {}};
    study.result.statistics = trainingStatistics(study.plan, project.wafer);
    project.studies.push_back(study);
    return project;
}

Network network(const RunSettings& settings)
{
    return initialNetwork(settings.network, RandomStream(settings.seed, RandomUse::Test));
}

Run finishedRun(const RunSettings& settings)
{
    Run run;
    run.settings = settings;
    run.network = network(settings);
    run.perfectDieError = 3.25;
    run.dieErrors = {{0, 4.5}, {2, 5.5}};
    return run;
}

RunCheckpoint begunRun(const RunSettings& settings, int epochs)
{
    RunCheckpoint checkpoint{settings, {}, {}, 1.5};
    for (int epoch = 1; epoch <= epochs; ++epoch)
        checkpoint.curve.push_back({{epoch, 0.5 / epoch, 7.0, 0.1}, 8.0});
    TrainerState& trainer = checkpoint.trainer;
    trainer.network = network(settings);
    for (const Network::Layer& layer : trainer.network.layers)
        trainer.moments.push_back(
            {{layer.latent * 2.0f, layer.gain, layer.bias}, {layer.latent * 3.0f, layer.gain, layer.bias}});
    trainer.epoch = epochs;
    trainer.steps = 40 * epochs;
    trainer.dieDraws = 4'000'000'000u;
    return checkpoint;
}

} // namespace

class JournalTest : public QObject
{
    Q_OBJECT

    std::optional<QTemporaryDir> folder_;
    fs::path file_;
    Project project_;
    std::vector<RunSettings> runs_;

private slots:
    void init()
    {
        folder_.emplace();
        file_ = folder_->filePath("study.faultline").toStdString();
        project_ = emptyStudy();
        runs_ = runsOf(project_.plan, project_.wafer);
        saveProject(project_, file_);
    }

    void runsAreRecovered()
    {
        QVERIFY(!recover(journalOf(file_), file_));
        {
            Journal journal(journalOf(file_));
            journal.keep(project_.studies[0], begunRun(runs_[0], 1));
            journal.keep(project_.studies[0], begunRun(runs_[1], 1));
            journal.keep(project_.studies[0], begunRun(runs_[1], 2));
            journal.keep(project_.studies[0], finishedRun(runs_[0]));
        }
        const auto recovery = recover(journalOf(file_), file_);
        QVERIFY(recovery);
        QCOMPARE(recovery->finishedRuns, 1);
        QCOMPARE(recovery->begunRuns, 1);
        QVERIFY(!recovery->edits);
        const StudyResult& result = recovery->project.studies[0].result;
        QVERIFY(result.statistics == project_.studies[0].result.statistics);
        QCOMPARE(result.runs.size(), std::size_t{1});
        QCOMPARE(result.runs[0].dieErrors, finishedRun(runs_[0]).dieErrors);
        QCOMPARE(result.begun.size(), std::size_t{1});
        const RunCheckpoint expected = begunRun(runs_[1], 2), found = result.begun[0];
        QVERIFY(found.settings == expected.settings);
        QCOMPARE(found.curve.size(), std::size_t{2});
        QCOMPARE(found.trainSeconds, 1.5);
        QCOMPARE(found.trainer.epoch, 2);
        QCOMPARE(found.trainer.steps, 80);
        QCOMPARE(found.trainer.dieDraws, 4'000'000'000u);
        for (std::size_t layer = 0; layer < 2; ++layer) {
            QVERIFY(found.trainer.network.layers[layer].latent ==
                    expected.trainer.network.layers[layer].latent);
            QVERIFY(found.trainer.moments[layer].first.weights ==
                    expected.trainer.moments[layer].first.weights);
            QVERIFY(found.trainer.moments[layer].second.weights ==
                    expected.trainer.moments[layer].second.weights);
        }

        saveProject(recovery->project, file_); // a project file keeps begun runs too
        QCOMPARE(loadProject(file_).studies[0].result.begun[0].trainer.steps, 80);
        QVERIFY(!recover(journalOf(file_), file_)); // nothing more than the file has
    }

    /// The window has a study name its dies, which one of the command line leaves open.
    void aStudyThatNamesItsDiesIsTheSame()
    {
        Project pinned = project_;
        pinned.pinStudies();
        QVERIFY(pinned.studies[0].plan != project_.studies[0].plan);
        {
            Journal journal(journalOf(file_));
            journal.keep(pinned.studies[0], finishedRun(runs_[0]));
        }
        const auto recovery = recover(journalOf(file_), file_);
        QVERIFY(recovery);
        QCOMPARE(recovery->project.studies.size(), std::size_t{1});
        QCOMPARE(recovery->project.studies[0].result.runs.size(), std::size_t{1});
        pinned.studies[0].result.runs.push_back(finishedRun(runs_[1]));
        merge(pinned, recovery->project);
        QCOMPARE(pinned.studies.size(), std::size_t{1});
        QCOMPARE(pinned.studies[0].result.runs.size(), std::size_t{2});
    }

    void editsAreRecoveredWithoutAFile()
    {
        fs::remove(file_);
        {
            Journal journal(journalOf(file_));
            project_.name = "edited";
            project_.circuit.wires.sense = 7.0;
            journal.keep(project_);
            journal.keep(project_.studies[0], finishedRun(runs_[0]));
        }
        const auto recovery = recover(journalOf(file_), {});
        QVERIFY(recovery);
        QVERIFY(recovery->edits);
        QCOMPARE(recovery->project.name, std::string("edited"));
        QVERIFY(recovery->project.circuit == project_.circuit);
        QCOMPARE(recovery->finishedRuns, 1);
    }

    void savingEndsIt()
    {
        Journal journal(journalOf(file_));
        journal.keep(project_);
        journal.flush();
        QVERIFY(recover(journalOf(file_), file_));
        saveProject(project_, file_);
        journal.clear();
        journal.flush();
        QVERIFY(!fs::exists(journalOf(file_)));
        journal.keep(project_.studies[0], finishedRun(runs_[0])); // and it goes on
        journal.flush();
        QCOMPARE(recover(journalOf(file_), file_)->finishedRuns, 1);
    }

    /// A crash between saving and clearing: what the file has is not taken for an edit, whatever the times.
    void savedButNotCleared()
    {
        {
            Journal journal(journalOf(file_));
            journal.keep(project_);
            project_.name = "saved later";
            saveProject(project_, file_, journal.id());
        }
        fs::last_write_time(file_, fs::last_write_time(file_) - std::chrono::hours(1));
        QVERIFY(!recover(journalOf(file_), file_));
        {
            Journal next(journalOf(file_)); // goes on in the same folder, with edits of its own
            project_.name = "edited once more";
            next.keep(project_);
        }
        const auto recovery = recover(journalOf(file_), file_);
        QVERIFY(recovery && !recovery->otherContent);
        QCOMPARE(recovery->project.name, std::string("edited once more"));
    }

    void timesOfFilesDoNotMatter()
    {
        {
            Journal journal(journalOf(file_));
            project_.name = "edited";
            journal.keep(project_);
        }
        fs::last_write_time(file_, fs::file_time_type::clock::now() + std::chrono::hours(1));
        const auto recovery = recover(journalOf(file_), file_);
        QVERIFY(recovery && recovery->edits && !recovery->otherContent);
        QCOMPARE(recovery->project.name, std::string("edited"));
    }

    void editsOfAnotherContentAreKept()
    {
        {
            Journal journal(journalOf(file_));
            Project edited = project_;
            edited.name = "edited";
            journal.keep(edited);
        }
        project_.name = "restored from elsewhere";
        project_.studies[0].result.runs.push_back(finishedRun(runs_[0]));
        saveProject(project_, file_);
        const auto recovery = recover(journalOf(file_), file_);
        QVERIFY(recovery && recovery->edits && recovery->otherContent);
        QCOMPARE(recovery->project.name, std::string("edited"));
        QCOMPARE(recovery->project.studies[0].result.runs.size(), std::size_t{1});
        VERIFY_CONTAINS(recovery->otherContent->words(), " UTC, were made to another content");
    }

    /// Older programs did not name their journals.
    void journalWithoutId_data()
    {
        QTest::addColumn<int>("minutes");
        QTest::addColumn<bool>("other");
        QTest::newRow("newer than the file") << 1 << false;
        QTest::newRow("older") << -1 << true;
    }

    void journalWithoutId()
    {
        QFETCH(const int, minutes);
        QFETCH(const bool, other);
        const fs::path snapshot = journalOf(file_) / "project.faultline";
        fs::create_directories(journalOf(file_));
        saveProject(project_, snapshot);
        fs::last_write_time(snapshot, fs::last_write_time(file_) + std::chrono::minutes(minutes));
        const auto recovery = recover(journalOf(file_), file_);
        QVERIFY(recovery && recovery->edits);
        QCOMPARE(recovery->otherContent.has_value(), other);
    }

    void runsGoToTheirOwnStudy()
    {
        Study other = project_.studies[0];
        other.name = "Study 2";
        project_.studies.push_back(other); // of equal plan
        saveProject(project_, file_);
        {
            Journal journal(journalOf(file_));
            journal.keep(project_.studies[0], begunRun(runs_[0], 1));
            journal.keep(project_.studies[1], finishedRun(runs_[0]));
        }
        const auto recovery = recover(journalOf(file_), file_);
        QCOMPARE(recovery->project.studies.size(), std::size_t{2});
        QCOMPARE(recovery->project.studies[0].result.begun.size(), std::size_t{1});
        QVERIFY(recovery->project.studies[0].result.runs.empty());
        QCOMPARE(recovery->project.studies[1].result.runs.size(), std::size_t{1});
    }

    void runsOfNoStudyBecomeOne()
    {
        {
            Journal journal(journalOf(file_));
            Study unknown = project_.studies[0];
            unknown.plan.seed = 99;
            const std::vector<RunSettings> runs = runsOf(unknown.plan, project_.wafer);
            journal.keep(unknown, finishedRun(runs[0]));
            journal.keep(unknown, finishedRun(runs[1]));
        }
        const auto recovery = recover(journalOf(file_), file_);
        QCOMPARE(recovery->finishedRuns, 2);
        QCOMPARE(recovery->project.studies.size(), std::size_t{2});
        QVERIFY(recovery->project.studies[0].result.runs.empty());
        QCOMPARE(recovery->project.studies[1].name, std::string("Study 1 (recovered)"));
        QCOMPARE(recovery->project.studies[1].result.runs.size(), std::size_t{2});
    }

    void aLaterJournalLeavesAnEarlierOneWhole()
    {
        Study other = project_.studies[0];
        other.plan.seed = 99;
        project_.studies.push_back(other);
        saveProject(project_, file_);
        {
            Journal journal(journalOf(file_));
            journal.keep(project_.studies[0], finishedRun(runs_[0]));
        }
        {
            Journal journal(journalOf(file_));
            journal.keep(project_.studies[1], finishedRun(runsOf(other.plan, project_.wafer)[0]));
        }
        const auto recovery = recover(journalOf(file_), file_);
        QCOMPARE(recovery->finishedRuns, 2);
        QCOMPARE(recovery->project.studies[1].result.runs[0].settings.seed, std::uint64_t{99});
    }

    void damagedPartsAreLeftOut()
    {
        {
            Journal journal(journalOf(file_));
            journal.keep(project_.studies[0], finishedRun(runs_[0]));
            journal.keep(project_.studies[0], finishedRun(runs_[1]));
        }
        for (const auto& entry : fs::directory_iterator(journalOf(file_))) {
            fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
            break;
        }
        std::ofstream(journalOf(file_) / "0007-foreign.part") << "not one of ours";
        QCOMPARE(recover(journalOf(file_), file_)->finishedRuns, 1);
    }

    void failureIsToldOnce()
    {
        std::mutex mutex;
        std::vector<std::string> reasons;
        std::ofstream(journalOf(file_)) << "in the way";
        {
            Journal journal(journalOf(file_), [&](const std::string& reason) {
                const std::scoped_lock lock(mutex);
                reasons.push_back(reason);
            });
            journal.keep(project_);
            journal.flush();
            journal.flush();
            fs::remove(journalOf(file_));
            journal.flush(); // tried again
        }
        QCOMPARE(reasons.size(), std::size_t{1});
        VERIFY_CONTAINS(reasons[0], "study.faultline.journal");
        QVERIFY(recover(journalOf(file_), file_)->edits);
    }

    void lockHasOneOwner()
    {
        LockFile first(file_);
        QVERIFY(first.isHeld());
        const LockFile second(file_);
        QVERIFY(!second.isHeld());
        QCOMPARE(second.owner()->advice(file_), std::string());
        VERIFY_CONTAINS(second.owner()->words(), "(process " + std::to_string(::getpid()) + ") since 20");
        first = {};
        QVERIFY(LockFile(file_).isHeld());
        QVERIFY(!fs::exists(file_.string() + ".lock"));
    }

    void staleLockIsTakenOver_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<qlonglong>("process");
        QTest::addColumn<bool>("taken");
        const QString here = QSysInfo::machineHostName();
        QTest::newRow("ended process") << here << qlonglong{0x3FFFFFF} << true;
        QTest::newRow("its number reused") << here << qlonglong{::getpid()} << true;
        QTest::newRow("another host") << here + "-2" << qlonglong{0x3FFFFFF} << false;
    }

    void staleLockIsTakenOver()
    {
        QFETCH(const QString, host);
        QFETCH(const qlonglong, process);
        QFETCH(const bool, taken);
        const fs::path temporary = file_.string() + ".tmp-" + std::to_string(process);
        std::ofstream(temporary) << "half";
        std::ofstream(file_.string() + ".lock") << "faultline-lock\n"
                                                << host.toStdString() << "\n"
                                                << process << "\n1\nada\nnoon\n";
        const LockFile lock(file_);
        QCOMPARE(lock.isHeld(), taken);
        QCOMPARE(fs::exists(temporary), !taken); // what the dead one was writing
        if (!taken) {
            QCOMPARE(lock.owner()->user, std::string("ada"));
            VERIFY_CONTAINS(lock.owner()->advice(file_), "remove " + file_.string() + ".lock");
        }
    }

    void zombieHoldsNoLock()
    {
        const OtherProcess other(file_);
        QTRY_VERIFY(fs::exists(file_.string() + ".lock"));
        QVERIFY(!LockFile(file_).isHeld());
        other.kill();
        QVERIFY(other.isZombie());
        QVERIFY(LockFile(file_).isHeld());
    }

    void processHoldsItsLockWithoutItsFirstThread()
    {
        const OtherProcess other(file_, true);
        QTRY_VERIFY(other.isZombie() && fs::exists(file_.string() + ".lock"));
        QVERIFY(!LockFile(file_).isHeld());
        other.kill();
        QVERIFY(LockFile(file_).isHeld());
    }

    void foreignLockIsRespected()
    {
        std::ofstream(file_.string() + ".lock") << "who knows";
        const LockFile lock(file_);
        QVERIFY(!lock.isHeld());
        VERIFY_CONTAINS(lock.owner()->words(), "a host that is not known");
    }

    void lockWhereNothingCanBeWritten()
    {
        VERIFY_CONTAINS(messageOf([] { LockFile("/proc/study.faultline"); }),
                        "/proc/study.faultline: cannot lock");
    }

    void logRotates()
    {
        const fs::path name = folder_->filePath("logs/faultline.log").toStdString();
        log::open(name);
        const std::string line(1000, 'x');
        for (int k = 0; k < 8000; ++k)
            log::info(line + "\nsecond");
        log::warning("the last");
        for (const char* number : {"", ".1", ".2", ".3", ".4", ".5"})
            QVERIFY2(fs::file_size(name.string() + number) < 1'100'000, number);
        QVERIFY(!fs::exists(name.string() + ".6"));
        QFile file(QString::fromStdString(name.string()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        QVERIFY(text.endsWith(" warning: the last\n"));
        QVERIFY(text.contains("x second\n")); // one message is one line
    }
};

QTEST_GUILESS_MAIN(JournalTest)
#include "test_journal.moc"
