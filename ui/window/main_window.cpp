#include "window/main_window.h"

#include <algorithm>
#include <array>

#include <QAbstractButton>
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include "common/error.h"
#include "common/version.h"
#include "document/wafer_edits.h"
#include "figures/study_figures.h"
#include "pages/circuit_page.h"
#include "pages/classify_dialog.h"
#include "pages/compare_page.h"
#include "pages/die_page.h"
#include "pages/export_dies_dialog.h"
#include "pages/import_dialog.h"
#include "pages/jobs_strip.h"
#include "pages/panel.h"
#include "pages/statistics_page.h"
#include "pages/train_page.h"
#include "pages/wafer_page.h"
#include "views/export_dialog.h"
#include "views/figure_menu.h"
#include "views/tinted_icon.h"
#include "window/appearance.h"
#include "window/application.h"
#include "window/hint_bar.h"
#include "window/shortcuts.h"

namespace faultline
{

namespace
{

constexpr int layoutVersion = 1; // of the window's saved geometry

const QString railPrefix = QStringLiteral("rail-"); // of a button's name, before its page's
const QString fileSuffix = QStringLiteral(".faultline");

Dialogs realDialogs(QWidget* window)
{
    const QString filter = MainWindow::tr("Faultline projects (*%1)").arg(fileSuffix);
    Dialogs dialogs;
    dialogs.openFile = [=] {
        return QFileDialog::getOpenFileName(window, MainWindow::tr("Open project"), {}, filter);
    };
    dialogs.measuredFiles = [=] {
        return QFileDialog::getOpenFileNames(
            window, MainWindow::tr("Import measured dies"), {},
            MainWindow::tr(
                "Measurements (*.csv *.tsv *.txt *.dat *.npy *.npz *.h5 *.hdf5 *.mat);;All files (*)"));
    };
    dialogs.saveFile = [=](const QString& suggestion) {
        return QFileDialog::getSaveFileName(window, MainWindow::tr("Save project"), suggestion, filter);
    };
    dialogs.mayReplace = askToReplace(window);
    dialogs.folder = [=](const QString& title) { return QFileDialog::getExistingDirectory(window, title); };
    dialogs.saveChanges = [=] {
        switch (QMessageBox::question(window, MainWindow::tr("Unsaved changes"),
                                      MainWindow::tr("Save the changes to this project?"),
                                      QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel)) {
        case QMessageBox::Save:
            return Dialogs::Answer::Save;
        case QMessageBox::Discard:
            return Dialogs::Answer::Discard;
        default:
            return Dialogs::Answer::Cancel;
        }
    };
    dialogs.replaceDies = [=](const QString& words) {
        return QMessageBox::question(window, MainWindow::tr("Replace the dies"), words,
                                     QMessageBox::Yes | QMessageBox::No, QMessageBox::No) == QMessageBox::Yes;
    };
    dialogs.recover = [=](const QString& words) {
        QMessageBox question(QMessageBox::Question, MainWindow::tr("Recover work"), words, {}, window);
        QAbstractButton* recover = question.addButton(MainWindow::tr("&Recover"), QMessageBox::AcceptRole);
        QAbstractButton* later = question.addButton(MainWindow::tr("&Later"), QMessageBox::RejectRole);
        question.addButton(MainWindow::tr("&Delete it"), QMessageBox::DestructiveRole);
        question.setEscapeButton(later); // what can't be undone needs a click
        question.exec();
        return question.clickedButton() == recover ? Dialogs::Recover::Now
               : question.clickedButton() == later ? Dialogs::Recover::Later
                                                   : Dialogs::Recover::Never;
    };
    dialogs.showError = [=](const QString& words) { QMessageBox::warning(window, "Faultline", words); };
    return dialogs;
}

/// file: empty when the project was never saved.
QString recoveryWords(const Recovery& recovery, const std::filesystem::path& file)
{
    const QString name = QString::fromStdString(recovery.project.name);
    QString words =
        file.empty()
            ? MainWindow::tr("Faultline ended unexpectedly while it worked on \"%1\", which was never saved.")
                  .arg(name)
            : MainWindow::tr("Faultline ended unexpectedly while it worked on \"%1\" in\n%2")
                  .arg(name, QString::fromStdString(file.string()));
    words += MainWindow::tr("\n\nNot saved yet:");
    if (recovery.edits)
        words += MainWindow::tr("\n• changes to the project");
    if (recovery.finishedRuns > 0)
        words += MainWindow::tr("\n• finished training runs: %1").arg(recovery.finishedRuns);
    if (recovery.begunRuns > 0)
        words +=
            MainWindow::tr("\n• begun training runs, up to their last epoch: %1").arg(recovery.begunRuns);
    if (recovery.otherContent)
        words +=
            "\n\n" + QString::fromStdString(recovery.otherContent->words()) +
            MainWindow::tr(" Recovering leaves the file as it is until you save; to keep both, save under "
                           "another name.");
    words += file.empty()
                 ? MainWindow::tr("\n\nLater keeps this for the next start.")
                 : MainWindow::tr("\n\nLater keeps this for the next start and opens the file read-only, as "
                                  "it was saved.");
    return words;
}

/// One project, or files and folders of measurements; nothing for anything else.
QStringList droppedFiles(const QDropEvent& event)
{
    QStringList files;
    for (const QUrl& url : event.mimeData()->urls())
        if (url.isLocalFile())
            files.append(url.toLocalFile());
    const bool projects = !files.filter(fileSuffix).isEmpty();
    return projects && files.size() > 1 ? QStringList() : files;
}

} // namespace

MainWindow::MainWindow(Project project, QWidget* parent)
    : QMainWindow(parent),
      document_(std::move(project)),
      dialogs_(realDialogs(this)),
      rail_(new QWidget),
      railButtons_(new QButtonGroup(this)),
      pages_(new QStackedWidget),
      status_(new QLabel)
{
    setObjectName("mainWindow");
    pages_->setObjectName("pages");
    status_->setObjectName("statusLine");

    auto* train = new TrainPage(document_);
    auto* compare = new ComparePage(document_);
    makeRail();
    auto* wafer = new WaferPage(document_);
    auto* die = new DiePage(document_);
    addPage(wafer, tr("Wafer"), "wafer");
    addPage(die, tr("Die"), "die");
    addPage(train, tr("Train"), "train");
    addPage(compare, tr("Compare"), "compare");
    auto* statistics = new StatisticsPage(document_);
    addPage(statistics, tr("Statistics"), "statistics");
    auto* circuit = new CircuitPage(document_);
    addPage(circuit, tr("Circuit"), "circuit");
    makeMenus();
    tintRail();

    auto* centre = new QWidget;
    auto* withHints = new QVBoxLayout(centre);
    withHints->setContentsMargins(0, 0, 0, 0);
    withHints->setSpacing(0);
    auto* layout = new QHBoxLayout;
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(rail_);
    auto* jobs = new JobsStrip(document_);
    auto* aboveJobs = new QVBoxLayout;
    aboveJobs->setSpacing(0);
    aboveJobs->addWidget(pages_, 1);
    aboveJobs->addWidget(jobs);
    layout->addLayout(aboveJobs, 1);
    if (!QSettings().value("hintsSeen", false).toBool()) {
        auto* hints = new HintBar;
        withHints->addWidget(hints);
        connect(hints, &HintBar::closed, hints, [hints] {
            QSettings().setValue("hintsSeen", true);
            hints->deleteLater();
        });
    }
    withHints->addLayout(layout, 1);
    setCentralWidget(centre);
    status_->setContentsMargins(8, 0, 0, 0);
    statusBar()->addWidget(status_, 1);

    wafer->mayReplaceDies = [this] { return mayReplaceDies(); };
    connect(wafer, &WaferPage::dieWanted, this, [this, die](int index) {
        die->showDie(index);
        pages_->setCurrentWidget(die);
    });
    connect(jobs, &JobsStrip::studyWanted, this, [this, train](int study) {
        document_.showStudy(study);
        pages_->setCurrentWidget(train);
    });
    connect(train, &TrainPage::datasetWanted, this, &MainWindow::chooseDataset);
    connect(train, &TrainPage::failed, this, [this](const QString& reason) { dialogs_.showError(reason); });
    connect(statistics, &StatisticsPage::failed, this,
            [this](const QString& reason) { dialogs_.showError(reason); });
    connect(statistics, &StatisticsPage::classifyWanted, this, &MainWindow::classifyCells);
    connect(statistics, &StatisticsPage::studyWanted, this, [this, train] {
        pages_->setCurrentWidget(train);
        train->start();
    });
    connect(compare, &ComparePage::exportWanted, this, &MainWindow::exportFigures);
    connect(&document_, &ProjectDocument::projectReplaced, this, &MainWindow::showTitle);
    connect(&document_, &ProjectDocument::modifiedChanged, this, &MainWindow::showTitle);
    connect(&document_, &ProjectDocument::waferChanged, this, &MainWindow::showTitle);
    connect(&document_, &ProjectDocument::projectReplaced, this, &MainWindow::restoreView);
    connect(&document_, &ProjectDocument::aboutToSave, this, [this](ViewState& view) {
        view.page = nameOfPage(pages_->currentIndex()).toStdString();
        document_.keepFigures(savedFigures());
    });
    connect(&document_.queue(), &StudyQueue::failed, this,
            [this](const QString& reason) { dialogs_.showError(reason); });
    connect(&document_, &ProjectDocument::journalFailed, this, [this](const QString& reason) {
        statusBar()->showMessage(tr("A crash would now cost what is not saved: %1").arg(reason));
    });
    connect(&document_, &ProjectDocument::projectReplaced, this, &MainWindow::showStatus);
    connect(&document_, &ProjectDocument::waferChanged, this, &MainWindow::showStatus);
    connect(&document_.evaluator(), &Evaluator::failureChanged, this, &MainWindow::showStatus);
    if (auto* application = qobject_cast<Application*>(qApp)) // once the event that failed is over
        connect(application, &Application::failed, this, &MainWindow::tellFailure, Qt::QueuedConnection);
    showTitle();
    showStatus();

    setAcceptDrops(true);
    resize(1280, 800);
    const QSettings settings;
    restoreGeometry(settings.value("window/geometry").toByteArray());
    restoreState(settings.value("window/state").toByteArray(), layoutVersion);
    for (auto* splitter : findChildren<QSplitter*>())
        if (!splitter->objectName().isEmpty())
            splitter->restoreState(settings.value("window/" + splitter->objectName()).toByteArray());
}

void MainWindow::makeRail()
{
    rail_->setObjectName("rail");
    rail_->setAutoFillBackground(true);
    rail_->setBackgroundRole(QPalette::Button);
    auto* layout = new QVBoxLayout(rail_);
    layout->setContentsMargins(6, pageMargin, 6, pageMargin);
    layout->setSpacing(6);
    layout->addStretch(1);
    connect(railButtons_, &QButtonGroup::idClicked, pages_, &QStackedWidget::setCurrentIndex);
    // Shortcuts of the menu change the page too.
    connect(pages_, &QStackedWidget::currentChanged, this,
            [this](int page) { railButtons_->button(page)->setChecked(true); });
}

void MainWindow::addPage(QWidget* page, const QString& name, const QString& icon)
{
    const int index = pages_->count();
    auto* button = new QToolButton;
    button->setObjectName(railPrefix + icon);
    button->setText(name);
    button->setToolTip(tr("%1 (Ctrl+%2)").arg(name).arg(index + 1));
    button->setCheckable(true);
    button->setAutoRaise(true);
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setIconSize({28, 28});
    button->setFixedSize(76, 64);
    button->setProperty("iconFile", ":/faultline/icons/" + icon + ".svg");
    railButtons_->addButton(button, index);
    auto* layout = static_cast<QVBoxLayout*>(rail_->layout());
    layout->insertWidget(index, button);
    pages_->addWidget(page);
    button->setChecked(index == 0);
}

QString MainWindow::nameOfPage(int page) const
{
    return railButtons_->button(page)->objectName().remove(0, railPrefix.size());
}

/// The pages restore what is theirs.
void MainWindow::restoreView()
{
    const Project& project = document_.project();
    if (project.figures)
        saveFigures(*project.figures);
    for (int page = 0; project.view && page < pages_->count(); ++page)
        if (nameOfPage(page).toStdString() == project.view->page)
            pages_->setCurrentIndex(page);
}

void MainWindow::makeMenus()
{
    const auto add = [this](QMenu* menu, const QString& text, const char* name, const QKeySequence& keys,
                            const auto& slot) {
        QAction* action = menu->addAction(text);
        action->setObjectName(name);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, slot);
        return action;
    };
    QMenu* file = menuBar()->addMenu(tr("&File"));
    add(file, tr("&New demo project"), "actionNew", QKeySequence::New, [this] { newDemo(); });
    add(file, tr("&Open…"), "actionOpen", QKeySequence::Open, [this] { open(); });
    QMenu* recent = file->addMenu(tr("Open &recent"));
    recent->setObjectName("menuRecent");
    connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecent(*recent); });
    file->addSeparator();
    add(file, tr("&Save"), "actionSave", QKeySequence::Save, [this] { save(); });
    add(file, tr("Save &as…"), "actionSaveAs", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S),
        [this] { saveAs(); });
    add(file, tr("&Import measured dies…"), "actionImport", QKeySequence(Qt::CTRL | Qt::Key_I),
        [this] { importDies(dialogs_.measuredFiles()); });
    add(file, tr("Import fo&lder…"), "actionImportFolder", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I),
        [this] {
            if (const QString folder = dialogs_.folder(tr("Folder of measured dies")); !folder.isEmpty())
                importDies({folder});
        });
    add(file, tr("&Export figures…"), "actionExport", QKeySequence(Qt::CTRL | Qt::Key_E),
        [this] { exportFigures(); });
    add(file, tr("Export &dies and weights…"), "actionExportDies",
        QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E), [this] { exportDies(); });
    file->addSeparator();
    add(file, tr("&Quit"), "actionQuit", QKeySequence::Quit, [this] { close(); });

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    QUndoStack& stack = document_.undoStack();
    QAction* undo = stack.createUndoAction(this, tr("Undo"));
    undo->setObjectName("actionUndo");
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = stack.createRedoAction(this, tr("Redo"));
    redo->setObjectName("actionRedo");
    redo->setShortcuts({QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
    edit->addActions({undo, redo});
    edit->addSeparator();
    edit->addActions(pages_->findChild<DiePage*>()->editActions());
    edit->addSeparator();
    add(edit, tr("&Classify cells…"), "actionClassify", QKeySequence(Qt::CTRL | Qt::Key_L),
        [this] { classifyCells(); });

    QMenu* view = menuBar()->addMenu(tr("&View"));
    for (QAbstractButton* button : railButtons_->buttons()) {
        const int page = railButtons_->id(button);
        add(view, button->text(), qPrintable("actionPage" + button->text()),
            QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + page)),
            [this, page] { pages_->setCurrentIndex(page); });
    }
    view->addSeparator();
    QMenu* colours = view->addMenu(tr("&Colours"));
    auto* group = new QActionGroup(colours);
    const std::array names{tr("&System"), tr("&Light"), tr("&Dark")}; // as in Appearance
    const int current = QSettings().value("appearance", 0).toInt();
    for (int k = 0; k < 3; ++k) {
        QAction* action = add(colours, names[static_cast<std::size_t>(k)], "actionColours", {}, [k] {
            QSettings().setValue("appearance", k);
            QApplication::setPalette(paletteOf(static_cast<Appearance>(k)));
        });
        action->setCheckable(true);
        action->setChecked(k == current);
        group->addAction(action);
    }

    add(view, tr("&Reset layout"), "actionResetLayout", {}, [this] { resetLayout(); });

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    add(help, tr("&Keyboard shortcuts"), "actionShortcuts", QKeySequence(Qt::Key_F1),
        [this] { showShortcuts(*this); });
    add(help, tr("&About Faultline"), "actionAbout", {}, [this] { about(); });
}

void MainWindow::fillRecent(QMenu& menu)
{
    menu.clear();
    for (const QString& file : QSettings().value("recent").toStringList())
        menu.addAction(file, this, [this, file] {
            if (mayDropChanges())
                openFile(file);
        });
    if (menu.isEmpty())
        menu.addAction(tr("none yet"))->setEnabled(false);
}

void MainWindow::remember(const QString& file)
{
    constexpr qsizetype most = 8;
    QSettings settings;
    QStringList files = settings.value("recent").toStringList();
    const QString whole = QFileInfo(file).absoluteFilePath();
    files.removeAll(whole);
    files.prepend(whole);
    settings.setValue("recent", files.mid(0, most));
}

void MainWindow::resetLayout()
{
    resize(1280, 800);
    for (auto* splitter : findChildren<QSplitter*>())
        splitter->setSizes(QList<int>(splitter->count(), 1)); // as their stretch factors share it
    QSettings().remove("window");
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!droppedFiles(*event).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    const QStringList files = droppedFiles(*event);
    event->acceptProposedAction();
    if (!files.front().endsWith(fileSuffix))
        importDies(files);
    else if (mayDropChanges())
        openFile(files.front());
}

void MainWindow::importDies(const QStringList& filesAndFolders)
{
    if (filesAndFolders.isEmpty())
        return;
    std::vector<std::filesystem::path> paths;
    for (const QString& path : filesAndFolders)
        paths.emplace_back(path.toStdString());
    attempt([&] {
        const Wafer& wafer = document_.project().wafer;
        auto* dialog =
            new ImportDialog(paths, this, wafer.dies.empty() ? std::nullopt : std::optional(wafer.geometry));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->mayReplace = [this] { return mayReplaceDies(); };
        connect(dialog, &ImportDialog::accepted, this, [this, dialog] {
            attempt([&] {
                if (dialog->adds())
                    addDies(document_, diesToAdd(document_.project().wafer, dialog->takeWafer().dies));
                else
                    replaceWafer(document_, dialog->takeWafer());
            });
            pages_->setCurrentWidget(findChild<WaferPage*>());
        });
        dialog->open();
    });
}

void MainWindow::tintRail()
{
    for (QAbstractButton* button : railButtons_->buttons())
        button->setIcon(tintedIcon(button->property("iconFile").toString(), palette()));
}

void MainWindow::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        tintRail();
    QMainWindow::changeEvent(event);
}

bool MainWindow::attempt(const std::function<void()>& action)
{
    try {
        action();
        return true;
    } catch (const std::exception& error) {
        dialogs_.showError(reasonOf(error));
    }
    return false;
}

/// One message at a time: what fails at every repainting would fail below its message, too.
void MainWindow::tellFailure(const QString& reason)
{
    if (telling_)
        return;
    const QScopedValueRollback telling(telling_, true);
    dialogs_.showError(reason);
}

void MainWindow::newDemo()
{
    if (mayDropChanges())
        attempt([this] { document_.replaceProject(demoProject()); });
}

void MainWindow::open()
{
    if (!mayDropChanges())
        return;
    const QString file = dialogs_.openFile();
    if (!file.isEmpty())
        openFile(file);
}

void MainWindow::openFile(const QString& file)
{
    if (!attempt([&] { document_.open(file.toStdString()); }))
        return;
    remember(file);
    if (!document_.readOnly().empty())
        dialogs_.showError(
            tr("%1.\nThe project is open read-only: you can look at it, train on it and save it "
               "under another name.")
                .arg(QString::fromStdString(document_.readOnly())));
    attempt([&] {
        auto recovery = document_.recoverable();
        if (!recovery)
            return;
        switch (dialogs_.recover(recoveryWords(*recovery, document_.file()))) {
        case Dialogs::Recover::Now:
            return document_.recover(std::move(*recovery));
        case Dialogs::Recover::Later:
            document_.postponeRecovery();
            return showTitle(); // read-only from now on
        case Dialogs::Recover::Never:
            return document_.discardJournal();
        }
    });
}

void MainWindow::offerCrashed()
{
    // Once something is recovered, the others wait for the next start.
    for (const std::filesystem::path& file : Safekeeping::crashedProjects())
        if (!document_.isModified())
            openFile(QString::fromStdString(file.string()));
    for (const std::filesystem::path& name : Safekeeping::unsavedProjects())
        if (!document_.isModified())
            offerUnsaved(name);
}

void MainWindow::offerUnsaved(const std::filesystem::path& name)
{
    const std::filesystem::path journal = journalOf(name);
    const bool done = attempt([&] {
        auto recovery = recover(journal, {});
        const auto answer =
            recovery ? dialogs_.recover(recoveryWords(*recovery, {})) : Dialogs::Recover::Never;
        if (answer == Dialogs::Recover::Now)
            document_.recover(std::move(*recovery), name);
        else if (answer == Dialogs::Recover::Never)
            std::filesystem::remove_all(journal);
    });
    if (done)
        return;
    std::filesystem::path aside = journal; // so that it is told of once, not at every start
    aside += ".unreadable";
    attempt([&] { std::filesystem::rename(journal, aside); });
}

bool MainWindow::save()
{
    if (!document_.readOnly().empty())
        dialogs_.showError(
            tr("%1.\nChoose another name to save under.").arg(QString::fromStdString(document_.readOnly())));
    if (document_.file().empty() || !document_.readOnly().empty())
        return saveAs();
    return attempt([this] { document_.save(document_.file()); });
}

bool MainWindow::saveAs()
{
    QString name = QString::fromStdString(document_.project().name);
    const QString suggestion = document_.file().empty() ? name.replace('/', '-') + fileSuffix
                                                        : QString::fromStdString(document_.file().string());
    QString file = dialogs_.saveFile(suggestion);
    if (file.isEmpty())
        return false;
    if (!file.endsWith(fileSuffix)) {
        file += fileSuffix;
        const QFileInfo complete(file);
        if (complete.exists() && !dialogs_.mayReplace({complete.fileName()}))
            return false;
    }
    const bool saved = attempt([&] { document_.save(file.toStdString()); });
    showTitle(); // another name, which may be written to
    if (saved)
        remember(file);
    return saved;
}

bool MainWindow::mayDropChanges()
{
    if (!document_.isModified())
        return true;
    switch (dialogs_.saveChanges()) {
    case Dialogs::Answer::Save:
        return save();
    case Dialogs::Answer::Discard:
        return true;
    case Dialogs::Answer::Cancel:
        break;
    }
    return false;
}

/// What studies have found stays with them, and with the dies that it is about.
bool MainWindow::mayReplaceDies()
{
    const std::size_t studies = document_.project().studies.size();
    return studies == 0 ||
           dialogs_.replaceDies(tr("This project has studies of its dies: %1. Other dies in their place have "
                                   "no results yet, and those of the present dies are no longer shown until "
                                   "Edit, Undo brings them back.\nReplace the dies?")
                                    .arg(studies));
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!mayDropChanges()) {
        event->ignore();
        return;
    }
    QSettings settings;
    settings.setValue("window/geometry", saveGeometry());
    settings.setValue("window/state", saveState(layoutVersion));
    for (const auto* splitter : findChildren<QSplitter*>())
        if (!splitter->objectName().isEmpty())
            settings.setValue("window/" + splitter->objectName(), splitter->saveState());
    event->accept();
}

void MainWindow::exportFigures()
{
    const Study none;
    std::vector<std::shared_ptr<const Figure>> figures =
        studyFigures(document_.project().wafer, document_.study() ? *document_.study() : none,
                     findChild<ComparePage*>()->choice());
    for (auto& shown : figuresShown(*pages_))
        if (std::ranges::find(figures, shown->name, [](const auto& one) { return one->name; }) ==
            figures.end())
            figures.push_back(std::move(shown));
    if (figures.empty())
        return dialogs_.showError(tr("This project has no dies, so there are no figures to export."));
    auto* dialog = new ExportDialog(std::move(figures), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::exportDies()
{
    if (document_.project().wafer.dies.empty())
        return dialogs_.showError(tr("This project has no dies to export."));
    auto* dialog = new ExportDiesDialog(document_.project(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::classifyCells()
{
    if (document_.project().wafer.dies.empty())
        return dialogs_.showError(tr("This project has no dies to classify."));
    auto* dialog = new ClassifyDialog(document_.project().wafer, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ClassifyDialog::accepted, this,
            [this, dialog] { setLabels(document_, dialog->labels()); });
    dialog->open();
}

void MainWindow::chooseDataset()
{
    const QString folder = dialogs_.folder(tr("Folder with images in IDX form"));
    if (!folder.isEmpty())
        document_.setDataset(folder.toStdString());
}

void MainWindow::about()
{
    QMessageBox::about(
        this, tr("About Faultline"),
        tr("<h3>Faultline %1</h3>"
           "<p>Explore memory crossbars: what defects do to neural networks, and training that "
           "survives them.</p>"
           "<p>Qt and Qt Charts %2, %3</p>"
           "<p>Free software under the GNU General Public License, version 3 or later "
           "(GPL-3.0-or-later). It comes without any warranty.</p>")
            .arg(version(), qVersion(), FAULTLINE_BUILT_WITH));
}

void MainWindow::showTitle()
{
    const QString name = QString::fromStdString(
        document_.file().empty() ? document_.project().name : document_.file().filename().string());
    setWindowTitle(name + (document_.readOnly().empty() ? "" : tr(" (read-only)")) + "[*] – Faultline");
    setWindowModified(document_.isModified());
}

void MainWindow::showStatus()
{
    QString text = tr("%1: %2 dies")
                       .arg(QString::fromStdString(document_.project().name))
                       .arg(document_.project().wafer.dies.size());
    if (const QString& failure = document_.evaluator().failure(); !failure.isEmpty())
        text += tr("  ·  ⚠ Some errors on dies are not known: %1").arg(failure);
    status_->setText(text);
}

} // namespace faultline
