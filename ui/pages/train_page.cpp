#include "pages/train_page.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

#include "common/error.h"
#include "crossbar/cell_map.h"
#include "document/project_document.h"
#include "document/runs_model.h"
#include "pages/panel.h"
#include "views/legend_view.h"
#include "views/live_chart.h"

namespace faultline
{

namespace
{

constexpr std::array spares{Spare::Copies, Spare::Unused};
constexpr std::array activations{Activation::Tanh, Activation::HardTanh, Activation::Relu, Activation::Sign};

QSpinBox* spinBox(const char* name, int low, int high)
{
    auto* box = new QSpinBox;
    box->setObjectName(name);
    box->setRange(low, high);
    box->setGroupSeparatorShown(true);
    return box;
}

std::vector<LegendEntry> modeEntries()
{
    std::vector<LegendEntry> entries;
    entries.reserve(allModes.size());
    for (const TrainingMode mode : allModes)
        entries.push_back({QString::fromUtf8(name(mode)), {styleOf(mode).hue}, LegendEntry::Symbol::Line});
    return entries;
}

} // namespace

QString duration(double seconds)
{
    if (seconds < 0.0)
        return {};
    const int whole = static_cast<int>(std::lround(seconds));
    if (whole < 60)
        return TrainPage::tr("%1 s").arg(whole);
    if (whole < 3600)
        return TrainPage::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return TrainPage::tr("%1 h %2 min").arg(whole / 3600).arg(whole / 60 % 60);
}

TrainPage::TrainPage(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document)
{
    auto* page = new QHBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(settings());
    page->addWidget(progressPanel(), 1);

    connect(&document, &ProjectDocument::projectReplaced, this, &TrainPage::showPlan);
    connect(&document, &ProjectDocument::runningChanged, this, &TrainPage::showRunning);
    connect(&document, &ProjectDocument::progressed, this, &TrainPage::showProgress);
    curves_.setInterval(200);
    curves_.setSingleShot(true);
    connect(&curves_, &QTimer::timeout, this, &TrainPage::drawCurves);
    showPlan();
}

QWidget* TrainPage::settings()
{
    side_ = spinBox("imageSide", 1, 1000);
    side_->setSuffix(tr(" pixels"));
    side_->setToolTip(tr("Images are averaged down to a square of this side."));
    hidden_ = new QLineEdit;
    hidden_->setObjectName("hiddenNeurons");
    hidden_->setToolTip(
        tr("One number for each hidden layer, as in 40 or 64, 32; none for no hidden layer."));
    activation_ = new QComboBox;
    activation_->setObjectName("activation");
    for (const Activation activation : activations)
        activation_->addItem(QString::fromUtf8(name(activation)));
    spare_ = new QComboBox;
    spare_->setObjectName("spareCells");
    spare_->addItems({tr("copies of layers"), tr("unused")}); // as in spares
    spare_->setToolTip(
        tr("What the cells do that the network leaves over. The outputs of copies are averaged,\n"
           "so that a defect counts by that much less."));
    fit_ = quietLabel();
    fit_->setObjectName("networkFit");

    const std::array tips{tr("Train on a perfect die, then test on every die. Its error on the perfect die "
                             "is the software baseline."),
                          tr("Train one network for each die, on that die's own junctions."),
                          tr("Train on a new random die at every step, drawn from the wafer's statistics.")};
    auto* modes = new QVBoxLayout;
    modes->setSpacing(4);
    for (std::size_t k = 0; k < allModes.size(); ++k) {
        modes_[k] = new QCheckBox(QString::fromUtf8(name(allModes[k])));
        modes_[k]->setObjectName("mode-" + modes_[k]->text());
        modes_[k]->setToolTip(tips[k]);
        modes->addWidget(modes_[k]);
    }
    epochs_ = spinBox("epochs", 1, 100000);
    epochs_->setToolTip(tr("For standard and hardware-aware networks."));
    statisticsEpochs_ = spinBox("statisticsEpochs", 1, 100000);
    statisticsEpochs_->setToolTip(tr("For statistics-aware networks, which need longer."));
    batch_ = spinBox("batch", 1, 100000);
    batch_->setSuffix(tr(" images"));
    learningRate_ = new QDoubleSpinBox;
    learningRate_->setObjectName("learningRate");
    learningRate_->setDecimals(5);
    learningRate_->setRange(0.00001, 1.0);
    learningRate_->setSingleStep(0.001);
    learningRate_->setToolTip(tr("At the start; it falls to zero along a cosine."));
    repeats_ = spinBox("repeats", 1, 1000);
    repeats_->setToolTip(
        tr("Networks per mode, from different random numbers. Hardware-aware has one per die."));
    seed_ = new QLineEdit; // a spin box would cut a seed of 64 bits
    seed_->setObjectName("seed");
    seed_->setValidator(new QRegularExpressionValidator(QRegularExpression("\\d{1,19}"), seed_));
    seed_->setToolTip(tr("The same seed gives the same results, on any number of threads."));
    threads_ = spinBox("threads", 0, 1024);
    threads_->setSpecialValueText(tr("one per core"));
    dataset_ = quietLabel();
    dataset_->setObjectName("datasetName");
    auto* choose = new QPushButton(tr("Choose…"));
    choose->setObjectName("chooseDataset");
    choose->setToolTip(tr("Another folder with images in IDX form, named as MNIST's files."));
    connect(choose, &QPushButton::clicked, this, &TrainPage::datasetWanted);

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(6);
    const auto section = [form](const QString& text) {
        if (form->rowCount() > 0)
            form->addItem(new QSpacerItem(1, 8));
        form->addRow(boldLabel(text));
    };
    section(tr("Network"));
    form->addRow(tr("Image side"), side_);
    form->addRow(tr("Hidden neurons"), hidden_);
    form->addRow(tr("Activation"), activation_);
    form->addRow(tr("Spare cells"), spare_);
    form->addRow(fit_);
    section(tr("Training"));
    form->addRow(tr("Modes"), modes);
    form->addRow(tr("Epochs"), epochs_);
    form->addRow(tr("… statistics-aware"), statisticsEpochs_);
    form->addRow(tr("Batch"), batch_);
    form->addRow(tr("Learning rate"), learningRate_);
    form->addRow(tr("Repeats"), repeats_);
    form->addRow(tr("Seed"), seed_);
    form->addRow(tr("Threads"), threads_);
    section(tr("Images"));
    form->addRow(dataset_, choose);

    auto* panel = new Panel(tr("Study"));
    form_ = new QWidget;
    form_->setLayout(form);
    form->setContentsMargins(0, 0, 8, 0);
    auto* scroll = new QScrollArea;
    scroll->setWidget(form_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    panel->body()->addWidget(scroll, 1);
    panel->setFixedWidth(330);

    for (QSpinBox* box : form_->findChildren<QSpinBox*>())
        connect(box, &QSpinBox::valueChanged, this, &TrainPage::check);
    connect(hidden_, &QLineEdit::textChanged, this, &TrainPage::check);
    connect(spare_, &QComboBox::currentIndexChanged, this, &TrainPage::check);
    for (QCheckBox* box : modes_)
        connect(box, &QCheckBox::toggled, this, &TrainPage::check);
    return panel;
}

QWidget* TrainPage::progressPanel()
{
    run_ = new QPushButton(tr("Run study"));
    run_->setObjectName("runStudyButton");
    run_->setStyleSheet(
        "QPushButton { padding: 7px 22px; border: 2px solid palette(highlight); border-radius: 5px;"
        " background: palette(highlight); color: palette(highlighted-text); font-weight: bold; }"
        "QPushButton:focus, QPushButton:hover { border-color: palette(text); }"
        "QPushButton:disabled { background: palette(button); border-color: palette(button);"
        " color: palette(placeholder-text); }");
    stop_ = new QPushButton(tr("Stop"));
    stop_->setObjectName("stopButton");
    stop_->setMinimumSize(90, 34);
    stop_->setToolTip(tr("Finished runs are kept."));
    progress_ = new QProgressBar;
    progress_->setObjectName("studyProgress");
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(8);
    status_ = new QLabel;
    status_->setObjectName("studyStatus");
    connect(run_, &QPushButton::clicked, this, [this] { emit studyWanted(plan(), threads_->value()); });
    connect(stop_, &QPushButton::clicked, this, [this] {
        document_.stopStudy();
        stop_->setEnabled(false);
        status_->setText(tr("Stopping…"));
    });

    auto* words = new QVBoxLayout;
    words->setSpacing(6);
    words->addWidget(status_);
    words->addWidget(progress_);
    auto* top = new QHBoxLayout;
    top->setSpacing(10);
    top->addWidget(run_);
    top->addWidget(stop_);
    top->addLayout(words, 1);

    const QString hint = tr("Curves of all runs appear here while a study trains.");
    loss_ = new LiveChart(tr("Epoch"), tr("Loss (nat)"), hint);
    loss_->setObjectName("lossChart");
    error_ = new LiveChart(tr("Epoch"), tr("Test error (%)"), hint);
    error_->setObjectName("errorChart");
    auto* charts = new QHBoxLayout;
    charts->setSpacing(pageMargin);
    charts->addWidget(new Panel(tr("Loss"), loss_));
    charts->addWidget(new Panel(tr("Test error"), error_));

    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(new RunsModel(document_, this));
    sorted->setSortRole(Qt::EditRole);
    runs_ = new QTableView;
    runs_->setObjectName("runsTable");
    runs_->setModel(sorted);
    runs_->setSortingEnabled(true);
    runs_->sortByColumn(-1, Qt::AscendingOrder); // as planned, until a header is clicked
    runs_->setSelectionBehavior(QAbstractItemView::SelectRows);
    makeQuiet(*runs_);

    auto* widget = new QWidget;
    auto* layout = new QVBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(pageMargin);
    layout->addLayout(top);
    layout->addWidget(new LegendView(modeEntries()));
    layout->addLayout(charts, 3);
    layout->addWidget(new Panel(tr("Runs"), runs_), 2);
    return widget;
}

void TrainPage::showPlan()
{
    const Project& project = document_.project();
    const StudyPlan& plan = project.plan;
    side_->setValue(plan.side);
    QStringList hidden;
    for (std::size_t k = 1; k + 1 < plan.network.layers.size(); ++k)
        hidden.append(QString::number(plan.network.layers[k]));
    hidden_->setText(hidden.join(", "));
    activation_->setCurrentIndex(
        static_cast<int>(std::ranges::find(activations, plan.network.hidden) - activations.begin()));
    spare_->setCurrentIndex(static_cast<int>(std::ranges::find(spares, plan.spare) - spares.begin()));
    for (std::size_t k = 0; k < allModes.size(); ++k)
        modes_[k]->setChecked(std::ranges::find(plan.modes, allModes[k]) != plan.modes.end());
    epochs_->setValue(plan.training.epochs);
    statisticsEpochs_->setValue(plan.statisticsAware.epochs);
    batch_->setValue(plan.training.batch);
    learningRate_->setValue(plan.training.learningRate);
    repeats_->setValue(plan.repeats);
    seed_->setText(QString::number(plan.seed));
    check();
    showRunning();
}

StudyPlan TrainPage::plan() const
{
    StudyPlan plan = document_.project().plan;
    plan.side = side_->value();
    plan.network.layers = {plan.side * plan.side};
    for (const QString& neurons : hidden_->text().split(QRegularExpression("[\\s,;]+"), Qt::SkipEmptyParts))
        plan.network.layers.push_back(neurons.toInt()); // 0 for other words, which validate() refuses
    plan.network.layers.push_back(classCount);
    plan.network.hidden = activations[static_cast<std::size_t>(activation_->currentIndex())];
    plan.spare = spares[static_cast<std::size_t>(spare_->currentIndex())];
    plan.modes.clear();
    for (std::size_t k = 0; k < allModes.size(); ++k)
        if (modes_[k]->isChecked())
            plan.modes.push_back(allModes[k]);
    // What the page shows once for all modes changes them only when a person has changed it.
    const bool otherBatch = batch_->value() != plan.training.batch;
    const bool otherRate = std::abs(learningRate_->value() - plan.training.learningRate) > 1e-5;
    for (TrainingOptions* options : {&plan.training, &plan.statisticsAware}) {
        if (otherBatch)
            options->batch = batch_->value();
        if (otherRate)
            options->learningRate = learningRate_->value();
    }
    plan.training.epochs = epochs_->value();
    plan.statisticsAware.epochs = statisticsEpochs_->value();
    plan.repeats = repeats_->value();
    plan.seed = seed_->text().toULongLong();
    return plan;
}

/// Says beside the settings what the network takes of the die, or why the study cannot run.
void TrainPage::check()
{
    const Wafer& wafer = document_.project().wafer;
    const QLocale locale;
    QString reason;
    try {
        const StudyPlan wanted = plan();
        wanted.validate(wafer);
        const auto junctions = [&](Spare spare) {
            return locale.toString(CellMap(wanted.network.layers, wafer.geometry, spare).junctions());
        };
        QString text = tr("Needs %1 of the %2 junctions of a die.")
                           .arg(junctions(Spare::Unused), locale.toString(wafer.geometry.cells()));
        if (wanted.spare == Spare::Copies)
            text += tr(" With copies: %1.").arg(junctions(Spare::Copies));
        fit_->setText(text);
    } catch (const Error& error) {
        reason = QString::fromUtf8(error.what());
        fit_->setText("⚠ " + reason);
    }
    fit_->setForegroundRole(reason.isEmpty() ? QPalette::PlaceholderText : QPalette::Text);
    run_->setEnabled(reason.isEmpty() && !document_.isRunning());
    run_->setToolTip(reason);
}

void TrainPage::showRunning()
{
    const bool running = document_.isRunning();
    form_->setEnabled(!running);
    stop_->setEnabled(running);
    const std::filesystem::path dataset = document_.project().dataset;
    dataset_->setText(dataset.empty() ? tr("MNIST") : QString::fromStdString(dataset.filename().string()));
    check();
    showProgress();
}

void TrainPage::showProgress()
{
    const StudyProgress& progress = document_.progress();
    const bool running = document_.isRunning();
    const bool all = progress.finishedRuns == progress.runs;
    progress_->setValue(running ? static_cast<int>(1000.0 * progress.fraction) : all ? 1000 : 0);
    QString text;
    if (!running && progress.finishedRuns == 0)
        text = tr("%1 networks to train").arg(progress.runs);
    else
        text = tr("%1 of %2 networks trained").arg(progress.finishedRuns).arg(progress.runs);
    if (running && progress.secondsLeft >= 0.0)
        text += tr(", about %1 left").arg(duration(progress.secondsLeft));
    if (!running && progress.finishedRuns > 0 && !all)
        text += tr("; stopped before the others");
    status_->setText(text);

    // Drawing all curves takes longer than a frame: five times a second is live enough.
    if (!running)
        drawCurves();
    else if (!curves_.isActive())
        curves_.start();
}

void TrainPage::drawCurves()
{
    curves_.stop();
    std::vector<LiveCurve> losses, errors;
    double epochs = 2.0;
    for (const TrainingMode mode : drawingOrder)
        for (const RunState& run : document_.runs()) {
            if (run.settings.mode != mode || run.curve.empty())
                continue;
            LiveCurve curve{{}, styleOf(run.settings.mode).hue, run.phase == RunState::Phase::Training};
            LiveCurve error = curve;
            for (const EpochRecord& record : run.curve) {
                curve.points.append({static_cast<double>(record.summary.epoch), record.summary.loss});
                error.points.append({static_cast<double>(record.summary.epoch), record.testError});
            }
            epochs = std::max(epochs, static_cast<double>(run.settings.training.epochs));
            losses.push_back(std::move(curve));
            errors.push_back(std::move(error));
        }
    loss_->setCurves(losses, epochs);
    error_->setCurves(errors, epochs);
}

} // namespace faultline
