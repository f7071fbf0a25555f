#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "common/error.h"
#include "document/project_document.h"
#include "document/runs_model.h"
#include "ui_bench.h"

using namespace faultline;

class TestProjectDocument : public QObject
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
        RunsModel model(document);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy running(&document, &ProjectDocument::runningChanged);
        QSignalSpy progressed(&document, &ProjectDocument::progressed);
        document.startStudy(document.project().plan, 2);
        QVERIFY(document.isRunning());
        QVERIFY(document.isModified());
        QTRY_VERIFY_WITH_TIMEOUT(!document.isRunning(), 30000);
        QCOMPARE(running.size(), 2);
        QVERIFY(progressed.size() >= 1);

        const StudyResult& result = document.project().result;
        QVERIFY(result.complete);
        QCOMPARE(result.runs.size(), std::size_t{7}); // 2 standard, 3 hardware-aware, 2 statistics-aware
        QCOMPARE(document.progress().finishedRuns, 7);
        for (std::size_t k = 0; k < 7; ++k) {
            const RunState& run = document.runs()[k];
            QCOMPARE(run.phase, RunState::Phase::Finished);
            QCOMPARE(run.curve.size(), std::size_t{1});
            QCOMPARE(run.settings.name(document.project().wafer),
                     result.runs[k].settings.name(document.project().wafer));
        }
        QCOMPARE(model.rowCount(), 7);
        QCOMPARE(model.index(0, RunsModel::Phase).data().toString(), "finished");
        QCOMPARE(model.index(0, RunsModel::PerfectDie).data(Qt::EditRole).toDouble(),
                 result.runs[0].perfectDieError);
    }

    void stoppedStudyKeepsWhatIsFinished()
    {
        Project long_ = project();
        long_.plan.training.epochs = 5;
        long_.plan.statisticsAware.epochs = 100000;
        ProjectDocument document(long_);
        QSignalSpy results(&document, &ProjectDocument::resultsChanged);
        document.startStudy(long_.plan, 2);
        QTRY_VERIFY_WITH_TIMEOUT(!document.runs().back().curve.empty(), 30000);
        QElapsedTimer timer;
        timer.start();
        document.stopStudy();
        QTRY_VERIFY_WITH_TIMEOUT(!document.isRunning(), 5000);
        QVERIFY(timer.elapsed() < 1000);
        QVERIFY(!document.project().result.complete);
        QVERIFY(document.runs().back().curve.empty()); // as if it had never started
        QCOMPARE(static_cast<int>(document.project().result.runs.size()), document.progress().finishedRuns);
    }

    void epochsArriveCoalesced()
    {
        Project busy = project();
        busy.plan.modes = {TrainingMode::Standard};
        busy.plan.repeats = 1;
        busy.plan.training.epochs = 400;
        ProjectDocument document(busy);
        QSignalSpy progressed(&document, &ProjectDocument::progressed);
        QElapsedTimer timer;
        timer.start();
        document.startStudy(busy.plan, 1);
        QTRY_VERIFY_WITH_TIMEOUT(!document.isRunning(), 60000);
        QVERIFY(progressed.size() <= timer.elapsed() / 30 + 3);
        QCOMPARE(document.runs()[0].curve.size(), std::size_t{400});
    }

    void unfittingPlanChangesNothing()
    {
        ProjectDocument document(project());
        StudyPlan plan = document.project().plan;
        plan.network.layers = {16, 500, 10};
        QVERIFY_EXCEPTION_THROWN(document.startStudy(plan, 1), Error);
        QVERIFY(!document.isRunning());
        QVERIFY(!document.isModified());
        QCOMPARE(document.project().plan.network.layers[1], 5);
    }

    void missingImagesFailTheStudy()
    {
        Project lost = project();
        lost.dataset = folder_.filePath("nowhere").toStdString();
        ProjectDocument document(lost);
        QSignalSpy failed(&document, &ProjectDocument::failed);
        document.startStudy(lost.plan, 1);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(!document.isRunning());
        QVERIFY2(failed[0][0].toString().contains("nowhere"), qPrintable(failed[0][0].toString()));
    }

    void replacingTheProjectEndsItsStudy()
    {
        Project endless = project();
        endless.plan.training.epochs = 100000;
        ProjectDocument document(endless);
        document.startStudy(endless.plan, 2);
        QTRY_VERIFY(document.runs()[0].phase == RunState::Phase::Training);
        document.replaceProject(project());
        QVERIFY(!document.isRunning());
        QTest::qWait(50); // the old study's last word must not touch the new project
        QVERIFY(document.project().result.runs.empty());
        QCOMPARE(document.progress().finishedRuns, 0);
    }

    void closingWhileTrainingIsSafe()
    {
        Project endless = project();
        endless.plan.training.epochs = 100000;
        ProjectDocument document(endless);
        document.startStudy(endless.plan, 2);
    }

    void savesAndOpens()
    {
        const std::filesystem::path file = folder_.filePath("saved.faultline").toStdString();
        ProjectDocument document(project());
        document.startStudy(document.project().plan, 2);
        QTRY_VERIFY_WITH_TIMEOUT(!document.isRunning(), 30000);
        document.save(file);
        QVERIFY(!document.isModified());

        ProjectDocument other{project()};
        QSignalSpy replaced(&other, &ProjectDocument::projectReplaced);
        other.open(file);
        QCOMPARE(replaced.size(), 1);
        QCOMPARE(other.file(), file);
        QCOMPARE(other.progress().finishedRuns, 7);
        for (std::size_t k = 0; k < 7; ++k)
            QCOMPARE(other.project().result.runs[k].dieErrors, document.project().result.runs[k].dieErrors);
        QVERIFY_EXCEPTION_THROWN(other.open(folder_.filePath("none.faultline").toStdString()), Error);
        QCOMPARE(other.file(), file);
    }

private:
    Project project() const { return tinyProject(3, folder_.filePath("tiny")); }

    QTemporaryDir folder_;
};

QTEST_MAIN(TestProjectDocument)
#include "test_project_document.moc"
