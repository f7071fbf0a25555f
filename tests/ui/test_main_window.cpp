#include <QAbstractScrollArea>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "figures/comparison.h"
#include "pages/die_page.h"
#include "project/project_file.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/export_dialog.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "views/wafer_view.h"
#include "window/main_window.h"
#include "window/shortcuts.h"

using namespace faultline;

class TestMainWindow : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        writeTinyDataset(folder_.filePath("tiny"));
    }

    void init()
    {
        QSettings().clear();
        open(tinyProject(3, folder_.filePath("tiny")));
    }

    void cleanup() { window_.reset(); }

    void studyReachesTheOtherPages()
    {
        train();
        goTo("compare");
        for (const char* figure : {"errorByDie", "errorByMode", "errorByDefects", "yield", "generality"})
            QVERIFY2(child<FigureView>(figure)->figure(), figure);
        const QAbstractItemModel* table = child<QTableView>("modesTable")->model();
        QCOMPARE(table->rowCount(), 5); // baseline, three modes, hardware-aware on other dies
        QCOMPARE(table->index(1, 0).data().toString(), "standard");
        QCOMPARE(table->index(1, 1).data().toString(), "3");
        const Study& study = project().studies.front();
        const StudySummary summary = summarise(study.plan, project().wafer, study.result.runs);
        QCOMPARE(table->index(0, 2).data().toString(), QString::number(*summary.baselineError, 'f', 2));
        QVERIFY(window_->isWindowModified());
    }

    void savesAndOpensAgain()
    {
        train();
        window_->dialogs().saveFile = [this](const QString&) { return folder_.filePath("window"); };
        QTest::keyClick(window_.get(), Qt::Key_S, Qt::ControlModifier);
        QVERIFY(QFile::exists(folder_.filePath("window.faultline")));
        QVERIFY(!window_->isWindowModified());
        QVERIFY(window_->windowTitle().contains("window.faultline"));
        // The file dialog has asked about "window" only.
        const auto words = answerQuestion(QMessageBox::No);
        const QDateTime before = QFileInfo(folder_.filePath("window.faultline")).lastModified();
        child<QAction>("actionSaveAs")->trigger();
        QVERIFY2(words->endsWith("\nwindow.faultline"), qPrintable(*words));
        QCOMPARE(QFileInfo(folder_.filePath("window.faultline")).lastModified(), before);
        const DatasetPair images = loadDataset(project().dataset);
        QVERIFY(project().images == checksums(images));
        const std::map<int, double> errors = project().studies[0].result.runs[3].dieErrors;

        open(tinyProject(2, {}));
        window_->dialogs().openFile = [this] { return folder_.filePath("window.faultline"); };
        child<QAction>("actionOpen")->trigger();
        QCOMPARE(project().wafer.dies.size(), std::size_t{3});
        QVERIFY(project().studies[0].result.runs[3].dieErrors == errors);
        goTo("compare");
        QVERIFY(child<FigureView>("errorByDie")->figure());
        QVERIFY(project().images == checksums(images));
        document().setDataset("another");
        QVERIFY(!project().images);
        document().undoStack().undo();
    }

    void opensAsItWasLeft()
    {
        const QString file = folder_.filePath("view.faultline");
        Project project = sampleProject(5);
        project.studies.push_back(project.studies[0]);
        project.studies[1].name = "Study 2";
        open(project);
        document().showStudy(0);
        goTo("die");
        auto* map = child<HeatMapView>("dieMap");
        child<QToolButton>("nextDie")->click();
        child<QToolButton>("nextDie")->click();
        QCOMPARE(window_->findChild<DiePage*>()->die(), 2);
        child<QComboBox>("dieOverlay")->setCurrentIndex(static_cast<int>(DieLayer::ConductanceP));
        child<QComboBox>("colourMap")->setCurrentIndex(1);
        child<QComboBox>("rangeMode")->setCurrentIndex(1);
        child<QDoubleSpinBox>("rangeLow")->setValue(12.5);
        child<QDoubleSpinBox>("rangeHigh")->setValue(87.5);
        map->zoomAt(map->mapArea().center() + QPointF(40, -20), 6.0);
        const QRectF seen = map->seen();
        QVERIFY(!seen.isNull());
        goTo("wafer");
        child<QComboBox>("colourBy")->setCurrentIndex(1);
        goTo("compare");
        child<QCheckBox>("show-standard")->setChecked(false);
        child<QComboBox>("dieOrder")->setCurrentIndex(1);
        child<QToolButton>("enlarge-yield")->click();
        goTo("statistics");
        child<QComboBox>("countedDefect")->setCurrentIndex(2);
        goTo("circuit");
        child<QComboBox>("circuitNetworks")->setCurrentIndex(1);
        const QString networks = child<QComboBox>("circuitNetworks")->currentText();
        child<QLineEdit>("circuitDies")->setText("D01, D03..D04");
        child<QCheckBox>("circuitOtherDies")->setChecked(true);
        child<QSpinBox>("circuitImages")->setValue(321);
        child<QSpinBox>("sweepRepeats")->setValue(4);
        child<QComboBox>("sweepParameter-1")->setCurrentIndex(3);
        child<QLineEdit>("sweepFrom-1")->setText("0.25");
        child<QSpinBox>("sweepSteps-1")->setValue(9);
        child<QComboBox>("sweepParameter-2")->setCurrentIndex(2);
        child<QLineEdit>("sweepTo-2")->setText("77");
        const FigureSettings figures{{86.0, 50.0, 9.0, true, false, false, 600}, {FigureFormat::Png}};
        saveFigures(figures);
        QVERIFY(!window_->isWindowModified());
        QVERIFY(!document().undoStack().canUndo());
        goTo("die");
        const QRectF where = map->mapRect();
        save(file);
        QVERIFY(window_->close());

        QSettings().clear();
        open(tinyProject(2, {}));
        window_->openFile(file);
        QVERIFY(!window_->isWindowModified());
        QCOMPARE(child<QStackedWidget>("pages")->currentWidget(),
                 static_cast<QWidget*>(window_->findChild<DiePage*>()));
        QCOMPARE(document().shownStudy(), 0);
        map = child<HeatMapView>("dieMap");
        QCOMPARE(window_->findChild<DiePage*>()->die(), 2);
        QCOMPARE(map->overlay().layer, DieLayer::ConductanceP);
        QCOMPARE(child<QDoubleSpinBox>("rangeLow")->value(), 12.5);
        QCOMPARE(child<QDoubleSpinBox>("rangeHigh")->value(), 87.5);
        QCOMPARE(map->seen(), seen);
        QCOMPARE(map->mapRect(), where);
        QCOMPARE(child<QComboBox>("colourBy")->currentIndex(), 1);
        goTo("compare");
        QVERIFY(!child<QCheckBox>("show-standard")->isChecked());
        QCOMPARE(child<QComboBox>("dieOrder")->currentIndex(), 1);
        QVERIFY(!child<QToolButton>("enlarge-yield")->isVisible());
        QVERIFY(savedFigures() == figures);
        QCOMPARE(child<QComboBox>("countedDefect")->currentIndex(), 2);
        QCOMPARE(child<QComboBox>("circuitNetworks")->currentText(), networks);
        QCOMPARE(child<QLineEdit>("circuitDies")->text(), "D01, D03..D04");
        QVERIFY(child<QCheckBox>("circuitOtherDies")->isChecked());
        QCOMPARE(child<QSpinBox>("circuitImages")->value(), 321);
        QCOMPARE(child<QSpinBox>("sweepRepeats")->value(), 4);
        QCOMPARE(child<QComboBox>("sweepParameter-1")->currentIndex(), 3);
        QCOMPARE(child<QLineEdit>("sweepFrom-1")->text(), "0.25");
        QCOMPARE(child<QSpinBox>("sweepSteps-1")->value(), 9);
        QCOMPARE(child<QComboBox>("sweepParameter-2")->currentIndex(), 2);
        QCOMPARE(child<QLineEdit>("sweepTo-2")->text(), "77");

        // A project without a view leaves the window as it is.
        saveProject(sampleProject(3), file.toStdString());
        window_->openFile(file);
        QVERIFY(child<QWidget>("errorByDie")->isVisible());
        QVERIFY(savedFigures() == figures);
    }

    void badFileIsExplained()
    {
        QFile junk(folder_.filePath("junk.faultline"));
        QVERIFY(junk.open(QIODevice::WriteOnly) && junk.write("not a project") > 0);
        junk.close();
        QString words;
        window_->dialogs().showError = [&](const QString& text) { words = text; };
        window_->openFile(junk.fileName());
        QVERIFY2(words.contains("junk.faultline"), qPrintable(words));
        QCOMPARE(project().wafer.dies.size(), std::size_t{3});
    }

    void closingAsksForUnsavedChanges()
    {
        window_->document().setDataset({});
        int asked = 0;
        window_->dialogs().saveChanges = [&] { return ++asked, Dialogs::Answer::Cancel; };
        QVERIFY(!window_->close());
        window_->dialogs().saveChanges = [&] { return ++asked, Dialogs::Answer::Discard; };
        QVERIFY(window_->close());
        QCOMPARE(asked, 2);
    }

    void figuresExportIntoAFolder()
    {
        open(sampleProject(5));
        goTo("compare");
        QTest::mouseClick(child<QPushButton>("exportButton"), Qt::LeftButton);
        auto* dialog = child<QDialog>("exportDialog");
        dialog->findChild<QLineEdit*>("folder")->setText(folder_.filePath("figures"));
        QTest::mouseClick(dialog->findChild<QPushButton*>("exportAll"), Qt::LeftButton);
        for (const char* file : {"error-by-die.svg", "error-by-die.pdf", "error-by-die.csv", "wafer-map.svg",
                                 "generality.pdf", "die-D01.svg", "training-curves.csv"})
            QVERIFY2(QFile::exists(folder_.filePath("figures/") + file), file);
        // In the order that the page shows, without what is hidden; nothing is replaced unasked.
        QTest::mouseClick(child<QCheckBox>("show-standard"), Qt::LeftButton, {}, {10, 10});
        child<QComboBox>("dieOrder")->setCurrentIndex(1);
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTest::mouseClick(child<QPushButton>("exportButton"), Qt::LeftButton);
        auto* again = window_->findChildren<ExportDialog*>().back();
        again->findChild<QLineEdit*>("folder")->setText(folder_.filePath("figures"));
        QStringList replaced;
        bool may = false;
        again->mayReplace = [&](const QStringList& files) { return replaced = files, may; };
        const auto numbers = [this] {
            QFile file(folder_.filePath("figures/error-by-die.csv"));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const QByteArray before = numbers();
        QVERIFY(before.contains("standard"));
        QTest::mouseClick(again->findChild<QPushButton*>("exportAll"), Qt::LeftButton);
        QVERIFY(replaced.contains("error-by-die.csv"));
        QCOMPARE(numbers(), before);
        may = true;
        QTest::mouseClick(again->findChild<QPushButton*>("exportAll"), Qt::LeftButton);
        QVERIFY(!numbers().contains("standard"));
        const Comparison all = compare(project().wafer, project().studies[0]);
        const auto least = std::ranges::min_element(all.dies, {}, &Comparison::Die::defects);
        QCOMPARE(numbers().split('\n')[1].split(',')[0], QByteArray::fromStdString(least->name));
        dialog = again;
        QTest::keyClick(dialog, Qt::Key_Escape);
        QVERIFY(!dialog->isVisible());

        Project none;
        open(none);
        QString words;
        window_->dialogs().showError = [&](const QString& text) { words = text; };
        child<QAction>("actionExport")->trigger();
        QVERIFY(words.contains("no figures"));
    }

    void jobsAreUnderEveryPage()
    {
        auto* strip = child<QWidget>("jobsStrip");
        auto* pages = child<QStackedWidget>("pages");
        const int height = pages->height();
        StudyPlan plan = project().plan;
        plan.modes = {TrainingMode::Standard};
        plan.training.epochs = 100000;
        document().queue().setThreads(1);
        for (const char* name : {"first", "second", "third"})
            document().queue().add(name, plan);
        for (const char* page : {"wafer", "die", "compare"}) {
            goTo(page);
            QVERIFY2(strip->isVisible(), page);
        }
        const auto lines = [&](const char* name) {
            QList<QWidget*> seen;
            for (auto* widget : strip->findChildren<QWidget*>(name))
                if (widget->isVisible())
                    seen.append(widget);
            return seen;
        };
        QCOMPARE(lines("jobName").size(), 1);
        QVERIFY(child<QToolButton>("foldJobs")->text().contains("2 more"));
        QCOMPARE(pages->height(), height); // nothing moves below the pointer
        QTest::mouseClick(child<QToolButton>("foldJobs"), Qt::LeftButton);
        QCOMPARE(lines("jobName").size(), 3);
        QTRY_VERIFY(pages->height() < height);
        const int unfolded = pages->height();
        QCOMPARE(lines("pauseJob").size(), 1); // what waits can only be taken out
        QTRY_VERIFY_WITH_TIMEOUT(lines("jobWords")[0]->property("text") == "0 of 2 networks" &&
                                     !lines("jobLeft")[0]->property("text").toString().isEmpty(),
                                 30000);
        QCOMPARE(lines("jobWords")[1]->property("text").toString(), "waiting");
        QTest::mouseClick(lines("pauseJob")[0], Qt::LeftButton);
        QCOMPARE(document().queue().states()[0].phase, StudyState::Phase::Paused);
        QCOMPARE(lines("pauseJob")[0]->property("text").toString(), "Resume");
        lines("pauseJob")[0]->setFocus(); // the space bar presses it, and keeps the focus
        QTest::keyClick(lines("pauseJob")[0], Qt::Key_Space);
        QCOMPARE(document().queue().states()[0].phase, StudyState::Phase::Running);
        QVERIFY(lines("pauseJob")[0]->hasFocus());

        auto* stop = lines("stopJob")[1];
        const QPoint place = stop->mapTo(window_.get(), stop->rect().center());
        QTest::mouseMove(window_->windowHandle(), place);
        QTest::mouseClick(window_->windowHandle(), Qt::LeftButton, {}, place);
        QCOMPARE(document().queue().states()[1].phase, StudyState::Phase::Stopped);
        // A second click at the same place stops no other study.
        QTest::mouseClick(window_->windowHandle(), Qt::LeftButton, {}, place);
        QCOMPARE(document().queue().states()[2].phase, StudyState::Phase::Queued);
        QCOMPARE(lines("jobName").size(), 3);
        QVERIFY(lines("jobWords")[1]->property("text").toString().startsWith("stopped"));
        QTest::mouseMove(window_->windowHandle(), {300, 200});
        QTRY_COMPARE(lines("jobName").size(), 2);
        QCOMPARE(lines("jobName")[1]->property("text").toString(), "third");
        QTest::mouseClick(lines("jobName")[1], Qt::LeftButton);
        QCOMPARE(child<QStackedWidget>("pages")->currentIndex(), 2);
        QCOMPARE(document().shownStudy(), 2);
        QTest::mouseMove(window_->windowHandle(), {300, 200});
        document().queue().stopAll();
        QTRY_VERIFY(lines("jobName").isEmpty());
        QCOMPARE(pages->height(), unfolded);
    }

    void unknownErrorsSayWhy()
    {
        train();
        goTo("wafer");
        QVERIFY(child<WaferView>("waferView")->tip(0).contains("% wrong")); // whatever the colours show
        window_->document().setDataset(folder_.filePath("nowhere").toStdString());
        window_->document().evaluator().dieChanged(project().wafer.dies[0].id);
        QTRY_VERIFY_WITH_TIMEOUT(child<QLabel>("statusLine")->text().contains("nowhere"), 10000);
        QVERIFY(child<WaferView>("waferView")->tip(0).contains("nowhere"));
        window_->document().setDataset(folder_.filePath("tiny").toStdString());
        QTRY_VERIFY_WITH_TIMEOUT(!child<QLabel>("statusLine")->text().contains("nowhere"), 10000);
        QTRY_VERIFY_WITH_TIMEOUT(child<WaferView>("waferView")->tip(0).contains("% wrong"), 10000);
    }

    void liveCurvesExportAsAFigure()
    {
        open(sampleProject(5));
        goTo("train");
        auto* view = child<QWidget>("lossChart")->findChild<QAbstractScrollArea*>()->viewport();
        QContextMenuEvent event(QContextMenuEvent::Mouse, {60, 60}, view->mapToGlobal(QPoint(60, 60)));
        QApplication::sendEvent(view, &event);
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        QVERIFY(menu);
        menu->findChild<QAction*>("actionCopyNumbers")->trigger();
        menu->close();
        QVERIFY(QApplication::clipboard()->text().startsWith("run\tepoch\tloss (nat)"));
    }

    void dieIsSelectedByMouseAndKeys()
    {
        open(sampleProject(36));
        auto* wafer = child<WaferView>("waferView");
        auto* counts = child<QTableWidget>("countsTable");
        QCOMPARE(wafer->current(), 0);
        QTest::mouseClick(wafer, Qt::LeftButton, {}, wafer->dieRect(20).center().toPoint());
        QCOMPARE(wafer->current(), 20);
        QCOMPARE(counts->item(4, 1)->text().toInt(), project().wafer.dies[20].defectCount());
        QTest::keyClick(wafer, Qt::Key_Right);
        QCOMPARE(wafer->current(), 21);
        QTest::keyClick(wafer, Qt::Key_Up);
        QCOMPARE(project().wafer.dies[static_cast<std::size_t>(wafer->current())].position.row,
                 project().wafer.dies[21].position.row - 1);
    }

    void everyDefectIsSeenInTheHeatMap()
    {
        Project project = tinyProject(1, {});
        for (Die& die : project.wafer.dies)
            die = Die("only", project.wafer.geometry, project.wafer.device);
        project.wafer.dies[0].setDefect(7, 31, Defect::Short, 1e-3F);
        open(project);
        auto* map = child<HeatMapView>("heatMap");
        const QRectF area = map->mapRect();
        const QPointF centre(area.left() + (31 + 0.5) * area.width() / 40,
                             area.top() + (7 + 0.5) * area.height() / 20);
        const QImage picture = map->grab().toImage();
        QCOMPARE(picture.pixelColor(centre.toPoint()), Theme().colour(hueOf(Defect::Short)));
        QVERIFY(map->describe(centre).contains("row 7, column 31"));
        QVERIFY(map->describe(centre).contains("short"));
        QVERIFY(map->describe({0, 0}).isEmpty());
        // Even where the whole die is smaller than its cells.
        auto* wafer = child<WaferView>("waferView");
        const QImage small = wafer->grab().toImage();
        const QRect die = wafer->dieRect(0).toAlignedRect();
        int found = 0;
        for (int y = die.top(); y <= die.bottom(); ++y)
            for (int x = die.left(); x <= die.right(); ++x)
                found += small.pixelColor(x, y) == Theme().colour(hueOf(Defect::Short));
        QVERIFY(found >= 1);
    }

    void pagesHaveShortcuts()
    {
        auto* pages = child<QStackedWidget>("pages");
        for (int page = 3; page >= 0; --page) {
            QTest::keyClick(window_.get(), static_cast<Qt::Key>(Qt::Key_1 + page), Qt::ControlModifier);
            QCOMPARE(pages->currentIndex(), page);
        }
    }

    void recentProjectsCanBeOpenedAgain()
    {
        window_->document().save(folder_.filePath("recent.faultline").toStdString());
        window_->openFile(folder_.filePath("recent.faultline"));
        open(tinyProject(2, {}));
        auto* recent = child<QMenu>("menuRecent");
        emit recent->aboutToShow();
        QCOMPARE(recent->actions().size(), 1);
        recent->actions().front()->trigger();
        QCOMPARE(project().wafer.dies.size(), std::size_t{3});
    }

    void projectsCanBeDropped()
    {
        window_->document().save(folder_.filePath("dropped.faultline").toStdString());
        open(tinyProject(2, {}));
        const auto drop = [this](const QStringList& names) {
            QMimeData data;
            QList<QUrl> urls;
            for (const QString& name : names)
                urls.append(QUrl::fromLocalFile(folder_.filePath(name)));
            data.setUrls(urls);
            QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            enter.setAccepted(false);
            QApplication::sendEvent(window_.get(), &enter);
            if (!enter.isAccepted())
                return false;
            QDropEvent event({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QApplication::sendEvent(window_.get(), &event);
            return true;
        };
        QVERIFY(!drop({"dropped.faultline", "recent.faultline"})); // which one?
        QVERIFY(drop({"dropped.faultline"}));
        QCOMPARE(project().wafer.dies.size(), std::size_t{3});
    }

    void hintsAreShownUntilTheyAreClosed()
    {
        QTest::mouseClick(child<QPushButton>("closeHints"), Qt::LeftButton);
        open(tinyProject(1, {}));
        QVERIFY(!window_->findChild<QWidget*>("hintBar"));
    }

    void shortcutsAreListed()
    {
        const auto keys = shortcutsOf(*window_);
        for (const auto& entry :
             {std::pair{QString("Ctrl+S"), QString("Save")}, {"Ctrl+3", "Train"}, {"Ctrl+P", "Pause"}})
            QVERIFY2(std::ranges::find(keys, entry) != keys.end(), qPrintable(entry.first));
    }

    void geometryIsRemembered()
    {
        window_->resize(1211, 811);
        QVERIFY(window_->close());
        open(tinyProject(1, {}));
        QCOMPARE(window_->size(), QSize(1211, 811));
    }

    void darkPaletteReachesFigures()
    {
        open(sampleProject(4));
        goTo("compare");
        auto* figure = child<FigureView>("errorByDie");
        QVERIFY(figure->grab().toImage().pixelColor(1, 1).lightness() > 200);
        QApplication::setPalette(paletteOf(Appearance::Dark));
        QTRY_VERIFY(figure->grab().toImage().pixelColor(1, 1).lightness() < 80);
        QApplication::setPalette(paletteOf(Appearance::Light));
    }

private:
    void open(const Project& project)
    {
        window_ = std::make_unique<MainWindow>(project);
        window_->dialogs().showError = [](const QString& words) { QFAIL(qPrintable(words)); };
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }

    void save(const QString& file)
    {
        window_->dialogs().saveFile = [file](const QString&) { return file; };
        child<QAction>("actionSaveAs")->trigger();
        QVERIFY(QFile::exists(file));
    }

    void train()
    {
        goTo("train");
        QTest::mouseClick(child<QPushButton>("runStudyButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window_->document().queue().isIdle(), 30000);
    }

    template <class Widget>
    Widget* child(const QString& name) const
    {
        return childOf<Widget>(window_.get(), name);
    }

    void goTo(const QString& page) { QTest::mouseClick(child<QToolButton>("rail-" + page), Qt::LeftButton); }

    ProjectDocument& document() const { return window_->document(); }
    const Project& project() const { return window_->document().project(); }

    QTemporaryDir folder_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestMainWindow)
#include "test_main_window.moc"
