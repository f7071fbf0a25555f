#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "common/error.h"
#include "document/networks.h"
#include "document/project_document.h"
#include "document/runs_model.h"
#include "document/wafer_edits.h"
#include "sample_project.h"
#include "study/evaluation.h"
#include "support/idx_files.h"
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

    void savesAndOpens()
    {
        const std::filesystem::path file = folder_.filePath("saved.faultline").toStdString();
        ProjectDocument document(project());
        train(document);
        QVERIFY(document.isModified());
        document.save(file);
        QVERIFY(!document.isModified());

        ProjectDocument other{project()};
        QSignalSpy replaced(&other, &ProjectDocument::projectReplaced);
        other.open(file);
        QCOMPARE(replaced.size(), 1);
        QCOMPARE(other.file(), file);
        QCOMPARE(other.shownStudy(), 0);
        QCOMPARE(other.queue().states()[0].phase, StudyState::Phase::Finished);
        const std::vector<Run>& before = document.study()->result.runs;
        for (std::size_t k = 0; k < 7; ++k) {
            QVERIFY(other.study()->result.runs[k].dieErrors == before[k].dieErrors);
            QCOMPARE(other.queue().states()[0].runs[k].meanDieError, before[k].meanDieError());
        }
        QVERIFY_EXCEPTION_THROWN(other.open(folder_.filePath("none.faultline").toStdString()), Error);
        QCOMPARE(other.file(), file);
    }

    void replacingTheProjectEndsItsStudies()
    {
        Project endless = project();
        endless.plan.training.epochs = 100000;
        ProjectDocument document(endless);
        document.queue().add("endless", endless.plan);
        document.queue().add("waiting", endless.plan);
        QTRY_VERIFY(document.queue().states()[0].runs[0].phase == RunState::Phase::Training);
        document.replaceProject(project());
        QVERIFY(document.queue().isIdle());
        QTest::qWait(50); // the old study's last word must not touch the new project
        QVERIFY(document.project().studies.empty());
        QCOMPARE(document.shownStudy(), -1);
        QVERIFY(!document.isModified());
    }

    void aNewStudyIsShownUnlessAnotherTrains()
    {
        Project endless = project();
        endless.plan.training.epochs = 100000;
        ProjectDocument document(endless);
        document.queue().add("first", endless.plan);
        QCOMPARE(document.shownStudy(), 0);
        document.queue().add("second", endless.plan);
        QCOMPARE(document.shownStudy(), 0);
        document.showStudy(1);
        document.removeStudy(1);
        QCOMPARE(document.shownStudy(), 0);
        document.removeStudy(0);
        QCOMPARE(document.shownStudy(), -1);
    }

    void errorsFollowTheirDies()
    {
        Project trained = project();
        {
            ProjectDocument document(trained);
            train(document);
            trained = document.project();
        }
        // Another die has come, and one has changed since.
        Die added = trained.wafer.dies[0];
        added.name = "new";
        trained.wafer.add(added);
        const std::vector<Run> before = trained.studies[0].result.runs;
        ProjectDocument document(trained);
        QSignalSpy completed(&document.evaluator(), &Evaluator::completed);
        document.evaluator().dieChanged(2);
        for (const Run& run : document.study()->result.runs)
            QVERIFY(!run.dieErrors.contains(2));
        QTRY_COMPARE_WITH_TIMEOUT(completed.size(), 1, 30000);
        for (std::size_t k = 0; k < before.size(); ++k) {
            const Run& run = document.study()->result.runs[k];
            QCOMPARE(run.dieErrors.at(2), before[k].dieErrors.at(2)); // evaluated anew, equal
            QCOMPARE(run.dieErrors.at(added.id == 3 ? 3 : trained.wafer.dies.back().id),
                     before[k].dieErrors.at(0)); // a copy of the first die
            QCOMPARE(document.queue().states()[0].runs[k].meanDieError, run.meanDieError());
        }
    }

    void anEditOfAnyDieOfAGroupDropsItsErrors()
    {
        Project several = tinyProject(5, folder_.filePath("tiny"));
        several.plan.network.layers = {16, 30, 10}; // takes two dies
        ProjectDocument document(several);
        train(document);
        const std::vector<Run> before = document.study()->result.runs;
        QCOMPARE(before.size(), std::size_t{6}); // hardware-aware on two groups, a die is left over
        QSignalSpy completed(&document.evaluator(), &Evaluator::completed);
        const auto broken = static_cast<float>(20.0 * several.wafer.device.conductance(P));
        std::vector<CellEdit> shorts;
        for (int row = 0; row < 20; ++row)
            shorts.push_back({{row, 3}, {Defect::Short, {broken, broken}}});
        drawCells(document, 3, shorts, "draw");
        for (const Run& run : document.study()->result.runs)
            QVERIFY(run.dieErrors.contains(0) && !run.dieErrors.contains(2));
        QTRY_COMPARE_WITH_TIMEOUT(completed.size(), 1, 30000);
        bool changed = false;
        for (std::size_t k = 0; k < before.size(); ++k) {
            const Run& run = document.study()->result.runs[k];
            QCOMPARE(run.dieErrors.at(0), before[k].dieErrors.at(0));
            changed = changed || run.dieErrors.at(2) != before[k].dieErrors.at(2);
        }
        QVERIFY(changed);
        drawCells(document, 4, shorts, "draw"); // the die that is left over
        QCOMPARE(completed.size(), 2);          // at once: nothing to evaluate

        document.undoStack().undo();
        document.undoStack().undo();
        QTRY_VERIFY_WITH_TIMEOUT(!document.evaluator().isBusy(), 30000);
        for (std::size_t k = 0; k < before.size(); ++k) {
            const std::map<int, double>& errors = document.study()->result.runs[k].dieErrors;
            QCOMPARE(errors.size(), before[k].dieErrors.size());
            for (const auto& [die, error] : before[k].dieErrors)
                QCOMPARE(errors.at(die), error);
        }

        // Without one of its dies a group is gone; its die's id is not given again.
        removeDies(document, {1});
        QCOMPARE(document.study()->plan.groupsOn(document.project().wafer).size(), std::size_t{1});
        duplicateDies(document, {3});
        QCOMPARE(document.project().wafer.dies.back().id, 5);
        QCOMPARE(
            QString::fromStdString(document.study()->result.runs[2].settings.name(document.project().wafer)),
            QString("hardware-aware on a removed die"));
    }

    void answersAreThoseOfTheNetwork()
    {
        ProjectDocument document(project());
        train(document);
        const Run& run = document.study()->result.runs[0];
        Evaluator::Answers answers;
        document.evaluator().answer(*document.study(), run, nullptr,
                                    [](const Evaluator::Answers&) { QFAIL("asked again"); });
        document.evaluator().answer(*document.study(), run, document.project().wafer.find(1),
                                    [&](const Evaluator::Answers& given) { answers = given; });
        QTRY_VERIFY_WITH_TIMEOUT(answers.images, 10000);
        QCOMPARE(errorPercent(answers.images->labels, answers.given), run.dieErrors.at(1));
        document.setDataset(folder_.filePath("nowhere").toStdString());
        document.evaluator().answer(*document.study(), run, nullptr,
                                    [&](const Evaluator::Answers& given) { answers = given; });
        QTRY_VERIFY_WITH_TIMEOUT(answers.failure.contains("nowhere"), 10000);
    }

    /// As on the command line: a short or an open conducts the same in the state that was not measured.
    void labelsFollowToTheAssumedState()
    {
        Project measured = project();
        Die& die = measured.wafer.dies[0];
        die.acquisition.assumed = AP;
        std::vector<CellGrid<Defect>> labels;
        for (const Die& each : measured.wafer.dies)
            labels.push_back(each.defect);
        labels[0](1, 2) = Defect::Short;
        const std::vector<CellGrid<float>> before = die.conductance;
        QVERIFY(before[AP](1, 2) != before[P](1, 2));
        ProjectDocument document(measured);
        QSignalSpy changed(&document, &ProjectDocument::dieChanged);
        setLabels(document, labels);
        const Die& labelled = document.project().wafer.dies[0];
        QCOMPARE(labelled.conductance[AP](1, 2), before[P](1, 2));
        QVERIFY((labelled.conductance[P] == before[P]).all());
        QCOMPARE(changed.size(), 1);
        document.undoStack().undo();
        QVERIFY((document.project().wafer.dies[0].conductance[AP] == before[AP]).all());
    }

    void aNetworkThatFailsBlocksNoOther()
    {
        Project trained = project();
        {
            ProjectDocument document(trained);
            train(document);
            trained = document.project();
        }
        // The first study is behind a circuit that nothing can be read through.
        const std::map<int, double> before = trained.studies[0].result.runs[1].dieErrors;
        trained.studies.insert(trained.studies.begin(), trained.studies[0]);
        Study& bad = trained.studies[0];
        bad.name = "Bad";
        bad.plan.circuit.emplace().readVoltage = -1.0;
        for (Run& run : bad.result.runs)
            run.settings.circuit = bad.plan.circuit;
        for (Study& study : trained.studies)
            for (Run& run : study.result.runs)
                run.dieErrors.clear();

        ProjectDocument document(trained);
        RunsModel runs(document);
        document.evaluator().complete();
        QTRY_VERIFY_WITH_TIMEOUT(!document.evaluator().isBusy(), 30000);
        QVERIFY(document.project().studies[1].result.runs[1].dieErrors == before);
        QVERIFY(document.project().studies[0].result.runs[1].dieErrors.empty());

        // Said where the network is named, and once for all.
        const auto networks = finishedNetworks(document.project());
        QVERIFY(document.evaluator().failure(networks[0], 1).contains("read_voltage_v"));
        QVERIFY(document.evaluator().failure(networks[7], 1).isEmpty());
        const auto onDies = [&](int row, int role) {
            return runs.index(row, RunsModel::Dies).data(role).toString();
        };
        QCOMPARE(onDies(1, Qt::DisplayRole), QString("⚠"));
        QVERIFY2(onDies(1, Qt::ToolTipRole).contains("Bad, standard 2 on D01: "),
                 qPrintable(onDies(1, Qt::ToolTipRole)));
        QVERIFY(onDies(8, Qt::ToolTipRole).isEmpty());
        QVERIFY(!onDies(8, Qt::DisplayRole).contains("⚠"));
        const QString& failure = document.evaluator().failure();
        QVERIFY2(failure.startsWith("Bad, standard 1 on D01: ") && failure.endsWith("(and 20 more)"),
                 qPrintable(failure)); // 7 networks on 3 dies
        document.removeStudy(0);
        QTRY_VERIFY_WITH_TIMEOUT(document.evaluator().failure().isEmpty(), 30000);
        document.undoStack().undo();
        QTRY_COMPARE_WITH_TIMEOUT(onDies(1, Qt::DisplayRole), QString("⚠"), 30000);
    }

    void otherImagesAreRefused()
    {
        ProjectDocument document(project());
        train(document);
        const QString others = folder_.filePath("others");
        writeTinyDataset(others);
        writeNoisyImages(others.toStdString(), "t10k", 30);
        document.setDataset(others.toStdString());
        Evaluator::Answers answers;
        document.evaluator().answer(*document.study(), document.study()->result.runs[0], nullptr,
                                    [&](const Evaluator::Answers& given) { answers = given; });
        QTRY_VERIFY_WITH_TIMEOUT(answers.failure.contains("test images: found checksum"), 10000);

        // Errors on an edited die stay unknown, until the images are back.
        const auto errors = [&] { return document.study()->result.runs[0].dieErrors; };
        const std::map<int, double> before = errors();
        document.evaluator().dieChanged(2);
        QTRY_VERIFY_WITH_TIMEOUT(!document.evaluator().isBusy(), 10000);
        QVERIFY(!errors().contains(2));
        document.setDataset(folder_.filePath("tiny").toStdString());
        QTRY_VERIFY_WITH_TIMEOUT(errors() == before, 10000);
    }

private:
    void train(ProjectDocument& document) const
    {
        document.queue().add("Study 1", document.project().plan);
        QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 30000);
    }

    Project project() const { return tinyProject(3, folder_.filePath("tiny")); }

    QTemporaryDir folder_;
};

QTEST_MAIN(TestProjectDocument)
#include "test_project_document.moc"
