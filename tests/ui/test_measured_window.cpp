#include <QAction>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "measurement/export.h"
#include "pages/classify_dialog.h"
#include "pages/export_dies_dialog.h"
#include "pages/import_dialog.h"
#include "pages/statistics_page.h"
#include "pages/wafer_page.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/threshold_view.h"
#include "window/main_window.h"

using namespace faultline;

/// What the window's menus do for measured dies.
class TestMeasuredWindow : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        truth_ = clearWafer(3);
    }

    void init()
    {
        Project project;
        project.wafer = truth_;
        for (Die& die : project.wafer.dies)
            die.defect.fill(Defect::None);
        window_ = std::make_unique<MainWindow>(std::move(project));
        window_->dialogs().showError = [](const QString& words) { QFAIL(qPrintable(words)); };
        window_->show();
    }

    void cleanup() { window_.reset(); }

    void classifiesInOneStep()
    {
        trigger("actionClassify");
        auto* dialog = child<ClassifyDialog>("classifyDialog");
        QPushButton* ok = okOf(*dialog);
        QTRY_VERIFY(ok->isEnabled());
        QVERIFY(dialog->findChild<QLabel*>("labelQuality")->text().startsWith("Fitted: "));
        QTest::mouseClick(ok, Qt::LeftButton);
        for (std::size_t k = 0; k < dies().size(); ++k)
            QVERIFY((dies()[k].defect == truth_.dies[k].defect).all());
        verifyConductances();
        QCOMPARE(window_->document().undoStack().count(), 1);
        window_->document().undoStack().undo();
        for (const Die& die : dies())
            QCOMPARE(die.defectCount(), 0);
        verifyConductances();
        window_->document().undoStack().redo();
        QVERIFY((dies()[2].defect == truth_.dies[2].defect).all());
    }

    void keysMoveAThreshold()
    {
        trigger("actionClassify");
        auto* dialog = child<ClassifyDialog>("classifyDialog");
        QPushButton* ok = okOf(*dialog);
        QTRY_VERIFY(ok->isEnabled());
        auto* view = dialog->findChild<ThresholdView*>("thresholds");
        const Thresholds before = view->thresholds();
        view->setFocus();
        for (int k = 0; k < 3; ++k)
            QTest::keyClick(view, Qt::Key_Right, Qt::ControlModifier); // the last line: shorts
        for (int k = 0; k < 20; ++k)
            QTest::keyClick(view, Qt::Key_Right);
        QTRY_VERIFY(ok->isEnabled());
        const Thresholds after = view->thresholds();
        QVERIFY(std::abs(after.shortAbove / before.shortAbove / std::pow(1.02, 20) - 1.0) < 1e-9);
        QCOMPARE(after.openBelow, before.openBelow);
        QVERIFY(dialog->findChild<QLabel*>("labelQuality")->text().contains("by hand"));
        QTest::mouseClick(ok, Qt::LeftButton);
        for (const Die& die : dies())
            for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell) {
                const double p = die.conductance[P].data()[cell], ap = die.conductance[AP].data()[cell];
                QCOMPARE(die.defect.data()[cell] == Defect::Short, std::min(p, ap) > after.shortAbove);
            }
        verifyConductances();
    }

    void oneStateTellsShortsAndOpensOnly()
    {
        trigger("actionClassify");
        auto* dialog = child<ClassifyDialog>("classifyDialog");
        QPushButton* ok = okOf(*dialog);
        QTRY_VERIFY(ok->isEnabled());
        dialog->findChild<QComboBox*>("measuredStates")->setCurrentIndex(1);
        QVERIFY(!ok->isEnabled());
        QTRY_VERIFY(ok->isEnabled());
        QTest::mouseClick(ok, Qt::LeftButton);
        for (std::size_t k = 0; k < dies().size(); ++k) {
            const DefectCounts counts = dies()[k].counts(), real = truth_.dies[k].counts();
            for (const Defect defect : {Defect::Short, Defect::Open})
                QCOMPARE(counts[static_cast<std::size_t>(defect)], real[static_cast<std::size_t>(defect)]);
            QCOMPARE(dies()[k].defectCount(), real[1] + real[2]);
        }
        verifyConductances(); // those of cells with a new label too
    }

    void givingUpChangesNothing()
    {
        trigger("actionClassify");
        auto* dialog = child<ClassifyDialog>("classifyDialog");
        QTRY_VERIFY(okOf(*dialog)->isEnabled());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QCOMPARE(window_->document().undoStack().count(), 0);
        QCOMPARE(dies()[0].defectCount(), 0);
    }

    /// One click: fitted to some dies, judged on the others.
    void holdsOutDies()
    {
        writeTinyDataset(folder_.filePath("tiny"));
        window_ = std::make_unique<MainWindow>(tinyProject(4, folder_.filePath("tiny")));
        window_->show();
        auto* pages = window_->findChild<QStackedWidget*>("pages");
        auto* page = pages->findChild<StatisticsPage*>();
        pages->setCurrentWidget(page);
        auto* holdOut = page->findChild<QPushButton*>("holdOut");
        QTRY_VERIFY(holdOut->isEnabled());
        QTest::mouseClick(holdOut, Qt::LeftButton);
        QVERIFY(pages->currentWidget() != page); // but that where it trains
        QTRY_VERIFY_WITH_TIMEOUT(window_->document().queue().isIdle(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(!window_->document().evaluator().isBusy(), 30000);
        const Project& project = window_->document().project();
        QCOMPARE(project.studies.size(), std::size_t{1});
        const StudyPlan& plan = project.studies[0].plan;
        QCOMPARE(plan.dies.size(), std::size_t{2});
        Wafer seen = project.wafer;
        std::erase_if(seen.dies, [&](const Die& die) { return std::ranges::count(plan.dies, die.id) > 0; });
        QVERIFY(plan.statistics == fitStatistics(seen));
        bool aware = false;
        for (const Run& run : project.studies[0].result.runs) {
            aware = aware || run.settings.mode == TrainingMode::StatisticsAware;
            for (const auto& [die, error] : run.dieErrors)
                QVERIFY(std::ranges::count(plan.dies, die) == 1);
        }
        QVERIFY(aware);
    }

    void importsAFolder()
    {
        const QString folder = folder_.filePath("dies");
        writeFiles(exportDies(truth_, folder.toStdString(), ArrayFormat::Hdf5));
        QStringList asked;
        window_->dialogs().folder = [&](const QString& title) { return asked << title, folder; };
        trigger("actionImportFolder");
        QCOMPARE(asked.size(), 1);
        auto* dialog = child<ImportDialog>("importDialog");
        QTRY_VERIFY(okOf(*dialog)->isEnabled());
        dialog->findChild<QLineEdit*>("waferName")->setText("Lot 3/7");
        window_->findChild<QStackedWidget*>("pages")->setCurrentIndex(2);
        QTest::mouseClick(okOf(*dialog), Qt::LeftButton);
        QCOMPARE(dies().size(), std::size_t{3});
        QVERIFY((dies()[1].conductance[P] == truth_.dies[1].conductance[P]).all());
        QCOMPARE(window_->findChild<QStackedWidget*>("pages")->currentWidget(),
                 static_cast<QWidget*>(window_->findChild<WaferPage*>()));
        QVERIFY(window_->windowTitle().startsWith("Lot 3/7"));
        QCOMPARE(child<QLabel>("statusLine")->text(), "Lot 3/7: 3 dies");
        QString suggested;
        window_->dialogs().saveFile = [&](const QString& suggestion) { return suggested = suggestion, ""; };
        trigger("actionSave");
        QCOMPARE(suggested, "Lot 3-7.faultline");
        window_->document().undoStack().undo();
        QVERIFY(window_->windowTitle().startsWith("untitled"));
        QCOMPARE(child<QLabel>("statusLine")->text(), "untitled: 3 dies");
        window_->document().undoStack().redo();
        window_->dialogs().folder = [](const QString&) { return QString(); };
        trigger("actionImportFolder"); // cancelled
        QCOMPARE(window_->document().undoStack().count(), 1);
    }

    void importAsksBeforeStudiesLoseTheirDies()
    {
        writeFiles(exportDies(truth_, folder_.filePath("dies").toStdString(), ArrayFormat::Hdf5));
        window_ = std::make_unique<MainWindow>(sampleProject(2));
        window_->show();
        bool may = false;
        QStringList asked;
        window_->dialogs().replaceDies = [&](const QString& words) { return asked << words, may; };
        window_->dialogs().folder = [&](const QString&) { return folder_.filePath("dies"); };
        trigger("actionImportFolder");
        auto* dialog = child<ImportDialog>("importDialog");
        QTRY_VERIFY(okOf(*dialog)->isEnabled());
        QTest::mouseClick(okOf(*dialog), Qt::LeftButton);
        QVERIFY(dialog->isVisible()); // with all that was typed
        QCOMPARE(dies().size(), std::size_t{2});
        may = true;
        QTest::mouseClick(okOf(*dialog), Qt::LeftButton);
        QCOMPARE(dies().size(), std::size_t{3});
        QCOMPARE(asked.size(), 2);
        QVERIFY(asked[0].contains("studies of its dies: 1"));
    }

    void exportsDies()
    {
        auto* dialog = exportDialog();
        const auto box = [&](const char* name) { return dialog->findChild<QComboBox*>(name); };
        QCOMPARE(box("exported")->currentIndex(), 0);
        QVERIFY(!box("exportedNetwork")->isEnabled());
        box("exportedFormat")->setCurrentIndex(1);
        box("exportedDies")->setCurrentText("D02");
        QTest::mouseClick(dialog->findChild<QPushButton*>("exportDies"), Qt::LeftButton);
        auto* status = dialog->findChild<QLabel*>("exportStatus");
        QTRY_VERIFY2(status->text().startsWith("2 files are in"), qPrintable(status->text()));
        QCOMPARE(QDir(folder_.filePath("out")).entryList(QDir::Files),
                 (QStringList{"D02.npy", "D02_defect.npy"}));
        box("exported")->setCurrentIndex(1); // weights, of no network
        QVERIFY(!dialog->findChild<QPushButton*>("exportDies")->isEnabled());
    }

    void exportAsksBeforeItReplaces()
    {
        auto* dialog = exportDialog();
        auto* status = dialog->findChild<QLabel*>("exportStatus");
        const auto write = [&] {
            QTest::mouseClick(dialog->findChild<QPushButton*>("exportDies"), Qt::LeftButton);
        };
        dialog->findChild<QComboBox*>("exportedFormat")->setCurrentIndex(0);
        dialog->findChild<QComboBox*>("exportedDies")->setCurrentText("D02");
        write();
        QTRY_VERIFY2(status->text().startsWith("3 files are in"), qPrintable(status->text()));
        QFile file(folder_.filePath("out/D02_P.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("by hand") > 0);
        file.close();
        dialog->findChild<QComboBox*>("exportedDies")->setCurrentIndex(0); // all, of which one is there
        const auto refused = answerQuestion(QMessageBox::No);
        write();
        QVERIFY2(refused->contains("3 of these exist already") && refused->contains("D02_P.csv"),
                 qPrintable(*refused));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("by hand"));
        file.close();
        QVERIFY(!QFile::exists(folder_.filePath("out/D01_P.csv")));
        answerQuestion(QMessageBox::Yes);
        write();
        QTRY_VERIFY2(status->text().startsWith("9 files are in"), qPrintable(status->text()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll() != "by hand");
    }

    void exportSaysWhatIsWrong()
    {
        auto* dialog = exportDialog();
        dialog->findChild<QLineEdit*>("exportedFolder")->setText("/proc/nowhere");
        QTest::mouseClick(dialog->findChild<QPushButton*>("exportDies"), Qt::LeftButton);
        auto* status = dialog->findChild<QLabel*>("exportStatus");
        QTRY_VERIFY2(status->text().contains("/proc/nowhere: cannot write"), qPrintable(status->text()));
    }

    /// NumPy and h5py find the same in all forms, and in the programming map one P and one AP for each
    /// weight.
    void pythonReadsANetworksExports()
    {
#ifndef FAULTLINE_PYTHON
        QSKIP("no Python with numpy and h5py");
#else
        const Project project = sampleProject(3);
        window_ = std::make_unique<MainWindow>(project);
        window_->show();
        auto* dialog = exportDialog();
        const auto box = [&](const char* name) { return dialog->findChild<QComboBox*>(name); };
        auto* status = dialog->findChild<QLabel*>("exportStatus");
        for (const int what : {1, 2}) {
            box("exported")->setCurrentIndex(what);
            box("exportedNetwork")->setCurrentText("hardware-aware D02");
            QCOMPARE(box("exportedNetwork")->currentText(), "hardware-aware D02");
            if (what == 1) // its own die, before a person says another
                QCOMPARE(box("exportedDies")->currentText(), "D02");
            for (int format = 0; format < 3; ++format) {
                box("exportedFormat")->setCurrentIndex(format);
                QTest::mouseClick(dialog->findChild<QPushButton*>("exportDies"), Qt::LeftButton);
                QTRY_VERIFY2(status->text().contains("in " + folder_.filePath("out")),
                             qPrintable(status->text()));
            }
        }
        const char* const script = R"(
import csv, sys
import h5py, numpy as np
out = sys.argv[1] + "/"
weights = [np.load(out + f"D02_weights_{k}.npy") for k in (1, 2)]
assert weights[0].shape == (40, 196) and weights[1].shape == (10, 40)
for k, w in enumerate(weights, 1):
    assert np.array_equal(np.loadtxt(out + f"D02_weights_{k}.csv", delimiter=",", dtype="f4"), w)
    assert np.array_equal(h5py.File(out + "D02_weights.h5")[f"layer-{k}"][:], w)
write = np.load(out + "programming.npy")
used = list(csv.DictReader(open(out + "programming.csv")))
assert len(used) == (write >= 0).sum() and (write == 1).sum() == (write == 0).sum()
signs = {}
for line in used:
    weight = tuple(int(line[k]) for k in ("layer", "output", "input", "copy"))
    signs.setdefault(weight, {})[line["sign"]] = line["write"]
assert all(sorted(pair.values()) == ["AP", "P"] for pair in signs.values())
w1 = weights[0]
agree = np.mean([(w1[o, i] > 0) == (signs[0, o, i, 0]["1"] == "P") for o in range(40) for i in range(196)])
assert agree > 0.97, agree # but where a cell is broken
file = h5py.File(out + "programming.h5")["write"]
assert np.array_equal(file[:] == h5py.check_enum_dtype(file.dtype)["P"], write == 1)
)";
        QProcess python;
        python.start(FAULTLINE_PYTHON, {"-c", script, folder_.filePath("out")});
        QVERIFY(python.waitForFinished());
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError());
#endif
    }

private:
    void trigger(const char* action)
    {
        child<QAction>(action)->trigger();
    }

    template <class Widget>
    Widget* child(const char* name)
    {
        return childOf<Widget>(window_.get(), name);
    }

    static QPushButton* okOf(const QDialog& dialog)
    {
        return dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    }

    /// Open, with an empty folder chosen.
    ExportDiesDialog* exportDialog()
    {
        QDir(folder_.filePath("out")).removeRecursively();
        trigger("actionExportDies");
        auto* dialog = child<ExportDiesDialog>("exportDiesDialog");
        dialog->chooseFolder = [this](const QString&) { return folder_.filePath("out"); };
        QTest::mouseClick(dialog->findChild<QToolButton*>(), Qt::LeftButton);
        return dialog;
    }

    const std::vector<Die>& dies() const
    {
        return window_->document().project().wafer.dies;
    }

    void verifyConductances() const
    {
        for (std::size_t k = 0; k < dies().size(); ++k)
            for (const Level level : {AP, P})
                QVERIFY((dies()[k].conductance[level] == truth_.dies[k].conductance[level]).all());
    }

    QTemporaryDir folder_;
    Wafer truth_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestMeasuredWindow)
#include "test_measured_window.moc"
