#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include "document/project_document.h"
#include "document/wafer_edits.h"
#include "figures/comparison.h"
#include "learning/propagation.h"
#include "pages/runs_panel.h"
#include "pages/statistics_dialog.h"
#include "pages/study_form.h"
#include "pages/train_page.h"
#include "sample_project.h"
#include "study/evaluation.h"
#include "study/plan_file.h"
#include "support/described_options.h"
#include "ui_bench.h"
#include "views/figure_menu.h"
#include "views/figure_view.h"
#include "views/image_grid.h"
#include "views/live_chart.h"

using namespace faultline;
using Phase = StudyState::Phase;

class TestTrainPage : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        QStandardPaths::setTestModeEnabled(true);
        prepareApplication(folder_.path());
        writeTinyDataset(folder_.filePath("tiny"));
    }

    void init() { open(tinyProject(3, folder_.filePath("tiny"))); }

    void cleanup()
    {
        page_.reset();
        document_.reset();
    }

    void studyThroughItsButtons()
    {
        auto* run = child<QPushButton>("runStudyButton");
        QVERIFY(run->isEnabled());
        QVERIFY(!child<QToolButton>("stopStudy")->isEnabled());
        QCOMPARE(child<LiveChart>("lossChart")->curves(), 0);
        QTest::mouseClick(run, Qt::LeftButton);
        QVERIFY(document_->queue().isRunning());
        QVERIFY(child<QToolButton>("stopStudy")->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 30000);
        auto* studies = child<QTableWidget>("studiesTable");
        QCOMPARE(studies->rowCount(), 1);
        QCOMPARE(studies->item(0, 0)->text(), "Study 1");
        QCOMPARE(studies->item(0, 1)->text(), "finished");
        QCOMPARE(studies->item(0, 3)->text(), "7 of 7");
        QCOMPARE(child<QProgressBar>("studyProgress0")->value(), 1000);
        QCOMPARE(child<LiveChart>("lossChart")->curves(), 7);
        QCOMPARE(child<LiveChart>("errorChart")->curves(), 7);
        QCOMPARE(child<QTableView>("runsTable")->model()->rowCount(), 7);
        QCOMPARE(child<QLineEdit>("studyName")->text(), "Study 2");
    }

    void studiesBehindTheCircuit()
    {
        CircuitOptions wired;
        wired.wires.columnSegment = wired.wires.rowSegment = 30.0;
        document_->setCircuit(wired);
        auto* through = child<QCheckBox>("throughCircuit");
        QVERIFY(!through->isChecked());
        QTest::mouseClick(through, Qt::LeftButton, {}, {8, through->height() / 2});
        QVERIFY(document_->project().plan.circuit == wired);
        document_->undoStack().undo();
        QVERIFY(!through->isChecked());
        document_->undoStack().redo();
        QVERIFY(through->isChecked());
        wired.series = 200.0; // the plan's circuit is the project's
        document_->setCircuit(wired);
        QVERIFY(document_->project().plan.circuit == wired);
        document_->undoStack().undo();
        QCOMPARE(document_->project().plan.circuit->series, 0.0);
        document_->undoStack().redo();

        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 60000);
        const Run run = document_->project().studies[0].result.runs[0];
        QVERIFY(run.settings.circuit == wired);
        // An edit of a die has its error evaluated anew, behind the same circuit.
        const double before = run.dieErrors.at(1);
        document_->evaluator().dieChanged(1);
        QTRY_VERIFY_WITH_TIMEOUT(!document_->evaluator().isBusy(), 60000);
        QCOMPARE(document_->project().studies[0].result.runs[0].dieErrors.at(1), before);

        // Settings of a study bring their circuit along.
        StudyPlan other = document_->project().plan;
        other.circuit->readVoltage = 0.1;
        document_->setPlan(other);
        QCOMPARE(document_->project().circuit.readVoltage, 0.1);
        document_->undoStack().undo();
        QCOMPARE(document_->project().circuit.readVoltage, 0.2);
    }

    void queueTwoAndStopOne()
    {
        child<QSpinBox>("epochs")->setValue(100000);
        child<QLineEdit>("studyName")->setText("long");
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        child<QSpinBox>("epochs")->setValue(1);
        child<QLineEdit>("studyName")->setText("short");
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        auto* studies = child<QTableWidget>("studiesTable");
        QCOMPARE(studies->item(0, 1)->text(), "training");
        QCOMPARE(studies->item(1, 1)->text(), "waiting");
        QTRY_VERIFY_WITH_TIMEOUT(child<LiveChart>("lossChart")->curves() > 0, 30000);
        QVERIFY(child<QLabel>("studyStatus")->text().contains("images per second"));

        QTest::mouseClick(child<QToolButton>("pauseStudy"), Qt::LeftButton);
        QCOMPARE(studies->item(0, 1)->text(), "paused");
        QCOMPARE(child<QToolButton>("pauseStudy")->text(), "Resume");
        QTest::mouseClick(child<QToolButton>("pauseStudy"), Qt::LeftButton);
        QCOMPARE(studies->item(0, 1)->text(), "training");
        QTest::mouseClick(child<QToolButton>("stopStudy"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 30000);
        QCOMPARE(studies->item(0, 1)->text(), "stopped");
        QCOMPARE(studies->item(1, 1)->text(), "finished");

        // Reorder, rename, remove.
        QTest::mouseClick(child<QToolButton>("studyDown"), Qt::LeftButton);
        QCOMPARE(studies->item(1, 0)->text(), "long");
        studies->item(1, 0)->setText("renamed");
        QCOMPARE(document_->project().studies[1].name, std::string("renamed"));
        QTest::mouseClick(child<QToolButton>("removeStudy"), Qt::LeftButton);
        QCOMPARE(document_->project().studies.size(), std::size_t{1});
        QCOMPARE(document_->project().studies[0].name, std::string("short"));
        document_->undoStack().undo();
        QCOMPARE(document_->project().studies[1].name, std::string("renamed"));
        document_->undoStack().undo();
        QCOMPARE(document_->project().studies[1].name, std::string("long"));
        document_->undoStack().undo();
        QCOMPARE(document_->project().studies[0].name, std::string("long"));
        for (int step = 0; step < 3; ++step)
            document_->undoStack().redo();
        QCOMPARE(document_->project().studies.size(), std::size_t{1});
    }

    void settingsMakeThePlan()
    {
        child<QLineEdit>("hiddenNeurons")->setText("6, 7");
        child<QSpinBox>("repeats")->setValue(1);
        child<QLineEdit>("seed")->setText("9007199254740993");
        child<QSpinBox>("statisticsEpochs")->setValue(2);
        child<QComboBox>("activation")->setCurrentText("sign");
        child<QLineEdit>("dies")->setText("D02..D03");
        QTest::mouseClick(child<QCheckBox>("mode-standard"), Qt::LeftButton, {}, {10, 10});
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 30000);
        const StudyPlan& plan = document_->study()->plan;
        QCOMPARE(plan.network.layers, std::vector<int>({16, 6, 7, 10}));
        QCOMPARE(plan.network.hidden, Activation::Sign);
        QCOMPARE(plan.seed, std::uint64_t{9007199254740993U});
        QCOMPARE(plan.statisticsAware.epochs, 2);
        QCOMPARE(plan.modes, std::vector({TrainingMode::HardwareAware, TrainingMode::StatisticsAware}));
        QCOMPARE(plan.dies, (std::vector{1, 2}));
        QCOMPARE(document_->study()->result.runs.size(), std::size_t{3});

        child<QLineEdit>("hiddenNeurons")->setText("5");
        QTest::mouseClick(child<QToolButton>("studySettings"), Qt::LeftButton);
        QCOMPARE(child<QLineEdit>("hiddenNeurons")->text(), "6, 7");
        QCOMPARE(child<QLineEdit>("dies")->text(), "D02, D03");
    }

    void settingsCanBeUndone()
    {
        const StudyPlan before = document_->project().plan;
        auto* hidden = child<QLineEdit>("hiddenNeurons");
        const QString shown = hidden->text();
        hidden->selectAll();
        QTest::keyClicks(hidden, "7, 5"); // on the way "7, " is no different from "7"
        QCOMPARE(hidden->text(), "7, 5");
        QCOMPARE(document_->project().plan.network.layers, std::vector<int>({16, 7, 5, 10}));
        QVERIFY(document_->isModified());
        QCOMPARE(document_->undoStack().count(), 1); // typed in one go
        QCOMPARE(document_->undoStack().undoText(), "change settings");
        document_->undoStack().undo();
        QVERIFY(document_->project().plan == before);
        QCOMPARE(hidden->text(), shown);
        QVERIFY(!document_->isModified());
        document_->undoStack().redo();
        QCOMPARE(hidden->text(), "7, 5");

        hidden->setText("none"); // is refused, and so no plan
        QCOMPARE(document_->undoStack().count(), 1);
        document_->undoStack().undo();
        QCOMPARE(hidden->text(), shown);
    }

    void wrongSettingsAreRefusedInPlace_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("reason");
        QTest::newRow("too many") << "hiddenNeurons"
                                  << "5000"
                                  << "does not fit";
        QTest::newRow("negative") << "hiddenNeurons"
                                  << "5, -3"
                                  << "-3";
        QTest::newRow("words") << "hiddenNeurons"
                               << "many"
                               << "0";
        QTest::newRow("no such die") << "dies"
                                     << "D02, D77"
                                     << "no die \"D77\"";
        QTest::newRow("backwards") << "dies"
                                   << "D03..D01"
                                   << "ends before it starts";
    }

    void wrongSettingsAreRefusedInPlace()
    {
        QFETCH(QString, field);
        QFETCH(QString, text);
        QFETCH(QString, reason);
        auto* problem = child<QLabel>("planProblem");
        QVERIFY(!problem->isVisible());
        const QString before = child<QLineEdit>(field)->text();
        child<QLineEdit>(field)->setText(text);
        QVERIFY(!child<QPushButton>("runStudyButton")->isEnabled());
        QVERIFY(problem->isVisible());
        QVERIFY2(problem->text().contains(reason), qPrintable(problem->text()));
        child<QLineEdit>(field)->setText(before);
        QVERIFY(child<QPushButton>("runStudyButton")->isEnabled());
        QVERIFY(child<QLabel>("networkFit")->text().contains("of the 800 junctions"));
    }

    void theFieldThatIsWrongIsMarked_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("reason");
        QTest::newRow("epochs") << "epochs"
                                << "0"
                                << "epochs";
        QTest::newRow("too many epochs") << "statisticsEpochs"
                                         << "200000"
                                         << "100000";
        QTest::newRow("batch") << "batch"
                               << "0"
                               << "batch";
        QTest::newRow("rate") << "learningRate"
                              << "3"
                              << "Learning rate";
        QTest::newRow("repeats") << "repeats"
                                 << "5000"
                                 << "1 to 1000";
        QTest::newRow("side") << "imageSide"
                              << "999999"
                              << "1 to 256 pixels";
        QTest::newRow("hidden") << "hiddenNeurons"
                                << "5000"
                                << "does not fit";
        QTest::newRow("large images") << "imageSide"
                                      << "99"
                                      << "does not fit";
        QTest::newRow("seed") << "seed"
                              << ""
                              << "whole number";
        QTest::newRow("dies") << "dies"
                              << "D77"
                              << "D77";
    }

    void theFieldThatIsWrongIsMarked()
    {
        QFETCH(QString, field);
        QFETCH(QString, typed);
        QFETCH(QString, reason);
        auto* widget = child<QWidget>(field);
        auto* line = qobject_cast<QLineEdit*>(widget);
        if (!line)
            line = widget->findChild<QLineEdit*>();
        const QColor plain = widget->palette().color(QPalette::Base);
        const QString before = line->text();
        widget->setFocus();
        line->selectAll();
        QTest::keyClick(line, Qt::Key_Delete);
        QTest::keyClicks(line, typed);
        QTest::keyClick(line, Qt::Key_Return);
        auto* problem = child<QLabel>("planProblem");
        QVERIFY(problem->isVisible());
        QVERIFY2(problem->text().contains(reason), qPrintable(problem->text()));
        QVERIFY(!child<QPushButton>("runStudyButton")->isEnabled());
        QVERIFY(widget->palette().color(QPalette::Base) != plain);
        QCOMPARE(problem->text(), "⚠ " + widget->accessibleDescription());
        line->setText(before);
        QTest::keyClick(line, Qt::Key_Return);
        QVERIFY2(!problem->isVisible(), qPrintable(problem->text()));
        QCOMPARE(widget->palette().color(QPalette::Base), plain);
    }

    /// By their keys, under Expert where few people change them.
    void everyTrainingOptionIsInTheForm()
    {
        auto* expert = child<QToolButton>("expert");
        const auto check = [&](const char* section, TrainingOptions StudyPlan::*part) {
            StudyPlan wanted = document_->project().plan;
            const TrainingOptions others = allOthers(wanted.*part);
            describe(others, [&](const char* key, const auto& value, const Says& says) {
                if (!says.isExpert) {
                    const std::array own{"epochs", "batch", "learning_rate"}; // with names of their own
                    QVERIFY2(std::ranges::find(own, std::string_view(key)) != own.end(), key);
                    return;
                }
                auto* field = child<QWidget>(QString("%1.%2").arg(section, key));
                QVERIFY2(field && field->isVisible() == expert->isChecked(), key);
                const QString text = QString::fromStdString(optionText(value));
                if (auto* box = qobject_cast<QSpinBox*>(field))
                    box->setValue(text.toInt());
                else
                    qobject_cast<QLineEdit*>(field)->setText(text);
                describePair(wanted.*part, others, key, [](auto& to, const auto& from) { to = from; });
            });
            QVERIFY(document_->project().plan == wanted);
        };
        check("training", &StudyPlan::training);
        QTest::mouseClick(expert, Qt::LeftButton);
        QVERIFY(expert->isChecked());
        check("statistics_aware_training", &StudyPlan::statisticsAware);
        child<QLineEdit>("training.loss_bound")->setText("2");
        auto* problem = child<QLabel>("planProblem");
        QVERIFY2(
            problem->text().contains("training: Bound of the loss (loss_bound) is 2, must be from 0 to 1"),
            qPrintable(problem->text()));
        QCOMPARE(problem->text(), "⚠ " + child<QLineEdit>("training.loss_bound")->accessibleDescription());
        QTest::mouseClick(expert, Qt::LeftButton);
        child<QLineEdit>("training.loss_bound")->setText("much"); // what is wrong is shown
        QVERIFY(expert->isChecked() && problem->text().contains("is \"much\", must be a number"));
        child<QLineEdit>("training.loss_bound")->setText("0,5");
        QCOMPARE(document_->project().plan.training.lossBound, 0.5);
        QVERIFY2(!problem->isVisible(), qPrintable(problem->text()));
    }

    void fieldsStayWhereTheyAre()
    {
        const auto places = [this] {
            QApplication::processEvents();
            QList<QPoint> found;
            for (const auto* widget : page_->findChild<StudyForm*>()->findChildren<QWidget*>())
                if (widget->focusPolicy() != Qt::NoFocus && !widget->objectName().startsWith("qt_"))
                    found.append(widget->mapTo(page_.get(), QPoint(0, 0)));
            found.append(child<QPushButton>("runStudyButton")->mapTo(page_.get(), QPoint(0, 0)));
            return found;
        };
        const QList<QPoint> before = places();
        QVERIFY(before.size() > 15);
        auto* hidden = child<QLineEdit>("hiddenNeurons");
        // A long message, one long enough to scroll, and a network on several dies with others left over.
        for (const QString& text : {QString("5000"), QString("9999 ").repeated(40), QString("30")}) {
            hidden->setText(text);
            QCOMPARE(places(), before);
        }
    }

    void startFollowsTheDies()
    {
        document_->setPlan([this] {
            StudyPlan plan = document_->project().plan;
            plan.network.layers = {16, 20, 10}; // a die of 800 junctions cannot hold it, one of 2 000 can
            return plan;
        }());
        auto* run = child<QPushButton>("runStudyButton");
        auto* problem = child<QLabel>("planProblem");
        QVERIFY(run->isEnabled());
        replaceWafer(*document_, sampleWafer(1, {20, 40, 10, 10}));
        QVERIFY(!run->isEnabled());
        QVERIFY2(problem->text().contains("does not fit"), qPrintable(problem->text()));
        QVERIFY(problem->isVisible());
        QSignalSpy failed(page_.get(), &TrainPage::failed);
        page_->start(); // as the Statistics page does
        QCOMPARE(failed.size(), 1);
        QVERIFY(failed[0][0].toString().contains("does not fit"));
        QVERIFY(document_->project().studies.empty());
        replaceWafer(*document_, sampleWafer(1, {40, 50, 10, 10}));
        QVERIFY(run->isEnabled());
        QVERIFY(child<QLabel>("networkFit")->text().contains("of the 2,000 junctions"));

        // Dies by name: the field follows a die's, and what is typed stays.
        auto* dies = child<QLineEdit>("dies");
        dies->setText("D01");
        renameDie(*document_, 0, "left");
        QCOMPARE(dies->text(), "left");
        QVERIFY(run->isEnabled());
        dies->setText("right");
        QVERIFY(!run->isEnabled());
        renameDie(*document_, 0, "right");
        QCOMPARE(dies->text(), "right");
        QVERIFY(run->isEnabled());
        Project other = document_->project(); // with the same settings for smaller dies
        other.plan.dies.clear();
        document_->replaceProject(other);
        other.wafer = sampleWafer(1, {20, 40, 10, 10});
        document_->replaceProject(other);
        QVERIFY(!run->isEnabled());
    }

    void coloursFollowThePalette()
    {
        auto* run = child<QPushButton>("runStudyButton");
        auto* hidden = child<QLineEdit>("hiddenNeurons");
        const auto lightness = [](QWidget* widget) {
            const QImage picture = widget->grab().toImage();
            return picture.pixelColor(6, picture.height() / 2).lightness();
        };
        QApplication::setPalette(paletteOf(Appearance::Dark));
        hidden->setText("5000");
        QVERIFY(!run->isEnabled());
        QTRY_VERIFY(lightness(run) < 100);
        QApplication::setPalette(paletteOf(Appearance::Light));
        QTRY_VERIFY(lightness(run) > 200);
        QVERIFY(hidden->palette().color(QPalette::Base).lightness() > 200);
    }

    void imagesAreCheckedWhenChosen()
    {
        document_->setDataset(folder_.filePath("nowhere").toStdString());
        auto* problem = child<QLabel>("planProblem");
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible() && problem->text().contains("nowhere"), 10000);
        QVERIFY(!child<QPushButton>("runStudyButton")->isEnabled());
        document_->undoStack().undo();
        QTRY_VERIFY_WITH_TIMEOUT(!problem->isVisible(), 10000);
        QVERIFY(child<QPushButton>("runStudyButton")->isEnabled());
    }

    void failedStudySaysWhyInItsPanel()
    {
        QSignalSpy failed(&document_->queue(), &StudyQueue::failed);
        document_->setDataset(folder_.filePath("nowhere").toStdString());
        document_->queue().add("lost", document_->project().plan);
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, 10000);
        auto* reason = child<QLabel>("studyFailure");
        QVERIFY(reason->isVisible());
        QVERIFY2(reason->text().contains("nowhere"), qPrintable(reason->text()));
    }

    void ctrlReturnStarts()
    {
        page_->activateWindow(); // shortcuts are for the active one
        QVERIFY(QTest::qWaitForWindowActive(page_.get()));
        child<QLineEdit>("studyName")->setFocus();
        QTest::keyClick(child<QLineEdit>("studyName"), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(document_->project().studies.size(), std::size_t{1}); // the button goes down first
    }

    void tellsHowManyDiesANetworkTakes()
    {
        const auto statement = [this](const QString& neurons) {
            child<QLineEdit>("hiddenNeurons")->setText(neurons);
            return child<QLabel>("networkFit")->text();
        };
        const QString before = child<QLineEdit>("hiddenNeurons")->text();
        QVERIFY(statement("30").startsWith("Needs 1,560 junctions: 2 dies of 800 side by side."));
        QVERIFY(statement("30").contains("Networks on the 3 dies: 1. Left over, too few for another: D03."));
        QVERIFY(child<QPushButton>("runStudyButton")->isEnabled());
        QVERIFY(statement("100").contains("Networks on the 3 dies: 0."));
        QVERIFY(!child<QPushButton>("runStudyButton")->isEnabled());
        QVERIFY(!statement(before).contains("side by side"));
    }

    void statisticsCanBeTyped()
    {
        QTimer::singleShot(0, this, [this] {
            auto* dialog = page_->findChild<StatisticsDialog*>("statisticsDialog");
            QVERIFY(dialog);
            auto* shorts = dialog->findChild<QDoubleSpinBox*>("rate-short");
            const DefectStatistics fitted =
                trainingStatistics(document_->project().plan, document_->project().wafer);
            QVERIFY(std::abs(shorts->value() - 100.0 * fitted.rate(Defect::Short).rate) < 1e-4);
            shorts->setValue(12.5);
            dialog->accept();
        });
        auto* source = child<QComboBox>("statisticsSource");
        source->setFocus();
        QTest::keyClick(source, Qt::Key_Down);
        if (!page_->findChild<QPushButton*>("editStatistics")->isEnabled())
            emit source->activated(1);
        QCOMPARE(source->currentIndex(), 1);
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        QCOMPARE(document_->study()->plan.statistics->rate(Defect::Short).rate, 0.125);
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 30000);
        QCOMPARE(document_->study()->result.statistics.rate(Defect::Short).rate, 0.125);
    }

    void presetsAreKept()
    {
        const QDir presets(QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) + "/presets");
        QDir(presets).removeRecursively();
        StudyPlan plan = document_->project().plan;
        plan.repeats = 7;
        plan.network.hidden = Activation::Relu;
        QVERIFY(QDir().mkpath(presets.path()));
        writePlan(plan, presets.filePath("seven.json").toStdString());
        auto* button = child<QToolButton>("presets");
        emit button->menu()->aboutToShow();
        QStringList names;
        for (QAction* action : button->menu()->actions())
            names.append(action->text());
        QCOMPARE(names, QStringList({"Defaults", "seven", "", "Save as preset…", "Delete preset"}));
        button->menu()->actions()[1]->trigger();
        QCOMPARE(child<QSpinBox>("repeats")->value(), 7);
        QCOMPARE(child<QComboBox>("activation")->currentText(), "relu");

        QTimer::singleShot(0, this, [] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            dialog->findChild<QLineEdit*>()->setText("mine");
            dialog->accept();
        });
        button->menu()->actions()[3]->trigger();
        QCOMPARE(readPlan(presets.filePath("mine.json").toStdString()).repeats, 7);

        // Neither is one replaced nor deleted unasked.
        bool may = false;
        page_->mayReplace = [&](const QString&) { return may; };
        const auto deleteMine = [&] {
            emit button->menu()->aboutToShow();
            button->menu()->actions().back()->menu()->actions().front()->trigger();
        };
        deleteMine();
        QVERIFY(QFile::exists(presets.filePath("mine.json")));
        may = true;
        deleteMine();
        QVERIFY(!QFile::exists(presets.filePath("mine.json")));
        QDir(presets).removeRecursively();
    }

    void runsSortFilterCompareAndTrainAgain()
    {
        train();
        auto* table = child<QTableView>("runsTable");
        table->sortByColumn(RunsModel::PerfectDie, Qt::DescendingOrder);
        double before = 1e9;
        for (int row = 0; row < 7; ++row) {
            const double error =
                table->model()->index(row, RunsModel::PerfectDie).data(Qt::EditRole).toDouble();
            QVERIFY(error <= before);
            before = error;
        }
        child<QLineEdit>("runsFilter")->setText("aware d0");
        QCOMPARE(table->model()->rowCount(), 3);
        QVERIFY(!child<QPushButton>("retrain")->isEnabled());
        table->sortByColumn(RunsModel::Name, Qt::AscendingOrder);
        table->selectRow(1);
        QTest::mouseClick(child<QPushButton>("retrain"), Qt::LeftButton);
        QCOMPARE(child<QLineEdit>("dies")->text(), "D02");
        QVERIFY(!child<QCheckBox>("mode-standard")->isChecked());
        QVERIFY(child<QCheckBox>("mode-hardware-aware")->isChecked());

        std::unique_ptr<QWidget> comparison(settingsComparison(*document_, {{0, 0}, {0, 2}}));
        auto* settings = qobject_cast<QTableWidget*>(comparison.get());
        QCOMPARE(settings->item(0, 1)->text(), "standard");
        QCOMPARE(settings->item(0, 2)->text(), "hardware-aware");
        QVERIFY(settings->item(0, 1)->font().bold());
        QVERIFY(!settings->item(1, 1)->font().bold()); // the same network
        const auto row = [&](const QString& name) {
            for (int k = 0; k < settings->rowCount(); ++k)
                if (settings->item(k, 0)->text() == name)
                    return k;
            return -1;
        };
        QCOMPARE(settings->item(row("Trained on"), 1)->text(), "a perfect die");
        QCOMPARE(settings->item(row("Trained on"), 2)->text(), "D01");
        QCOMPARE(settings->item(row("Images"), 1)->text().size(), 17); // two checksums

        // Runs that differ in their circuit alone.
        StudyPlan plan = document_->study()->plan;
        plan.modes = {TrainingMode::HardwareAware};
        plan.circuit.emplace().readVoltage = 0.125;
        document_->queue().add("behind a circuit", plan);
        document_->queue().stop(1);
        comparison.reset(settingsComparison(*document_, {{0, 2}, {1, 0}}));
        settings = qobject_cast<QTableWidget*>(comparison.get());
        QCOMPARE(settings->item(row("Circuit"), 1)->text(), "none");
        QVERIFY2(settings->item(row("Circuit"), 2)->text().contains("Read voltage (mV): 125"),
                 qPrintable(settings->item(row("Circuit"), 2)->text()));
        QVERIFY(settings->item(row("Circuit"), 2)->font().bold());
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 30000);

        // A curve's run is found behind a filter; the repeats before it train along, and that is said.
        child<QLineEdit>("runsFilter")->setText("statistics");
        auto* runs = page_->findChild<RunsPanel*>();
        runs->select({0, 1});
        QCOMPARE(runs->current()->run, 1);
        QVERIFY(child<QPushButton>("retrain")->text().contains("repeats 1 to 2"));
    }

    void theSelectedRunIsEmphasised()
    {
        train();
        child<QTableView>("runsTable")->selectRow(4);
        QCOMPARE(child<LiveChart>("lossChart")->emphasised(), 4);
        QCOMPARE(child<LiveChart>("errorChart")->emphasised(), 4);
        emit child<LiveChart>("lossChart")->hovered(2);
        QCOMPARE(child<LiveChart>("errorChart")->emphasised(), 2);
        emit child<LiveChart>("lossChart")->hovered(-1);
        QCOMPARE(child<LiveChart>("errorChart")->emphasised(), 4);
        emit child<LiveChart>("errorChart")->clicked(1);
        QCOMPARE(child<QTableView>("runsTable")->selectionModel()->selectedRows().front().row(), 1);
    }

    void whatTheNetworkSees()
    {
        train();
        child<QTableView>("runsTable")->selectRow(2); // hardware-aware on the first die
        child<QTabWidget>("trainTabs")->setCurrentIndex(1);
        QCOMPARE(child<QComboBox>("networkDie")->currentText(), "D01");
        QTRY_VERIFY_WITH_TIMEOUT(child<FigureView>("confusion")->figure(), 10000);
        QCOMPARE(child<ImageGrid>("firstLayer")->items().size(), std::size_t{5});
        const Run& run = document_->study()->result.runs[2];
        const Wafer& wafer = document_->project().wafer;
        const CellMap map(run.settings.network.layers, wafer.geometry, run.settings.spare);
        const auto weights =
            onDie(run.network, analogWeights(wafer.dies[0], map, wafer.device)).front().weights;
        const auto shown = figuresShown(*child<ImageGrid>("firstLayer"));
        QCOMPARE(shown.size(), std::size_t{1});
        const Table& table = shown.front()->numbers();
        QCOMPARE(table.columns.back(), "row 4 column 4");
        QCOMPARE(table.rows.size(), std::size_t{5});
        for (int neuron = 0; neuron < 5; ++neuron)
            for (int pixel = 0; pixel < 16; ++pixel)
                QCOMPARE(
                    std::get<double>(
                        table.rows[static_cast<std::size_t>(neuron)][static_cast<std::size_t>(pixel) + 1]),
                    static_cast<double>(weights(neuron, pixel)));
        const auto mistakes = [this] { return child<ImageGrid>("mistakes")->items().size(); };
        QCOMPARE(static_cast<double>(mistakes()), run.dieErrors.at(0)); // of 100 images
        const Table& numbers = child<FigureView>("confusion")->figure()->numbers();
        double right = 0.0, all = 0.0;
        for (std::size_t label = 0; label < 10; ++label)
            for (std::size_t given = 0; given < 10; ++given) {
                const double count = std::get<double>(numbers.rows[label][given + 1]);
                all += count;
                right += label == given ? count : 0.0;
            }
        QCOMPARE(all, 100.0);
        QCOMPARE(all - right, run.dieErrors.at(0));
        child<QComboBox>("networkDie")->setCurrentIndex(0);
        QTRY_COMPARE_WITH_TIMEOUT(static_cast<double>(mistakes()), run.perfectDieError, 10000);
    }

    void whatANetworkOnTwoDiesSees()
    {
        child<QLineEdit>("hiddenNeurons")->setText("30");
        train();
        const Run& run = document_->study()->result.runs[2];
        child<QTableView>("runsTable")->selectRow(2);
        child<QTabWidget>("trainTabs")->setCurrentIndex(1);
        auto* die = child<QComboBox>("networkDie");
        QCOMPARE(die->count(), 2); // a perfect die; the third of the wafer is left over
        QCOMPARE(die->currentText(), "D01+D02");
        QTRY_COMPARE_WITH_TIMEOUT(static_cast<double>(child<ImageGrid>("mistakes")->items().size()),
                                  run.dieErrors.at(0), 10000);
        QCOMPARE(child<ImageGrid>("firstLayer")->items().size(), std::size_t{30});

        const Comparison comparison = compare(document_->project().wafer, *document_->study());
        QCOMPARE(comparison.dies.size(), std::size_t{1});
        QCOMPARE(comparison.dies[0].name, "D01+D02");
        QCOMPARE(comparison.dies[0].defects, document_->project().wafer.dies[0].defectCount() +
                                                 document_->project().wafer.dies[1].defectCount());
        QCOMPARE(comparison.series[1].error[0], run.dieErrors.at(0));

        QTest::mouseClick(child<QPushButton>("retrain"), Qt::LeftButton);
        QCOMPARE(child<QLineEdit>("dies")->text(), "D01, D02");
    }

private:
    void open(const Project& project)
    {
        document_ = std::make_unique<ProjectDocument>(project);
        page_ = std::make_unique<TrainPage>(*document_);
        page_->resize(1180, 760);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }

    void train()
    {
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(document_->queue().isIdle(), 30000);
    }

    template <class Widget>
    Widget* child(const QString& name) const
    {
        return childOf<Widget>(page_.get(), name);
    }

    QTemporaryDir folder_;
    std::unique_ptr<ProjectDocument> document_;
    std::unique_ptr<TrainPage> page_;
};

QTEST_MAIN(TestTrainPage)
#include "test_train_page.moc"
