#include "pages/train_page.h"

#include <algorithm>

#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QStandardPaths>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/project_document.h"
#include "figures/study_figures.h"
#include "pages/circuit_panel.h"
#include "pages/network_panel.h"
#include "pages/queue_panel.h"
#include "pages/runs_panel.h"
#include "pages/study_form.h"
#include "study/plan_file.h"
#include "views/figure_menu.h"
#include "views/legend_view.h"
#include "views/live_chart.h"

namespace faultline
{

namespace
{

std::vector<LegendEntry> modeEntries()
{
    std::vector<LegendEntry> entries;
    entries.reserve(allModes.size());
    for (const TrainingMode mode : allModes)
        entries.push_back({QString::fromUtf8(name(mode)), {styleOf(mode).hue}, LegendEntry::Symbol::Line});
    return entries;
}

QDir presetFolder()
{
    return {QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) + "/presets"};
}

QFileInfoList presetFiles()
{
    return presetFolder().entryInfoList({"*.json"}, QDir::Files, QDir::Name);
}

} // namespace

TrainPage::TrainPage(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      queue_(new QueuePanel(document)),
      runs_(new RunsPanel(document)),
      network_(new NetworkPanel(document))
{
    mayReplace = [this](const QString& question) {
        return QMessageBox::question(this, tr("Presets"), question) == QMessageBox::Yes;
    };
    auto* results = new QTabWidget;
    results->setObjectName("trainTabs");
    results->addTab(runs_, tr("Runs"));
    results->addTab(network_, tr("What the network sees"));
    auto* right = new QSplitter(Qt::Vertical);
    right->setObjectName("trainSplitter");
    right->setChildrenCollapsible(false);
    right->setHandleWidth(pageMargin);
    right->addWidget(queue_);
    right->addWidget(charts());
    right->addWidget(results);
    right->setStretchFactor(0, 2);
    right->setStretchFactor(1, 4);
    right->setStretchFactor(2, 4);
    auto* page = new QHBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(formPanel());
    page->addWidget(right, 1);

    StudyQueue& queue = document.queue();
    connect(&document, &ProjectDocument::projectReplaced, this, &TrainPage::showProject);
    connect(&document, &ProjectDocument::planChanged, this, &TrainPage::showPlan);
    connect(&document, &ProjectDocument::waferChanged, this, &TrainPage::showWafer);
    connect(&document, &ProjectDocument::datasetChanged, this, &TrainPage::showDataset);
    connect(&document, &ProjectDocument::circuitChanged, this, &TrainPage::showCircuit);
    connect(&document, &ProjectDocument::shownStudyChanged, this, &TrainPage::drawCurves);
    connect(&queue, &StudyQueue::studiesChanged, this, &TrainPage::showProgress);
    connect(&queue, &StudyQueue::progressed, this, &TrainPage::showProgress);
    connect(queue_, &QueuePanel::settingsWanted, this, [this](int study) {
        document_.setPlan(document_.project().studies[static_cast<std::size_t>(study)].plan);
    });
    connect(runs_, &RunsPanel::retrainWanted, this, [this](const StudyPlan& plan) {
        document_.setPlan(plan);
        form_->setFocus();
    });
    connect(runs_, &RunsPanel::currentChanged, this, [this] {
        const auto current = runs_->current();
        if (current)
            document_.showStudy(current->study);
        network_->setRun(current);
        emphasise();
    });
    curves_.setInterval(200);
    curves_.setSingleShot(true);
    connect(&curves_, &QTimer::timeout, this, &TrainPage::drawCurves);
    showProject();
}

QWidget* TrainPage::formPanel()
{
    form_ = new StudyForm(document_.project().wafer);
    name_ = new QLineEdit;
    name_->setObjectName("studyName");
    name_->setAccessibleName(tr("Name of the study"));
    name_->setToolTip(tr("Name of the study"));
    auto* presets = new QToolButton;
    presets->setObjectName("presets");
    presets->setText(tr("Presets"));
    presets->setToolTip(tr("Settings kept for other projects"));
    presets->setPopupMode(QToolButton::InstantPopup);
    presets_ = new QMenu(presets);
    presets->setMenu(presets_);
    connect(presets_, &QMenu::aboutToShow, this, &TrainPage::fillPresets);
    threads_ = new QSpinBox;
    threads_->setObjectName("threads");
    threads_->setRange(0, 1024);
    threads_->setSpecialValueText(tr("all cores"));
    threads_->setToolTip(tr("Worker threads; the results do not depend on their number"));
    run_ = new QPushButton(tr("Start"));
    run_->setObjectName("runStudyButton");
    run_->setToolTip(tr("Train these networks, or queue them while others train (Ctrl+Return)"));
    run_->setShortcut(Qt::CTRL | Qt::Key_Return);
    run_->setStyleSheet(
        "QPushButton { padding: 7px 18px; border: 2px solid palette(highlight); border-radius: 5px;"
        " background: palette(highlight); color: palette(highlighted-text); font-weight: bold; }"
        "QPushButton:focus, QPushButton:hover { border-color: palette(text); }"
        "QPushButton:disabled { background: palette(button); border-color: palette(button);"
        " color: palette(placeholder-text); }");
    auto* top = new QHBoxLayout;
    top->addWidget(name_, 1);
    top->addWidget(presets);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(new QLabel(tr("Threads")));
    bottom->addWidget(threads_);
    bottom->addStretch(1);
    bottom->addWidget(run_);

    auto* panel = new Panel(tr("New study"));
    panel->body()->addLayout(top);
    panel->body()->addWidget(form_, 1);
    panel->body()->addLayout(bottom);
    auto* circuit = new CircuitPanel(document_);
    auto* tabs = new QTabWidget;
    tabs->setObjectName("studyTabs");
    tabs->addTab(panel, tr("Study"));
    tabs->addTab(circuit, tr("Circuit"));
    tabs->setFixedWidth(350);

    connect(form_, &StudyForm::datasetWanted, this, &TrainPage::datasetWanted);
    connect(form_, &StudyForm::circuitWanted, tabs, [tabs, circuit] { tabs->setCurrentWidget(circuit); });
    connect(form_, &StudyForm::edited, this, [this] {
        refused_ = !form_->reason().isEmpty();
        run_->setEnabled(!refused_);
        if (!refused_)
            document_.setPlan(form_->plan());
    });
    connect(run_, &QPushButton::clicked, this, &TrainPage::start);
    connect(threads_, &QSpinBox::valueChanged, &document_.queue(), &StudyQueue::setThreads);
    return tabs;
}

QWidget* TrainPage::charts()
{
    const QString hint = tr("Curves of all runs appear here while a study trains.");
    loss_ = new LiveChart(tr("Epoch"), tr("Loss (nat)"), hint);
    loss_->setObjectName("lossChart");
    error_ = new LiveChart(tr("Epoch"), tr("Error (%)"), hint);
    error_->setObjectName("errorChart");
    status_ = quietLabel();
    status_->setObjectName("studyStatus");
    status_->setWordWrap(false);
    auto* legend = new QHBoxLayout;
    legend->addWidget(new LegendView(modeEntries()), 1);
    legend->addWidget(status_);
    auto* both = new QHBoxLayout;
    both->setSpacing(pageMargin);
    both->addWidget(new Panel(tr("Loss"), loss_));
    both->addWidget(new Panel(tr("Test error"), error_));
    auto* widget = new QWidget;
    auto* layout = new QVBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(legend);
    layout->addLayout(both, 1);
    for (LiveChart* chart : {loss_, error_}) {
        const auto curves = [this]() -> std::shared_ptr<const Figure> {
            const Study* study = document_.study();
            return study ? trainingCurvesFigure(document_.project().wafer, *study) : nullptr;
        };
        addFigureMenu(*chart, curves);
        addCopyKey(*chart, curves);
        connect(chart, &LiveChart::hovered, this, [this](int run) {
            if (run < 0)
                emphasise();
            for (LiveChart* other : {loss_, error_})
                if (run >= 0)
                    other->emphasise(run);
        });
        connect(chart, &LiveChart::clicked, this, [this](int run) {
            if (run >= 0)
                runs_->select({document_.shownStudy(), run});
        });
    }
    return widget;
}

void TrainPage::fillPresets()
{
    presets_->clear();
    qDeleteAll(presets_->findChildren<QMenu*>());
    presets_->addAction(tr("Defaults"), this, [this] {
        const StudyPlan defaults;
        document_.setPlan(defaults);
    });
    for (const QFileInfo& file : presetFiles())
        presets_->addAction(file.completeBaseName(), this, [this, file] {
            try {
                document_.setPlan(readPlan(file.filePath().toStdString()));
            } catch (const Error& error) {
                emit failed(QString::fromUtf8(error.what()));
            }
        });
    presets_->addSeparator();
    presets_->addAction(tr("Save as preset…"), this, &TrainPage::savePreset)
        ->setEnabled(form_->reason().isEmpty());
    const QFileInfoList files = presetFiles();
    if (files.isEmpty())
        return;
    QMenu* remove = presets_->addMenu(tr("Delete preset"));
    for (const QFileInfo& file : files)
        remove->addAction(file.completeBaseName(), this, [this, file] {
            if (mayReplace(tr("Delete the preset \"%1\"?").arg(file.completeBaseName())))
                QFile::remove(file.filePath());
        });
}

void TrainPage::savePreset()
{
    bool chosen = false;
    const QString name = QInputDialog::getText(this, tr("Save as preset"), tr("Name"), QLineEdit::Normal,
                                               name_->text(), &chosen)
                             .trimmed();
    if (!chosen || name.isEmpty())
        return;
    const QString file = presetFolder().filePath(QString(name).replace('/', '-') + ".json");
    if (QFile::exists(file) && !mayReplace(tr("Replace the preset \"%1\"?").arg(name)))
        return;
    try {
        QDir().mkpath(presetFolder().path());
        writePlan(form_->plan(), file.toStdString());
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void TrainPage::start()
{
    if (const QString reason = form_->reason(); !reason.isEmpty())
        return emit failed(reason);
    try {
        document_.queue().add(name_->text().toStdString(), form_->plan());
        name_->setText(document_.freeStudyName());
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void TrainPage::showProject()
{
    form_->setCircuit(document_.project().circuit);
    refused_ = false;
    showWafer();
    showDataset();
    name_->setText(document_.freeStudyName());
    drawCurves();
    showProgress();
}

void TrainPage::showPlan()
{
    // What a person types stays as it is typed.
    if (!form_->reason().isEmpty() || !form_->plan().isIdentical(document_.project().plan)) {
        form_->setPlan(document_.project().plan);
        refused_ = false;
    }
    run_->setEnabled(form_->reason().isEmpty());
}

/// Dies have come, gone or other names, and room for other networks.
void TrainPage::showWafer()
{
    if (refused_)
        form_->check(); // what a person types stays
    else
        form_->setPlan(document_.project().plan);
    run_->setEnabled(form_->reason().isEmpty());
}

/// The next study's circuit, if it has one, is the project's.
void TrainPage::showCircuit()
{
    form_->setCircuit(document_.project().circuit);
    showPlan();
}

void TrainPage::showDataset()
{
    const std::string folder = document_.project().dataset;
    const QString name = folder.empty()
                             ? tr("MNIST")
                             : QString::fromStdString(std::filesystem::path(folder).filename().string());
    const auto show = [this, name](const QString& problem) {
        form_->setDataset(name, problem);
        run_->setEnabled(problem.isEmpty() && form_->reason().isEmpty());
    };
    show({});
    if (folder.empty())
        return checking_.cancel(); // the images that ship
    // Reading is the only way to know that all is there.
    checking_.start([folder, show](const std::stop_token&) -> Background::Finish {
        QString problem;
        try {
            loadDataset(folder);
        } catch (const std::exception& error) {
            problem = QString::fromUtf8(error.what());
        }
        return [show, problem] { show(problem); };
    });
}

void TrainPage::showProgress()
{
    const StudyQueue& queue = document_.queue();
    QString text;
    if (const auto running = queue.running()) {
        const StudyState& state = queue.states()[static_cast<std::size_t>(*running)];
        if (state.phase == StudyState::Phase::Paused)
            text = tr("paused");
        else if (state.imagesPerSecond > 0.0)
            text = tr("%1 images per second")
                       .arg(QLocale().toString(1000 * qRound(state.imagesPerSecond / 1000)));
    }
    status_->setText(text);

    // Drawing all curves takes longer than a frame: five times a second is live enough.
    if (!queue.isRunning())
        drawCurves();
    else if (!curves_.isActive())
        curves_.start();
}

void TrainPage::drawCurves()
{
    curves_.stop();
    std::vector<LiveCurve> losses, errors;
    double epochs = 2.0;
    const int study = document_.shownStudy();
    const std::vector<StudyState>& states = document_.queue().states();
    if (study >= 0 && study < static_cast<int>(states.size())) {
        const std::vector<RunState>& runs = states[static_cast<std::size_t>(study)].runs;
        for (const TrainingMode mode : drawingOrder)
            for (std::size_t k = 0; k < runs.size(); ++k) {
                const RunState& run = runs[k];
                if (run.settings.mode != mode || run.curve.empty())
                    continue;
                LiveCurve curve;
                curve.hue = styleOf(mode).hue;
                curve.recent = run.phase == RunState::Phase::Training;
                curve.name = QString::fromStdString(run.settings.name(document_.project().wafer));
                curve.key = static_cast<int>(k);
                LiveCurve error = curve;
                for (const EpochRecord& record : run.curve) {
                    curve.points.append({static_cast<double>(record.summary.epoch), record.summary.loss});
                    error.points.append({static_cast<double>(record.summary.epoch), record.testError});
                }
                epochs = std::max(epochs, static_cast<double>(run.settings.training.epochs));
                losses.push_back(std::move(curve));
                errors.push_back(std::move(error));
            }
    }
    loss_->setCurves(losses, epochs);
    error_->setCurves(errors, epochs);
}

/// A style sheet keeps the colours that it was first used with.
void TrainPage::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        run_->setStyleSheet(run_->styleSheet());
    QWidget::changeEvent(event);
}

/// The selected run, as long as no other is under the cursor.
void TrainPage::emphasise()
{
    const auto current = runs_->current();
    const int run = current && current->study == document_.shownStudy() ? current->run : -1;
    for (LiveChart* chart : {loss_, error_})
        chart->emphasise(run);
}

} // namespace faultline
