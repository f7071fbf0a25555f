#include "window/main_window.h"

#include <array>

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "common/error.h"
#include "common/version.h"
#include "figures/study_figures.h"
#include "pages/compare_page.h"
#include "pages/panel.h"
#include "pages/train_page.h"
#include "pages/wafer_page.h"
#include "window/appearance.h"

namespace faultline
{

namespace
{

constexpr int layoutVersion = 1; // of the window's saved geometry

const QString fileSuffix = QStringLiteral(".faultline");

Dialogs realDialogs(QWidget* window)
{
    const QString filter = MainWindow::tr("Faultline projects (*%1)").arg(fileSuffix);
    Dialogs dialogs;
    dialogs.openFile = [=] {
        return QFileDialog::getOpenFileName(window, MainWindow::tr("Open project"), {}, filter);
    };
    dialogs.saveFile = [=](const QString& suggestion) {
        return QFileDialog::getSaveFileName(window, MainWindow::tr("Save project"), suggestion, filter);
    };
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
    dialogs.dropResults = [=] {
        return QMessageBox::question(
                   window, MainWindow::tr("Run study"),
                   MainWindow::tr("The results of the last study are not saved. Run the study again "
                                  "and drop them?")) == QMessageBox::Yes;
    };
    dialogs.showError = [=](const QString& words) { QMessageBox::warning(window, "Faultline", words); };
    return dialogs;
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
    addPage(new WaferPage(document_), tr("Wafer"), "wafer");
    addPage(train, tr("Train"), "train");
    addPage(compare, tr("Compare"), "compare");
    makeMenus();
    tintRail();

    auto* centre = new QWidget;
    auto* layout = new QHBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(rail_);
    layout->addWidget(pages_, 1);
    setCentralWidget(centre);
    status_->setContentsMargins(8, 0, 0, 0);
    statusBar()->addWidget(status_, 1);

    connect(train, &TrainPage::datasetWanted, this, &MainWindow::chooseDataset);
    connect(train, &TrainPage::studyWanted, this, &MainWindow::startStudy);
    connect(compare, &ComparePage::exportWanted, this, &MainWindow::exportFigures);
    connect(&document_, &ProjectDocument::projectReplaced, this, &MainWindow::showTitle);
    connect(&document_, &ProjectDocument::modifiedChanged, this, &MainWindow::showTitle);
    connect(&document_, &ProjectDocument::failed, this,
            [this](const QString& reason) { dialogs_.showError(reason); });
    connect(&document_, &ProjectDocument::projectReplaced, this, &MainWindow::showStatus);
    connect(&document_, &ProjectDocument::progressed, this, &MainWindow::showStatus);
    connect(&document_, &ProjectDocument::runningChanged, this, &MainWindow::showStatus);
    showTitle();
    showStatus();

    resize(1280, 800);
    const QSettings settings;
    restoreGeometry(settings.value("window/geometry").toByteArray());
    restoreState(settings.value("window/state").toByteArray(), layoutVersion);
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
    button->setObjectName("rail-" + icon);
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
    file->addSeparator();
    add(file, tr("&Save"), "actionSave", QKeySequence::Save, [this] { save(); });
    add(file, tr("Save &as…"), "actionSaveAs", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S),
        [this] { saveAs(); });
    add(file, tr("&Export figures…"), "actionExport", QKeySequence(Qt::CTRL | Qt::Key_E),
        [this] { exportFigures(); });
    file->addSeparator();
    add(file, tr("&Quit"), "actionQuit", QKeySequence::Quit, [this] { close(); });

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

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    add(help, tr("&About Faultline"), "actionAbout", {}, [this] { about(); });
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
    } catch (const Error& error) {
        dialogs_.showError(QString::fromUtf8(error.what()));
        return false;
    }
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
    attempt([&] { document_.open(file.toStdString()); });
}

bool MainWindow::save()
{
    if (document_.file().empty())
        return saveAs();
    return attempt([this] { document_.save(document_.file()); });
}

bool MainWindow::saveAs()
{
    const QString suggestion = document_.file().empty()
                                   ? QString::fromStdString(document_.project().name) + fileSuffix
                                   : QString::fromStdString(document_.file().string());
    QString file = dialogs_.saveFile(suggestion);
    if (file.isEmpty())
        return false;
    if (!file.endsWith(fileSuffix))
        file += fileSuffix;
    return attempt([&] { document_.save(file.toStdString()); });
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

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!mayDropChanges()) {
        event->ignore();
        return;
    }
    QSettings settings;
    settings.setValue("window/geometry", saveGeometry());
    settings.setValue("window/state", saveState(layoutVersion));
    event->accept();
}

void MainWindow::startStudy(const StudyPlan& plan, int threads)
{
    const bool unsavedResults = document_.isModified() && !document_.project().result.runs.empty();
    if (!unsavedResults || dialogs_.dropResults())
        attempt([&] { document_.startStudy(plan, threads); });
}

void MainWindow::exportFigures()
{
    const QString folder = dialogs_.folder(tr("Export figures into folder"));
    if (folder.isEmpty())
        return;
    constexpr std::array formats{FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Png};
    if (attempt([&] { faultline::exportFigures(document_.project(), folder.toStdString(), formats); }))
        statusBar()->showMessage(tr("Figures are in %1").arg(folder), 8000);
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
           "<p>Qt %2</p>"
           "<p>Free software under the GNU General Public License, version 3 or later "
           "(GPL-3.0-or-later). It comes without any warranty.</p>")
            .arg(version(), qVersion()));
}

void MainWindow::showTitle()
{
    const QString name = QString::fromStdString(
        document_.file().empty() ? document_.project().name : document_.file().filename().string());
    setWindowTitle(name + "[*] – Faultline");
    setWindowModified(document_.isModified());
}

void MainWindow::showStatus()
{
    const StudyProgress& progress = document_.progress();
    QString text = tr("%1: %2 dies")
                       .arg(QString::fromStdString(document_.project().name))
                       .arg(document_.project().wafer.dies.size());
    if (document_.isRunning()) {
        text += tr("  ·  training: %1 of %2 networks").arg(progress.finishedRuns).arg(progress.runs);
        if (progress.secondsLeft >= 0.0)
            text += tr(", about %1 left").arg(duration(progress.secondsLeft));
    } else if (progress.finishedRuns > 0) {
        text += tr("  ·  %1 of %2 networks trained").arg(progress.finishedRuns).arg(progress.runs);
    }
    status_->setText(text);
}

} // namespace faultline
