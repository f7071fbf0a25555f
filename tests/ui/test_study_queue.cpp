#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "common/error.h"
#include "document/project_document.h"
#include "document/runs_model.h"
#include "document/wafer_edits.h"
#include "ui_bench.h"

using namespace faultline;
using Phase = StudyState::Phase;

class TestStudyQueue : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        writeTinyDataset(folder_.filePath("tiny"));
    }

    void studyRunsToItsEnd()
    {
        ProjectDocument document(project());
        StudyQueue& queue = document.queue();
        RunsModel model(document);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy progressed(&queue, &StudyQueue::progressed);
        QCOMPARE(queue.add("All", document.project().plan), 0);
        QVERIFY(queue.isRunning());
        QVERIFY(document.isModified());
        QTRY_VERIFY_WITH_TIMEOUT(!queue.isRunning(), 30000);
        QVERIFY(progressed.size() >= 1);

        const StudyResult& result = document.study()->result;
        QVERIFY(result.complete);
        QCOMPARE(result.runs.size(), std::size_t{7}); // 2 standard, 3 hardware-aware, 2 statistics-aware
        QVERIFY(result.statistics == trainingStatistics(document.study()->plan, document.project().wafer));
        const StudyState& state = queue.states()[0];
        QCOMPARE(state.phase, Phase::Finished);
        QCOMPARE(state.finishedRuns(), 7);
        for (std::size_t k = 0; k < 7; ++k) {
            QCOMPARE(state.runs[k].phase, RunState::Phase::Finished);
            QCOMPARE(state.runs[k].curve.size(), std::size_t{1});
            QVERIFY(state.runs[k].settings == result.runs[k].settings);
        }
        QCOMPARE(model.rowCount(), 7);
        QCOMPARE(model.index(0, RunsModel::Study).data().toString(), "All");
        QCOMPARE(model.index(0, RunsModel::Phase).data().toString(), "finished");
        QCOMPARE(model.index(0, RunsModel::PerfectDie).data(Qt::EditRole).toDouble(),
                 result.runs[0].perfectDieError);
    }

    void oneAfterTheOther()
    {
        ProjectDocument document(project());
        StudyQueue& queue = document.queue();
        for (const char* name : {"first", "second", "third"})
            queue.add(name, document.project().plan);
        QCOMPARE(phases(queue), QList({Phase::Running, Phase::Queued, Phase::Queued}));
        queue.move(2, 1);
        QCOMPARE(document.project().studies[1].name, std::string("third"));
        QStringList finished;
        connect(&queue, &StudyQueue::studiesChanged, this, [&] {
            for (const Study& study : document.project().studies)
                if (study.result.complete && !finished.contains(QString::fromStdString(study.name)))
                    finished.append(QString::fromStdString(study.name));
        });
        QTRY_VERIFY_WITH_TIMEOUT(queue.isIdle(), 60000);
        QCOMPARE(finished, QStringList({"first", "third", "second"}));
        disconnect(&queue, nullptr, this, nullptr);
    }

    void reorderingKeepsWhatRuns()
    {
        ProjectDocument document(endless());
        StudyQueue& queue = document.queue();
        for (const char* name : {"runs", "a", "b"})
            queue.add(name, document.project().plan);
        const auto running = [&] {
            return document.project().studies[static_cast<std::size_t>(*queue.running())].name;
        };
        for (const auto& [from, to] : {std::pair{0, 2}, {1, 0}, {2, 1}, {0, 2}, {1, 0}, {0, 1}}) {
            queue.move(from, to);
            QCOMPARE(running(), std::string("runs"));
            QCOMPARE(queue.states()[static_cast<std::size_t>(*queue.running())].phase, Phase::Running);
        }
        const int before = *queue.running() == 0 ? 1 : 0;
        const Study taken = queue.take(before);
        QCOMPARE(running(), std::string("runs"));
        queue.insert(0, taken);
        QCOMPARE(running(), std::string("runs"));
        QCOMPARE(queue.states()[0].phase, Phase::Stopped);
        queue.take(*queue.running());
        QCOMPARE(document.project().studies.size(), std::size_t{2});
    }

    void pausedStudyHoldsAndGoesOn()
    {
        ProjectDocument document(endless());
        StudyQueue& queue = document.queue();
        queue.add("endless", document.project().plan);
        QTRY_VERIFY_WITH_TIMEOUT(epochs(queue) >= 3, 30000);
        queue.pause(0);
        QCOMPARE(queue.states()[0].phase, Phase::Paused);
        QTest::qWait(150); // epochs that were under way
        const std::size_t held = epochs(queue);
        QTest::qWait(200);
        QCOMPARE(epochs(queue), held);
        queue.resume(0);
        QTRY_VERIFY_WITH_TIMEOUT(epochs(queue) > held + 2, 30000);
        queue.pause(0);
        queue.stop(0); // while it is paused
        QTRY_VERIFY_WITH_TIMEOUT(!queue.isRunning(), 5000);
    }

    void stoppedStudyGoesOnToTheSameNumbers()
    {
        Project whole = project();
        whole.plan.training.epochs = whole.plan.statisticsAware.epochs = 400;
        ProjectDocument reference(whole);
        reference.queue().add("whole", whole.plan);

        ProjectDocument document(whole);
        StudyQueue& queue = document.queue();
        queue.add("parts", whole.plan);
        QTRY_VERIFY_WITH_TIMEOUT(queue.states()[0].finishedRuns() >= 1, 30000);
        QElapsedTimer timer;
        timer.start();
        queue.stop(0);
        QTRY_VERIFY_WITH_TIMEOUT(!queue.isRunning(), 5000);
        QVERIFY(timer.elapsed() < 1000);
        QCOMPARE(queue.states()[0].phase, Phase::Stopped);
        const int kept = queue.states()[0].finishedRuns();
        QCOMPARE(static_cast<int>(document.study()->result.runs.size()), kept);
        QVERIFY(kept < 7);
        queue.resume(0);
        QTRY_VERIFY_WITH_TIMEOUT(queue.isIdle() && reference.queue().isIdle(), 60000);
        QVERIFY(document.study()->result.complete);
        for (std::size_t k = 0; k < 7; ++k) {
            const Run &a = document.study()->result.runs[k], &b = reference.study()->result.runs[k];
            QVERIFY(a.settings == b.settings && a.dieErrors == b.dieErrors);
            QVERIFY(a.network.layers[0].latent == b.network.layers[0].latent);
        }
    }

    void epochsArriveCoalesced()
    {
        Project busy = project();
        busy.plan.modes = {TrainingMode::Standard};
        busy.plan.repeats = 1;
        busy.plan.training.epochs = 400;
        ProjectDocument document(busy);
        QSignalSpy progressed(&document.queue(), &StudyQueue::progressed);
        QElapsedTimer timer;
        timer.start();
        document.queue().setThreads(1);
        document.queue().add("busy", busy.plan);
        QTRY_VERIFY_WITH_TIMEOUT(!document.queue().isRunning(), 60000);
        QVERIFY(progressed.size() <= timer.elapsed() / 30 + 3);
        QCOMPARE(document.queue().states()[0].runs[0].curve.size(), std::size_t{400});
    }

    void unfittingPlanChangesNothing()
    {
        ProjectDocument document(project());
        StudyPlan plan = document.project().plan;
        plan.network.layers = {16, 500, 10};
        QVERIFY_EXCEPTION_THROWN(document.queue().add("too large", plan), Error);
        QVERIFY(document.queue().isIdle());
        QVERIFY(!document.isModified());
        QVERIFY(document.project().studies.empty());
    }

    void missingImagesFailTheStudy()
    {
        Project lost = project();
        lost.dataset = folder_.filePath("nowhere").toStdString();
        ProjectDocument document(lost);
        QSignalSpy failed(&document.queue(), &StudyQueue::failed);
        document.queue().add("lost", lost.plan);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(!document.queue().isRunning());
        QCOMPARE(document.queue().states()[0].phase, Phase::Failed);
        QVERIFY2(failed[0][0].toString().contains("nowhere"), qPrintable(failed[0][0].toString()));
        QCOMPARE(document.queue().states()[0].failure, failed[0][0].toString());
        document.setDataset(folder_.filePath("tiny").toStdString());
        document.queue().resume(0);
        QTRY_COMPARE_WITH_TIMEOUT(document.queue().states()[0].phase, Phase::Finished, 30000);
    }

    void aStudyKeepsTheDiesItBeganWith()
    {
        Project some = project();
        some.wafer.dies[1].included = false;
        ProjectDocument document(some);
        document.queue().add("two", some.plan);
        QCOMPARE(document.study()->plan.dies, (std::vector{0, 2}));
        QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 30000);
    }

    /// As the command line leaves one that was stopped: its plan means all dies that are included.
    void diesThatComeLeaveAnUnfinishedStudyItsRuns()
    {
        Project unfinished = project();
        unfinished.wafer.dies[2].included = false;
        unfinished.studies.push_back({"stopped", unfinished.plan, {}});
        ProjectDocument document(unfinished);
        const StudyQueue& queue = document.queue();
        QCOMPARE(queue.states()[0].runs.size(), std::size_t{6});
        duplicateDies(document, {0, 1});
        const std::vector<int> third{2};
        setIncluded(document, third, true);
        document.queue().resume(0);
        QCOMPARE(queue.states()[0].runs.size(), std::size_t{6});
        QTRY_VERIFY_WITH_TIMEOUT(queue.isIdle(), 30000);
        QCOMPARE(queue.states()[0].phase, Phase::Finished);
        QVERIFY(document.study()->plan.dies == std::vector({0, 1}));
        QCOMPARE(document.study()->result.runs.size(), std::size_t{6});
        for (std::size_t k = 0; k < 6; ++k)
            QVERIFY(queue.states()[0].runs[k].settings == document.study()->result.runs[k].settings);
    }

    void aDieRemovedWhileItTrainsComesBack()
    {
        ProjectDocument document(endless());
        StudyQueue& queue = document.queue();
        queue.add("endless", document.project().plan);
        QTRY_VERIFY_WITH_TIMEOUT(epochs(queue) > 0, 30000);
        removeDies(document, {1});
        queue.stop(0);
        QTRY_VERIFY_WITH_TIMEOUT(!queue.isRunning(), 5000);
        QCOMPARE(queue.states()[0].runs.size(), std::size_t{6});
        queue.resume(0); // its plan names the die
        QTRY_COMPARE_WITH_TIMEOUT(queue.states()[0].phase, Phase::Failed, 30000);
        QVERIFY(queue.states()[0].failure.contains("not on the wafer"));
        document.undoStack().undo();
        const std::size_t before = epochs(queue);
        queue.resume(0);
        QCOMPARE(queue.states()[0].runs.size(), std::size_t{7});
        QTRY_VERIFY_WITH_TIMEOUT(epochs(queue) > before + 2, 30000);
        removeDies(document, {0, 2}); // meanwhile, and back
        duplicateDies(document, {0});
        document.undoStack().undo();
        document.undoStack().undo();
        queue.stop(0);
        QTRY_VERIFY_WITH_TIMEOUT(!queue.isRunning(), 5000);
        QCOMPARE(queue.states()[0].runs.size(), std::size_t{7});
    }

    void aStoppedStudyShowsHowFarItIs()
    {
        ProjectDocument document(endless());
        StudyQueue& queue = document.queue();
        queue.add("endless", document.project().plan);
        QTRY_VERIFY_WITH_TIMEOUT(epochs(queue) > 20, 30000);
        queue.stop(0);
        QTRY_VERIFY_WITH_TIMEOUT(!queue.isRunning(), 5000);
        std::size_t trained = 0;
        for (const RunCheckpoint& begun : document.study()->result.begun)
            trained += begun.curve.size();
        QVERIFY(!document.study()->result.begun.empty());
        QCOMPARE(epochs(queue), trained);
        QCOMPARE(queue.states()[0].fraction, static_cast<double>(trained) / (5 * 100000 + 2));

        ProjectDocument reopened(document.project());
        QCOMPARE(epochs(reopened.queue()), trained);
        QCOMPARE(reopened.queue().states()[0].fraction, queue.states()[0].fraction);
        reopened.queue().resume(0);
        QCOMPARE(reopened.queue().states()[0].fraction, queue.states()[0].fraction); // from there on
    }

    void errorsOfADieThatChangedMeanwhileAreDropped()
    {
        Project some = project();
        some.plan.modes = {TrainingMode::Standard};
        ProjectDocument document(some);
        // The study takes the dies as they are; no event that brings its results is handled before the next
        // line.
        document.queue().add("some", some.plan);
        document.queue().dropErrors(1);
        int ends = 0;
        bool stale = false;
        connect(&document.queue(), &StudyQueue::resultsChanged, this, [&] {
            ends += document.queue().isRunning() ? 0 : 1;
            if (ends <= 1) // later the evaluator fills in the errors on the die as it is
                for (const Run& run : document.study()->result.runs)
                    stale = stale || run.dieErrors.contains(1);
        });
        QTRY_VERIFY_WITH_TIMEOUT(ends > 0, 60000);
        disconnect(&document.queue(), nullptr, this, nullptr);
        QVERIFY(!stale);
        QVERIFY(!document.study()->result.runs.empty());
    }

    void closingWhileTrainingIsSafe()
    {
        for (const bool paused : {false, true}) {
            ProjectDocument document(endless());
            document.queue().add("endless", document.project().plan);
            document.queue().add("waiting", document.project().plan);
            if (paused) {
                QTRY_VERIFY_WITH_TIMEOUT(epochs(document.queue()) > 0, 30000);
                document.queue().pause(0);
                QTest::qWait(100);
            }
        }
    }

private:
    static QList<Phase> phases(const StudyQueue& queue)
    {
        QList<Phase> phases;
        for (const StudyState& state : queue.states())
            phases.append(state.phase);
        return phases;
    }

    /// Finished epochs of all runs of the first study.
    static std::size_t epochs(const StudyQueue& queue)
    {
        std::size_t epochs = 0;
        for (const RunState& run : queue.states()[0].runs)
            epochs += run.curve.size();
        return epochs;
    }

    Project project() const { return tinyProject(3, folder_.filePath("tiny")); }

    Project endless() const
    {
        Project endless = project();
        endless.plan.training.epochs = 100000;
        return endless;
    }

    QTemporaryDir folder_;
};

QTEST_MAIN(TestStudyQueue)
#include "test_study_queue.moc"
