#include "pages/network_panel.h"

#include <algorithm>

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "common/error.h"
#include "crossbar/cell_map.h"
#include "document/project_document.h"
#include "figures/network_figures.h"
#include "pages/panel.h"
#include "views/figure_menu.h"
#include "views/figure_view.h"
#include "views/image_grid.h"

namespace faultline
{

namespace
{

constexpr int perfectDie = -1;
constexpr std::size_t mostMistakes = 600;

/// Rather cut than making the window wide.
QLabel* shrinking(QLabel* label)
{
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    return label;
}

} // namespace

NetworkPanel::NetworkPanel(ProjectDocument& document)
    : document_(document),
      title_(shrinking(boldLabel({}))),
      die_(new QComboBox),
      weights_(new ImageGrid(tr("The weights of its first layer appear here."))),
      mistakes_(new ImageGrid(tr("The digits that it misclassifies appear here."))),
      mistakesTitle_(shrinking(boldLabel({}))),
      confusion_(new FigureView(tr("Select a finished network in the table of runs.")))
{
    die_->setObjectName("networkDie");
    die_->setToolTip(tr("The die that the network is written to"));
    weights_->setObjectName("firstLayer");
    weights_->setAccessibleName(tr("First-layer weights"));
    mistakes_->setObjectName("mistakes");
    mistakes_->setAccessibleName(tr("Misclassified digits"));
    confusion_->setObjectName("confusion");

    auto* top = new QHBoxLayout;
    top->addWidget(title_, 1);
    top->addWidget(new QLabel(tr("On die")));
    top->addWidget(die_);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(2 * pageMargin);
    grid->addWidget(shrinking(boldLabel(tr("First layer (blue −, red +)"))), 0, 0);
    grid->addWidget(mistakesTitle_, 0, 1);
    grid->addWidget(boldLabel(tr("Confusion matrix")), 0, 2);
    grid->addWidget(weights_, 1, 0);
    grid->addWidget(mistakes_, 1, 1);
    grid->addWidget(confusion_, 1, 2);
    for (int column = 0; column < 3; ++column)
        grid->setColumnStretch(column, 1);
    grid->setRowStretch(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addLayout(top);
    layout->addLayout(grid, 1);

    addFigureMenu(*weights_, [this] {
        return imagesFigure("first-layer-weights", tr("First-layer weights"), weights_->items(),
                            weightTable(firstLayer_, side_));
    });
    addFigureMenu(*mistakes_, [this] {
        return imagesFigure("misclassified", tr("Misclassified: label → given"), mistakes_->items());
    });
    connect(die_, &QComboBox::currentIndexChanged, this, &NetworkPanel::refresh);
    connect(&document.queue(), &StudyQueue::resultsChanged, this, &NetworkPanel::listDies);
    connect(&document, &ProjectDocument::projectReplaced, this, &NetworkPanel::listDies);
    listDies();
}

void NetworkPanel::setRun(std::optional<RunsModel::Place> place)
{
    place_ = place;
    fillDies();
    // A hardware-aware network is shown on its own die first.
    const Run* shown = run();
    if (shown && shown->settings.mode == TrainingMode::HardwareAware) {
        const QSignalBlocker blocker(die_);
        die_->setCurrentIndex(std::max(0, die_->findData(shown->settings.die)));
    }
    refresh();
}

const Run* NetworkPanel::run() const
{
    const std::vector<StudyState>& states = document_.queue().states();
    if (!place_ || place_->study >= static_cast<int>(states.size()))
        return nullptr;
    const auto study = static_cast<std::size_t>(place_->study);
    const std::vector<RunState>& runs = states[study].runs;
    if (place_->run >= static_cast<int>(runs.size()))
        return nullptr;
    const std::vector<Run>& finished = document_.project().studies[study].result.runs;
    const auto found =
        std::ranges::find(finished, runs[static_cast<std::size_t>(place_->run)].settings, &Run::settings);
    return found == finished.end() ? nullptr : &*found;
}

std::vector<DieGroup> NetworkPanel::places() const
{
    const Project& project = document_.project();
    if (!place_ || place_->study >= static_cast<int>(project.studies.size()))
        return project.plan.placesOn(project.wafer);
    return project.studies[static_cast<std::size_t>(place_->study)].plan.placesOn(project.wafer);
}

void NetworkPanel::fillDies()
{
    const QSignalBlocker blocker(die_);
    const QVariant before = die_->currentData();
    die_->clear();
    die_->addItem(tr("perfect"), perfectDie);
    for (const DieGroup& group : places())
        die_->addItem(QString::fromStdString(group.name()), group.id());
    die_->setCurrentIndex(std::max(0, die_->findData(before)));
}

void NetworkPanel::listDies()
{
    fillDies();
    refresh();
}

void NetworkPanel::showEvent(QShowEvent* event)
{
    if (stale_)
        refresh();
    QWidget::showEvent(event);
}

void NetworkPanel::refresh()
{
    stale_ = !isVisible();
    if (stale_)
        return;
    const Run* shown = run();
    title_->setText(shown ? QString::fromStdString(shown->settings.name(document_.project().wafer))
                          : tr("No finished network is selected"));
    die_->setEnabled(shown != nullptr);
    if (!shown) {
        weights_->setItems({});
        mistakes_->setItems({});
        mistakesTitle_->setText(tr("Misclassified"));
        confusion_->setFigure(nullptr);
        return;
    }
    std::optional<Die> die;
    for (const DieGroup& group : places())
        if (group.id() == die_->currentData().toInt())
            die = group.joined();
    showWeights(*shown, die ? &*die : nullptr);
    document_.evaluator().answer(document_.project().studies[static_cast<std::size_t>(place_->study)], *shown,
                                 die ? &*die : nullptr,
                                 [this](const Evaluator::Answers& answers) { showAnswers(answers); });
}

void NetworkPanel::showWeights(const Run& run, const Die* die)
{
    const Wafer& wafer = document_.project().wafer;
    std::vector<CaptionedImage> items;
    side_ = run.settings.side;
    firstLayer_.resize(0, 0);
    try {
        const CellMap map(run.settings.network.layers, wafer.geometry, run.settings.spare);
        const AnalogWeights weights = die ? analogWeights(*die, map, wafer.device) : nominalWeights(map);
        firstLayer_ = onDie(run.network, weights).front().weights;
        constexpr float limit = 1.5F; // a healthy weight is 1, a short's several
        for (int neuron = 0; neuron < static_cast<int>(firstLayer_.rows()); ++neuron)
            items.push_back({weightImage(firstLayer_.row(neuron), side_, limit), QString::number(neuron + 1),
                             tr("Neuron %1").arg(neuron + 1)});
    } catch (const Error&) {
        // A network of another geometry: the answers say why it cannot be shown.
    }
    weights_->setItems(std::move(items));
}

void NetworkPanel::showAnswers(const Evaluator::Answers& answers)
{
    if (!answers.images) {
        title_->setText("⚠ " + answers.failure);
        return;
    }
    const std::vector<std::uint8_t>& labels = answers.images->labels;
    std::vector<CaptionedImage> items;
    int errors = 0;
    for (std::size_t k = 0; k < labels.size(); ++k) {
        if (labels[k] == answers.given[k])
            continue;
        ++errors;
        if (items.size() < mostMistakes)
            items.push_back({digitImage(*answers.images, static_cast<int>(k)),
                             QString("%1 → %2").arg(labels[k]).arg(answers.given[k]),
                             tr("Test image %1: label %2, classified as %3")
                                 .arg(k + 1)
                                 .arg(labels[k])
                                 .arg(answers.given[k])});
    }
    const QLocale locale;
    mistakesTitle_->setText(
        tr("Misclassified: %1 of %2")
            .arg(locale.toString(errors), locale.toString(static_cast<int>(labels.size()))));
    mistakes_->setItems(std::move(items));
    confusion_->setFigure(confusionFigure(confusion(labels, answers.given)));
}

} // namespace faultline
