#include "pages/circuit_page.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

#include "common/error.h"
#include "common/statistics.h"
#include "document/networks.h"
#include "document/project_document.h"
#include "figures/circuit_figures.h"
#include "pages/circuit_panel.h"
#include "pages/panel.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

/// Where a sweep of a parameter begins at first.
struct Sensible {
    double from, to;
    int steps;
    bool log;
};
Sensible sensible(const std::string& parameter)
{
    static const std::map<std::string, Sensible> known{
        {"wire-ohm", {0.01, 1.0, 7, true}},           {"column-segment-ohm", {0.01, 1.0, 7, true}},
        {"row-segment-ohm", {0.01, 1.0, 7, true}},    {"source-ohm", {1.0, 100.0, 5, true}},
        {"sense-ohm", {1.0, 100.0, 5, true}},         {"driven-ends", {1.0, 2.0, 2, false}},
        {"read-ends", {1.0, 2.0, 2, false}},          {"series-ohm", {0.0, 2000.0, 5, false}},
        {"read-voltage-v", {0.05, 0.4, 5, false}},    {"read-time-s", {1e-9, 1e-7, 3, true}},
        {"temperature-k", {250.0, 400.0, 7, false}},  {"spin-wave-coefficient", {0.0, 4e-5, 5, false}},
        {"bias-half-voltage-v", {0.2, 1.0, 5, true}}, {"dac-bits", {3.0, 8.0, 6, false}},
        {"adc-bits", {3.0, 8.0, 6, false}},           {"dac-full-scale-input", {0.5, 1.0, 6, false}},
        {"adc-full-scale-a", {1e-4, 1e-2, 5, true}},  {"relative-noise", {0.0, 0.1, 6, false}},
        {"absolute-noise-a", {1e-8, 1e-5, 4, true}},  {"defect-rate", {1e-3, 0.03, 5, true}},
        {"short-conductance", {1.0, 10.0, 5, true}}};
    const auto found = known.find(parameter);
    return found == known.end() ? Sensible{0.0, 1.0, 2, false} : found->second;
}

QString utf8(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// Of a parameter that an older file may name; as it stands when it is none.
std::string nameToday(const std::string& parameter)
{
    try {
        return SweepParameter(parameter).name();
    } catch (const Error&) {
        return parameter;
    }
}

double numberIn(const QLineEdit& line, const QString& what)
{
    bool isNumber = false;
    const double number = line.text().trimmed().replace(',', '.').toDouble(&isNumber);
    if (!isNumber)
        throw Error(what.toStdString() + ": found \"" + line.text().toStdString() + "\", expected a number.");
    return number;
}

QString describe(const CircuitReading& reading)
{
    const QString words = CircuitPage::tr("%1, read %2 times, %3 images each")
                              .arg(QString::fromStdString(reading.networks))
                              .arg(reading.reads)
                              .arg(QLocale().toString(reading.images));
    return reading.current ? words : CircuitPage::tr("⚠ Before the latest changes: %1").arg(words);
}

} // namespace

struct CircuitPage::Subject {
    Wafer wafer;
    std::vector<Run> runs; ///< without their curves
    std::string folder;    ///< of the images
    CircuitReading reading;

    std::vector<Pairing> pairs() const
    {
        std::vector<const Run*> networks;
        for (const Run& run : runs)
            networks.push_back(&run);
        std::vector<const Die*> places;
        for (const int die : reading.dies)
            places.push_back(wafer.find(die));
        return pairings(networks, places, reading.otherDies);
    }
};

CircuitPage::CircuitPage(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      background_(new Background(this))
{
    auto* circuit = new CircuitPanel(document);
    circuit->setFixedWidth(340);
    auto* results = new QSplitter(Qt::Vertical);
    results->setObjectName("circuitSplitter");
    results->setChildrenCollapsible(false);
    results->setHandleWidth(pageMargin);
    results->addWidget(makeWaterfall());
    results->addWidget(makeSweep());
    results->setStretchFactor(0, 3);
    results->setStretchFactor(1, 2);
    auto* right = new QVBoxLayout;
    right->setSpacing(pageMargin);
    right->addWidget(makeSubject());
    right->addWidget(results, 1);
    auto* page = new QHBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(circuit);
    page->addLayout(right, 1);

    constexpr int often = 100; // milliseconds
    poll_.setInterval(often);
    connect(&poll_, &QTimer::timeout, this,
            [this] { progress_->setValue(static_cast<int>(std::lround(100.0 * fraction_->load()))); });
    connect(&document, &ProjectDocument::circuitResultsChanged, this, [this] {
        current_ = false;
        showResults();
    });
    connect(&document, &ProjectDocument::projectReplaced, this, &CircuitPage::showProject);
    connect(&document, &ProjectDocument::aboutToSave, this, &CircuitPage::hold);
    connect(&document.queue(), &StudyQueue::resultsChanged, this, &CircuitPage::fillNetworks);
    connect(&document.queue(), &StudyQueue::studiesChanged, this, &CircuitPage::fillNetworks);
    showProject();
}

void CircuitPage::showProject()
{
    stop();
    dies_->clear();
    fillNetworks();
    if (const auto& view = document_.project().view; view && view->circuit)
        restore(*view->circuit);
    showResults();
}

void CircuitPage::restore(const ViewState::Circuit& view)
{
    chooseName(*networks_, view.networks);
    dies_->setText(QString::fromStdString(view.dies));
    otherDies_->setChecked(view.otherDies);
    images_->setValue(view.images);
    repeats_->setValue(view.repeats);
    for (std::size_t k = 0; k < axes_.size(); ++k) {
        const ViewState::Circuit::Axis& axis = view.axes[k];
        const AxisFields& fields = axes_[k];
        const std::string parameter = nameToday(axis.parameter);
        chooseName(*fields.parameter, parameter);
        if (chosenName(*fields.parameter) != parameter)
            continue;
        fields.from->setText(QString::fromStdString(axis.from));
        fields.to->setText(QString::fromStdString(axis.to));
        fields.steps->setValue(axis.steps);
        fields.log->setChecked(axis.log);
    }
}

void CircuitPage::hold(ViewState& view) const
{
    ViewState::Circuit held;
    held.networks = chosenName(*networks_);
    held.dies = dies_->text().toStdString();
    held.otherDies = otherDies_->isChecked();
    held.images = images_->value();
    held.repeats = repeats_->value();
    std::ranges::transform(axes_, held.axes.begin(), [](const AxisFields& fields) {
        return ViewState::Circuit::Axis{chosenName(*fields.parameter), fields.from->text().toStdString(),
                                        fields.to->text().toStdString(), fields.steps->value(),
                                        fields.log->isChecked()};
    });
    view.circuit = std::move(held);
}

QWidget* CircuitPage::makeSubject()
{
    networks_ = new QComboBox;
    networks_->setObjectName("circuitNetworks");
    networks_->setAccessibleName(tr("Networks"));
    networks_->setToolTip(
        tr("The trained networks that are read; a hardware-aware one on its own die alone unless others are "
           "checked"));
    networks_->setPlaceholderText(tr("no trained network"));
    networks_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    networks_->setMinimumContentsLength(18);
    dies_ = new QLineEdit;
    dies_->setObjectName("circuitDies");
    dies_->setAccessibleName(tr("Dies"));
    dies_->setPlaceholderText(tr("all that are included"));
    dies_->setToolTip(tr("Names and ranges of dies, as in D01, D05..D12."));
    otherDies_ = new QCheckBox(tr("hardware-aware ones on other dies, too"));
    otherDies_->setObjectName("circuitOtherDies");
    otherDies_->setToolTip(tr("Hardware-aware networks on dies that they were not trained for, too"));
    images_ = new QSpinBox;
    images_->setObjectName("circuitImages");
    images_->setRange(1, 1000000);
    images_->setValue(1000);
    images_->setAccessibleName(tr("Test images"));
    images_->setToolTip(
        tr("The first so many of the test images: errors of 1 000 are good to about a point"));
    progress_ = new QProgressBar;
    progress_->setObjectName("circuitProgress");
    progress_->setRange(0, 100);
    QSizePolicy place = progress_->sizePolicy();
    place.setRetainSizeWhenHidden(true);
    progress_->setSizePolicy(place);
    stop_ = new QPushButton(tr("Stop"));
    stop_->setObjectName("stopCircuit");
    status_ = new QLabel;
    status_->setObjectName("circuitStatus");
    status_->setWordWrap(true);
    status_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    status_->setMinimumHeight(2 * status_->fontMetrics().lineSpacing()); // so that nothing moves below it
    place = status_->sizePolicy();
    place.setRetainSizeWhenHidden(true);
    status_->setSizePolicy(place);

    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    for (const auto& [text, widget] : std::initializer_list<std::pair<QString, QWidget*>>{
             {tr("Read"), networks_}, {tr("on dies"), dies_}, {tr("test images"), images_}}) {
        row->addWidget(new QLabel(text));
        row->addWidget(widget);
    }
    row->setStretchFactor(networks_, 2);
    row->setStretchFactor(dies_, 2);
    row->addWidget(progress_, 1);
    row->addWidget(stop_);
    auto* panel = new QWidget;
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(row);
    auto* below = new QHBoxLayout;
    below->addWidget(otherDies_, 0, Qt::AlignTop);
    below->addWidget(status_, 1);
    layout->addLayout(below);
    connect(stop_, &QPushButton::clicked, this, &CircuitPage::stop);
    return panel;
}

QWidget* CircuitPage::makeWaterfall()
{
    waterfall_ =
        new FigureView(tr("Start adds the circuit's effects one after the other: which of them costs "
                          "how many points appears here."));
    waterfall_->setObjectName("waterfall");
    outcomes_ = new QLabel;
    outcomes_->setObjectName("circuitOutcomes");
    outcomes_->setWordWrap(true);
    outcomes_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    waterfallNote_ = quietLabel();
    waterfallNote_->setObjectName("waterfallNote");
    startWaterfall_ = new QPushButton(tr("Start"));
    startWaterfall_->setObjectName("startWaterfall");
    startWaterfall_->setToolTip(tr("Read these networks through the circuit, with and without each effect"));
    auto* panel = new Panel(tr("What each effect costs"));
    panel->addToTitle(startWaterfall_);
    panel->body()->addWidget(waterfall_, 1);
    panel->body()->addWidget(outcomes_);
    panel->body()->addWidget(waterfallNote_);
    connect(startWaterfall_, &QPushButton::clicked, this, &CircuitPage::runWaterfall);
    return panel;
}

CircuitPage::AxisFields CircuitPage::makeAxis(int number)
{
    const auto named = [number](auto* widget, const char* name) {
        widget->setObjectName(QString("%1-%2").arg(name).arg(number));
        return widget;
    };
    AxisFields fields{named(new QComboBox, "sweepParameter"), named(new QLineEdit, "sweepFrom"),
                      named(new QLineEdit, "sweepTo"), named(new QSpinBox, "sweepSteps"),
                      named(new QCheckBox(tr("log")), "sweepLog")};
    if (number == 2)
        fields.parameter->addItem(tr("no second parameter"), QString(""));
    for (const SweepParameter& parameter : SweepParameter::all())
        fields.parameter->addItem(utf8(parameter.title()), utf8(parameter.name()));
    fields.parameter->setAccessibleName(tr("Parameter %1").arg(number));
    fields.parameter->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    constexpr int fieldWidth = 70;
    for (QLineEdit* line : {fields.from, fields.to}) {
        line->setAlignment(Qt::AlignRight);
        line->setMaximumWidth(fieldWidth);
    }
    fields.from->setAccessibleName(tr("First value"));
    fields.to->setAccessibleName(tr("Last value"));
    fields.steps->setRange(1, 100);
    fields.steps->setSuffix(tr(" values"));
    fields.log->setToolTip(tr("Values at equal ratios, else at equal distances"));
    const auto take = [fields] {
        const std::string chosen = chosenName(*fields.parameter);
        for (QWidget* widget :
             std::initializer_list<QWidget*>{fields.from, fields.to, fields.steps, fields.log})
            widget->setEnabled(!chosen.empty());
        if (chosen.empty())
            return;
        const auto [from, to, steps, log] = sensible(chosen);
        fields.from->setText(QString::number(from));
        fields.to->setText(QString::number(to));
        fields.steps->setValue(steps);
        fields.log->setChecked(log);
    };
    connect(fields.parameter, &QComboBox::currentIndexChanged, this, take);
    take();
    return fields;
}

QWidget* CircuitPage::makeSweep()
{
    sweep_ =
        new FigureView(tr("Start varies the parameters beside: errors against them appear here, as a curve "
                          "of one, as a map of two."));
    sweep_->setObjectName("sweep");
    sweepNote_ = quietLabel();
    sweepNote_->setObjectName("sweepNote");
    startSweep_ = new QPushButton(tr("Start"));
    startSweep_->setObjectName("startSweep");
    repeats_ = new QSpinBox;
    repeats_->setObjectName("sweepRepeats");
    repeats_->setRange(1, 1000);
    repeats_->setValue(SweepPlan().repeats);
    repeats_->setSuffix(tr(" repeats"));
    repeats_->setToolTip(tr("Reads with noise of their own, or drawn dies for defect rate and short "
                            "conductance; one where nothing is drawn"));
    auto* fields = new QGridLayout;
    fields->setHorizontalSpacing(6);
    for (int k = 0; k < 2; ++k) {
        const AxisFields& axis = axes_[static_cast<std::size_t>(k)] = makeAxis(k + 1);
        auto* ends = new QHBoxLayout;
        ends->addWidget(axis.from);
        ends->addWidget(new QLabel(tr("to")));
        ends->addWidget(axis.to);
        ends->addWidget(axis.steps);
        ends->addWidget(axis.log);
        fields->addWidget(axis.parameter, 2 * k, 0);
        fields->addLayout(ends, 2 * k + 1, 0);
    }
    fields->addWidget(repeats_, 4, 0);
    fields->addWidget(sweepNote_, 5, 0);
    fields->setRowStretch(6, 1);
    constexpr int fieldsWidth = 310;
    auto* side = new QWidget;
    fields->setContentsMargins(0, 0, 0, 0);
    side->setLayout(fields);
    side->setFixedWidth(fieldsWidth);
    auto* row = new QHBoxLayout;
    row->addWidget(sweep_, 1);
    row->addWidget(side);
    auto* panel = new Panel(tr("Sweep"));
    panel->addToTitle(startSweep_);
    panel->body()->addLayout(row, 1);
    connect(startSweep_, &QPushButton::clicked, this, &CircuitPage::runSweep);
    return panel;
}

/// Modes for all of their networks first, then the networks.
void CircuitPage::fillNetworks()
{
    const QString before = networks_->currentText();
    networks_->clear();
    const std::vector<NamedRun> networks = finishedNetworks(document_.project());
    for (const TrainingMode mode : allModes) {
        const auto count = std::ranges::count(
            networks, mode, [](const NamedRun& network) { return network.run->settings.mode; });
        if (count > 1)
            networks_->addItem(tr("all %1 %2").arg(count).arg(utf8(name(mode))), utf8(name(mode)));
    }
    for (const NamedRun& network : networks)
        networks_->addItem(network.name, network.name);
    const int firstNetwork = networks_->count() - static_cast<int>(networks.size());
    const int known = networks_->findText(before);
    networks_->setCurrentIndex(known >= 0 ? known : networks.empty() ? -1 : firstNetwork);
}

CircuitPage::Subject CircuitPage::subject() const
{
    const Project& project = document_.project();
    Subject subject{.wafer = project.wafer,
                    .runs = {},
                    .folder = project.dataset,
                    .reading = {.networks = networks_->currentText().toStdString(),
                                .dies = {},
                                .otherDies = otherDies_->isChecked(),
                                .images = images_->value(),
                                .seed = project.plan.seed,
                                .circuit = project.circuit}};
    const QString chosen = networks_->currentData().toString();
    for (const NamedRun& network : finishedNetworks(project))
        if (utf8(name(network.run->settings.mode)) == chosen || network.name == chosen)
            subject.runs.push_back({network.run->settings, {}, network.run->network, 0.0, {}});
    if (subject.runs.empty())
        throw Error(tr("There is no trained network yet: train some on the Train page.").toStdString());
    for (const Run& run : subject.runs)
        if (run.settings.side != subject.runs.front().settings.side)
            throw Error(
                tr("These networks take images of different sizes; choose one of them.").toStdString());
    std::vector<std::string> names;
    static const QRegularExpression separators("\\s*[,;]\\s*");
    for (const QString& word : dies_->text().trimmed().split(separators, Qt::SkipEmptyParts))
        names.push_back(word.toStdString());
    subject.reading.dies = diesNamed(project.wafer, names);
    if (names.empty())
        for (const Die& die : project.wafer.dies)
            if (die.included)
                subject.reading.dies.push_back(die.id);
    const std::size_t count = subject.pairs().size();
    if (count == 0)
        throw Error(tr("None of the networks stands on any of these dies: a hardware-aware network stands on "
                       "its own die alone unless others are checked, one for several dies needs as many.")
                        .toStdString());
    subject.reading.reads = static_cast<int>(count);
    return subject;
}

SweepAxis CircuitPage::axisOf(const AxisFields& fields) const
{
    const SweepParameter parameter(chosenName(*fields.parameter));
    const QString what = utf8(parameter.title());
    const double from = numberIn(*fields.from, what), to = numberIn(*fields.to, what);
    const int steps = fields.steps->value();
    const bool log = fields.log->isChecked();
    if (log && (from <= 0.0 || to <= 0.0))
        throw Error(what.toStdString() + ": values at equal ratios must be above 0.");
    SweepAxis axis{parameter, {}};
    for (int k = 0; k < steps; ++k) {
        const double along = steps > 1 ? static_cast<double>(k) / (steps - 1) : 0.0;
        const double value = log ? from * std::pow(to / from, along) : from + (to - from) * along;
        axis.values.push_back(parameter.isWhole() ? std::round(value) : value);
    }
    axis.values.erase(std::unique(axis.values.begin(), axis.values.end()), axis.values.end());
    return axis;
}

void CircuitPage::start(const Work& work)
{
    try {
        auto subject = std::make_shared<Subject>(this->subject());
        current_ = true;
        fraction_->store(0.0);
        progress_->setValue(0);
        status_->hide();
        for (QPushButton* button : {startWaterfall_, startSweep_})
            button->setEnabled(false);
        stop_->setEnabled(true);
        progress_->show();
        poll_.start();
        background_->start([this, subject, work, images = document_.images(),
                            fraction = fraction_](const std::stop_token& token) {
            try {
                const int side = subject->runs.front().settings.side;
                const Dataset test =
                    downsample(firstImages(*images->test(subject->folder), subject->reading.images), side);
                subject->reading.images = test.size(); // there may be fewer than asked for
                const Dataset calibration = downsample(*images->calibration(subject->folder), side);
                const CircuitBench bench{.wafer = subject->wafer,
                                         .test = test,
                                         .calibration = calibration,
                                         .seed = subject->reading.seed,
                                         .stop = token,
                                         .progress = [fraction](double part) { fraction->store(part); }};
                const Draw draw = work(*subject, bench);
                return Background::Finish([this, draw] {
                    if (draw)
                        draw();
                    end();
                });
            } catch (const std::exception& error) {
                return Background::Finish([this, reason = QString::fromUtf8(error.what())] {
                    end();
                    status_->setText("⚠ " + reason);
                    status_->show();
                });
            }
        });
    } catch (const Error& error) {
        status_->setText("⚠ " + QString::fromUtf8(error.what()));
        status_->show();
    }
}

void CircuitPage::runWaterfall()
{
    start([this](const Subject& subject, const CircuitBench& bench) -> Draw {
        const std::vector<Pairing> pairs = subject.pairs();
        CircuitBench half = bench; // reading all is one part of the work, the waterfall the other
        constexpr double readShare = 0.2;
        half.progress = [&](double part) { bench.progress(readShare * part); };
        const auto outcomes = readThroughCircuit(pairs, subject.reading.circuit, half);
        half.progress = [&](double part) { bench.progress(readShare + (1.0 - readShare) * part); };
        const auto steps = outcomes ? waterfall(pairs, subject.reading.circuit, half) : std::nullopt;
        if (!steps)
            return {};
        CircuitResults::Waterfall result{subject.reading, {}, *steps};
        std::ranges::transform(*outcomes, std::back_inserter(result.reads), numbersOf);
        return [this, result = std::move(result)]() mutable {
            result.reading.current = current_;
            document_.keep(std::move(result));
        };
    });
}

void CircuitPage::runSweep()
{
    try {
        SweepPlan plan{
            .axes = {axisOf(axes_[0])}, .circuit = document_.project().circuit, .repeats = repeats_->value()};
        if (!chosenName(*axes_[1].parameter).empty())
            plan.axes.push_back(axisOf(axes_[1]));
        plan.validate();
        start([this, plan](const Subject& subject, const CircuitBench& bench) -> Draw {
            const auto points = sweep(subject.pairs(), plan, bench);
            if (!points)
                return {};
            return [this, result = CircuitResults::Sweep{subject.reading, plan, *points}]() mutable {
                result.reading.current = current_;
                document_.keep(std::move(result));
            };
        });
    } catch (const Error& error) {
        status_->setText("⚠ " + QString::fromUtf8(error.what()));
        status_->show();
    }
}

void CircuitPage::stop()
{
    background_->cancel();
    end();
}

void CircuitPage::end()
{
    poll_.stop();
    progress_->hide();
    stop_->setEnabled(false);
    for (QPushButton* button : {startWaterfall_, startSweep_})
        button->setEnabled(true);
    status_->hide();
}

void CircuitPage::showResults()
{
    const CircuitResults& results = document_.project().circuitResults;
    outcomes_->setVisible(results.waterfall.has_value());
    waterfall_->setFigure(results.waterfall ? waterfallFigure(results.waterfall->waterfall) : nullptr);
    waterfallNote_->setText(results.waterfall ? describe(results.waterfall->reading) : QString());
    if (results.waterfall)
        showReads(results.waterfall->reads);
    sweep_->setFigure(results.sweep ? sweepFigure(results.sweep->plan, results.sweep->points) : nullptr);
    sweepNote_->setText(results.sweep ? describe(results.sweep->reading) : QString());
}

void CircuitPage::showReads(const std::vector<ReadNumbers>& reads)
{
    const auto over = [&](const auto& value, int decimals) {
        std::vector<double> values;
        for (const ReadNumbers& read : reads)
            values.push_back(value(read));
        QString text = QString("<b>%1</b>").arg(mean(values), 0, 'f', decimals);
        return values.size() == 1 ? text
                                  : text + QString(" ± %1").arg(standardDeviation(values), 0, 'f', decimals);
    };
    outcomes_->setText(tr("Error %1 %, behind an ideal circuit %2 %  ·  %3 nJ per image, %4 mW while read  · "
                          " wires cost the "
                          "worst row %5 % of its current, the worst column %6 %")
                           .arg(over([](const ReadNumbers& of) { return of.error; }, 2),
                                over([](const ReadNumbers& of) { return of.idealError; }, 2),
                                over([](const ReadNumbers& of) { return 1e9 * of.energy; }, 3),
                                over([](const ReadNumbers& of) { return 1e3 * of.power; }, 2),
                                over([](const ReadNumbers& of) { return 100.0 * of.worstRowLoss; }, 1),
                                over([](const ReadNumbers& of) { return 100.0 * of.worstColumnLoss; }, 1)));
}

} // namespace faultline
