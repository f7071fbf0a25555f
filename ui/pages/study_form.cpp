#include "pages/study_form.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include "common/error.h"
#include "crossbar/cell_map.h"
#include "pages/panel.h"
#include "pages/statistics_dialog.h"
#include "study/runner.h"

namespace faultline
{

namespace
{

constexpr std::array spares{Spare::Copies, Spare::Unused};
constexpr std::array activations{Activation::Tanh, Activation::HardTanh, Activation::Relu, Activation::Sign};
const QRegularExpression separators("[\\s,;]+");

/// For any number: one that will not do is refused with the reason, not changed in silence.
QSpinBox* spinBox(const char* name)
{
    constexpr int high = 9999999;
    auto* box = new QSpinBox;
    box->setObjectName(name);
    box->setRange(0, high);
    return box;
}

QString namesOf(const std::vector<int>& dies, const Wafer& wafer)
{
    QStringList names;
    for (const int id : dies)
        if (const Die* die = wafer.find(id))
            names.append(QString::fromStdString(die->name));
    return names.join(", ");
}

} // namespace

StudyForm::StudyForm(const Wafer& wafer, QWidget* parent) : QWidget(parent), wafer_(wafer)
{
    auto* fields = new QWidget;
    auto* form = new QFormLayout(fields);
    form->setContentsMargins(0, 0, 8, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(5);
    makeNetwork(form);
    makeTraining(form);
    makeData(form);

    auto* scroll = scrolled(fields);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll, 1);
    layout->addWidget(makeNotes());

    const auto changed = [this] {
        check();
        emit edited();
    };
    for (QSpinBox* box : {side_, epochs_, statisticsEpochs_, batch_, repeats_})
        connect(box, &QSpinBox::valueChanged, this, changed);
    connect(learningRate_, &QDoubleSpinBox::valueChanged, this, changed);
    for (QLineEdit* line : {hidden_, seed_, dies_})
        connect(line, &QLineEdit::textChanged, this, changed);
    for (QComboBox* box : {activation_, spare_})
        connect(box, &QComboBox::currentIndexChanged, this, changed);
    for (QCheckBox* box : modes_)
        connect(box, &QCheckBox::toggled, this, changed);
    connect(circuit_, &QCheckBox::toggled, this, changed);
    for (OptionFields* fields : {&training_, &statisticsAware_})
        connect(fields, &OptionFields::edited, this, changed);
}

void StudyForm::makeNetwork(QFormLayout* form)
{
    side_ = spinBox("imageSide");
    side_->setMaximum(9999); // whose square is an int
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
    activation_->setToolTip(tr("Of the hidden neurons."));
    spare_ = new QComboBox;
    spare_->setObjectName("spareCells");
    spare_->addItems({tr("copies of layers"), tr("unused")}); // as in spares
    spare_->setToolTip(
        tr("What the cells do that the network leaves over. The outputs of copies are averaged,\n"
           "so that a defect counts by that much less."));
    addSection(*form, tr("Network"));
    form->addRow(tr("Image side"), side_);
    form->addRow(tr("Hidden neurons"), hidden_);
    form->addRow(tr("Activation"), activation_);
    form->addRow(tr("Spare cells"), spare_);
}

void StudyForm::makeTraining(QFormLayout* form)
{
    const std::array tips{tr("Train on a perfect die, then test on every die. Its error on the perfect die "
                             "is the software baseline."),
                          tr("Train one network for each die, on that die's own junctions."),
                          tr("Train on a new random die at every step, drawn from the statistics below.")};
    auto* modes = new QVBoxLayout;
    modes->setSpacing(3);
    for (std::size_t k = 0; k < allModes.size(); ++k) {
        modes_[k] = new QCheckBox(QString::fromUtf8(name(allModes[k])));
        modes_[k]->setObjectName("mode-" + modes_[k]->text());
        modes_[k]->setToolTip(tips[k]);
        modes->addWidget(modes_[k]);
    }
    epochs_ = spinBox("epochs");
    epochs_->setToolTip(tr("For standard and hardware-aware networks."));
    statisticsEpochs_ = spinBox("statisticsEpochs");
    statisticsEpochs_->setToolTip(tr("For statistics-aware networks, which need longer."));
    batch_ = spinBox("batch");
    batch_->setSuffix(tr(" images"));
    learningRate_ = new QDoubleSpinBox;
    learningRate_->setObjectName("learningRate");
    learningRate_->setDecimals(5);
    learningRate_->setRange(0.0, 1000.0);
    learningRate_->setSingleStep(0.001);
    learningRate_->setToolTip(tr("At the start; it falls to zero along a cosine."));
    repeats_ = spinBox("repeats");
    repeats_->setToolTip(
        tr("Networks per mode, from different random numbers. Hardware-aware has one per die."));
    seed_ = new QLineEdit; // a spin box would cut a seed of 64 bits
    seed_->setObjectName("seed");
    seed_->setValidator(new QRegularExpressionValidator(QRegularExpression("\\d{1,20}"), seed_));
    seed_->setToolTip(tr("The same seed gives the same results, on any number of threads."));
    addSection(*form, tr("Training"));
    form->addRow(tr("Modes"), modes);
    form->addRow(tr("Epochs"), epochs_);
    form->addRow(tr("… statistics-aware"), statisticsEpochs_);
    form->addRow(tr("Batch"), batch_);
    form->addRow(tr("Learning rate"), learningRate_);
    form->addRow(tr("Repeats"), repeats_);
    form->addRow(tr("Seed"), seed_);
    makeExpert(form);
}

/// The options of training that few people change, folded away.
void StudyForm::makeExpert(QFormLayout* form)
{
    folded_ = new QWidget;
    auto* rows = new QFormLayout(folded_);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    rows->setHorizontalSpacing(form->horizontalSpacing());
    rows->setVerticalSpacing(form->verticalSpacing());
    const auto isExpert = [](const Says& says) { return says.isExpert; };
    rows->addRow(quietLabel(tr("Standard and hardware-aware")));
    training_.addTo(*rows, shown_.training, isExpert);
    rows->addRow(quietLabel(tr("Statistics-aware")));
    statisticsAware_.addTo(*rows, shown_.statisticsAware, isExpert);
    folded_->hide();
    expert_ = new QToolButton;
    expert_->setObjectName("expert");
    expert_->setText(tr("Expert"));
    expert_->setToolTip(tr("What few people change"));
    expert_->setCheckable(true);
    expert_->setAutoRaise(true);
    expert_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    expert_->setArrowType(Qt::RightArrow);
    connect(expert_, &QToolButton::toggled, this, [this](bool open) {
        folded_->setVisible(open);
        expert_->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    });
    form->addRow(expert_);
    form->addRow(folded_);
}

void StudyForm::makeData(QFormLayout* form)
{
    dies_ = new QLineEdit;
    dies_->setObjectName("dies");
    dies_->setPlaceholderText(tr("all that are included"));
    dies_->setToolTip(tr("Names and ranges of dies, as in D01, D05..D12."));
    statisticsSource_ = new QComboBox;
    statisticsSource_->setObjectName("statisticsSource");
    statisticsSource_->addItems({tr("fitted"), tr("typed")});
    statisticsSource_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    statisticsSource_->setToolTip(tr("What statistics-aware training draws its random dies from."));
    editStatistics_ = new QPushButton(tr("Edit…"));
    editStatistics_->setObjectName("editStatistics");
    connect(editStatistics_, &QPushButton::clicked, this, &StudyForm::editStatistics);
    connect(statisticsSource_, &QComboBox::activated, this, [this](int source) {
        if (source == 0) {
            statistics_.reset();
            check();
            emit edited();
        } else {
            editStatistics();
        }
    });
    auto* statistics = new QHBoxLayout;
    statistics->addWidget(statisticsSource_, 1);
    statistics->addWidget(editStatistics_);
    dataset_ = new QLabel;
    dataset_->setObjectName("datasetName");
    auto* choose = chooseDataset_ = new QPushButton(tr("Choose…"));
    choose->setObjectName("chooseDataset");
    choose->setToolTip(tr("Another folder with images in IDX form, named as MNIST's files."));
    connect(choose, &QPushButton::clicked, this, &StudyForm::datasetWanted);
    auto* images = new QHBoxLayout;
    images->addWidget(dataset_, 1);
    images->addWidget(choose);
    circuit_ = new QCheckBox(tr("in the loop"));
    circuit_->setObjectName("throughCircuit");
    circuit_->setToolTip(
        tr("The project's circuit. Hardware-aware and statistics-aware training see its wires, transistors,\n"
           "temperature, read noise and the rounding of its ADCs; all errors on dies are behind all of it."));
    auto* showCircuit = new QPushButton(tr("Show…"));
    showCircuit->setObjectName("showCircuit");
    connect(showCircuit, &QPushButton::clicked, this, &StudyForm::circuitWanted);
    auto* circuit = new QHBoxLayout;
    circuit->addWidget(circuit_, 1);
    circuit->addWidget(showCircuit);
    addSection(*form, tr("Dies and images"));
    form->addRow(tr("Dies"), dies_);
    form->addRow(tr("Statistics"), statistics);
    form->addRow(tr("Circuit"), circuit);
    form->addRow(tr("Images"), images);
}

/// What the network takes, or what is wrong. Its place is kept: nothing may move while a person clicks.
QWidget* StudyForm::makeNotes()
{
    constexpr int lines = 4; // of words; more of them scroll
    problem_ = new QLabel;
    problem_->setObjectName("planProblem");
    problem_->setWordWrap(true);
    junctions_ = quietLabel();
    junctions_->setObjectName("networkFit");
    auto* words = new QWidget;
    auto* layout = new QVBoxLayout(words);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(problem_);
    layout->addWidget(junctions_);
    layout->addStretch(1);
    auto* notes = scrolled(words);
    notes->setFocusPolicy(Qt::NoFocus);
    notes->setFixedHeight(lines * fontMetrics().lineSpacing());
    return notes;
}

void StudyForm::editStatistics()
{
    DefectStatistics start = statistics_ ? *statistics_ : defaultStatistics(wafer_.device);
    if (!statistics_) {
        try {
            start = trainingStatistics(plan(), wafer_);
        } catch (const Error&) {
            // Without dies to fit to, it begins at the device's nominal values.
        }
    }
    StatisticsDialog dialog(start, wafer_.device, this);
    if (dialog.exec() == QDialog::Accepted)
        statistics_ = dialog.statistics();
    check();
    emit edited();
}

void StudyForm::setCircuit(const CircuitOptions& circuit)
{
    projectCircuit_ = circuit;
}

void StudyForm::setDataset(const QString& name, const QString& problem)
{
    dataset_->setText(name);
    datasetProblem_ = problem;
    check();
}

void StudyForm::setPlan(const StudyPlan& plan)
{
    const QSignalBlocker blocker(this);
    shown_ = plan;
    statistics_ = plan.statistics;
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
    training_.show(plan.training);
    statisticsAware_.show(plan.statisticsAware);
    repeats_->setValue(plan.repeats);
    seed_->setText(QString::number(plan.seed));
    dies_->setText(namesOf(plan.dies, wafer_));
    circuit_->setChecked(plan.circuit.has_value());
    check();
}

StudyPlan StudyForm::plan() const
{
    StudyPlan plan = shown_;
    plan.side = side_->value();
    plan.network.layers = {plan.side * plan.side};
    for (const QString& neurons : hidden_->text().split(separators, Qt::SkipEmptyParts))
        plan.network.layers.push_back(neurons.toInt()); // 0 for other words, which validate() refuses
    plan.network.layers.push_back(classCount);
    plan.network.hidden = activations[static_cast<std::size_t>(activation_->currentIndex())];
    plan.spare = spares[static_cast<std::size_t>(spare_->currentIndex())];
    plan.modes.clear();
    for (std::size_t k = 0; k < allModes.size(); ++k)
        if (modes_[k]->isChecked())
            plan.modes.push_back(allModes[k]);
    // What the form shows once for all modes changes them only when a person has changed it.
    const bool otherBatch = batch_->value() != plan.training.batch;
    const bool otherRate = std::abs(learningRate_->value() - plan.training.learningRate) > 1e-5;
    for (TrainingOptions* options : {&plan.training, &plan.statisticsAware}) {
        if (otherBatch)
            options->batch = batch_->value();
        if (otherRate)
            options->learningRate = learningRate_->value();
    }
    plan.training = training_.shown(plan.training);
    plan.statisticsAware = statisticsAware_.shown(plan.statisticsAware);
    plan.training.epochs = epochs_->value();
    plan.statisticsAware.epochs = statisticsEpochs_->value();
    plan.repeats = repeats_->value();
    plan.seed = seed_->text().toULongLong();
    std::vector<std::string> names;
    for (const QString& word : dies_->text().split(QRegularExpression("\\s*[,;]\\s*"), Qt::SkipEmptyParts))
        names.push_back(word.trimmed().toStdString());
    plan.dies = diesNamed(wafer_, names);
    if (plan.statistics != statistics_) {
        plan.statistics = statistics_;
        plan.fittedDies.clear();
    }
    plan.circuit = circuit_->isChecked() ? std::optional(projectCircuit_) : std::nullopt;
    return plan;
}

QString StudyForm::reason() const
{
    return problem().words;
}

StudyForm::Problem StudyForm::problem() const
{
    try {
        pixelsOf(side_->value());
    } catch (const Error& error) {
        return {QString::fromUtf8(error.what()), side_};
    }
    bool isNumber = false;
    seed_->text().toULongLong(&isNumber);
    if (!isNumber)
        return {tr("The seed is a whole number below 2^64."), seed_};
    StudyPlan wanted;
    try {
        wanted = plan();
    } catch (const OptionError& error) {
        return {QString::fromUtf8(error.what()), fieldOf(error.key())};
    } catch (const Error& error) {
        return {QString::fromUtf8(error.what()), dies_};
    }
    try {
        wanted.validate(wafer_);
    } catch (const OptionError& error) {
        return {QString::fromUtf8(error.what()), fieldOf(error.key())};
    } catch (const Error& error) {
        return {QString::fromUtf8(error.what()), fieldToBlame(wanted, error.what())};
    }
    if (!datasetProblem_.isEmpty())
        return {datasetProblem_, chooseDataset_};
    return {};
}

QWidget* StudyForm::fieldOf(const std::string& key) const
{
    const OptionPlace place(key);
    if (place.section == "circuit")
        return circuit_;
    if (place.name == "epochs")
        return place.section == "training" ? epochs_ : statisticsEpochs_;
    if (place.name == "batch")
        return batch_;
    if (place.name == "learning_rate")
        return learningRate_;
    return findChild<QWidget*>(QString::fromStdString(key));
}

/// The field that mends all, or else the complaint, when it gets what it had while all was right, or what
/// suits any die.
QWidget* StudyForm::fieldToBlame(const StudyPlan& plan, const std::string& complaint) const
{
    StudyPlan least;
    least.side = 1;
    least.network.layers = {1, 1, classCount};
    using Field = std::pair<QWidget*, std::function<void(StudyPlan&, const StudyPlan&)>>;
    const std::initializer_list<Field> fields{
        {repeats_, [](StudyPlan& to, const StudyPlan& from) { to.repeats = from.repeats; }},
        {modes_.back(), [](StudyPlan& to, const StudyPlan& from) { to.modes = from.modes; }},
        {hidden_,
         [](StudyPlan& to, const StudyPlan& from) {
             to.network.layers = from.network.layers;
             to.network.layers.front() = to.side * to.side;
         }},
        {side_,
         [](StudyPlan& to, const StudyPlan& from) {
             to.side = from.side;
             to.network.layers.front() = from.side * from.side;
         }},
        {dies_, [](StudyPlan& to, const StudyPlan& from) { to.dies = from.dies; }},
        {circuit_, [](StudyPlan& to, const StudyPlan& from) { to.circuit = from.circuit; }}};
    QWidget* blamed = nullptr;
    for (const StudyPlan* from : {&right_, static_cast<const StudyPlan*>(&least)})
        for (const auto& [field, change] : fields) {
            StudyPlan other = plan;
            change(other, *from);
            try {
                other.validate(wafer_);
                return field;
            } catch (const Error& error) {
                if (!blamed && error.what() != complaint)
                    blamed = field;
            }
        }
    return blamed;
}

void StudyForm::tell(const Problem& problem)
{
    problem_->setText("⚠ " + problem.words);
    problem_->setVisible(!problem.words.isEmpty());
    junctions_->setVisible(problem.words.isEmpty());
    if (blamed_) {
        blamed_->setPalette({});
        blamed_->setAccessibleDescription({});
    }
    blamed_ = problem.field;
    if (blamed_) {
        blamed_->setAccessibleDescription(problem.words);
        if (folded_->isAncestorOf(blamed_))
            expert_->setChecked(true);
    }
    markBlamed();
}

void StudyForm::markBlamed()
{
    if (!blamed_)
        return;
    const QColor base = palette().color(QPalette::Base);
    const QColor mark(QColor::fromRgbF(0.8F * base.redF() + 0.2F, 0.8F * base.greenF(), 0.8F * base.blueF()));
    QPalette marked;
    for (const QPalette::ColorRole part : {QPalette::Base, QPalette::Button})
        marked.setColor(part, mark);
    blamed_->setPalette(marked);
}

void StudyForm::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        markBlamed();
    QWidget::changeEvent(event);
}

void StudyForm::check()
{
    const Problem found = problem();
    tell(found);
    if (found.words.isEmpty())
        right_ = plan();
    statisticsSource_->setCurrentIndex(statistics_ ? 1 : 0);
    editStatistics_->setEnabled(statistics_.has_value());

    const QLocale locale;
    const QString cells = locale.toString(wafer_.geometry.cells());
    try {
        const StudyPlan wanted = plan();
        const CellMap map(wanted.network.layers, wafer_.geometry, wanted.spare);
        const QString needed = locale.toString(static_cast<qlonglong>(junctionsOf(wanted.network.layers)));
        QString text = map.dies() == 1 ? tr("Needs %1 of the %2 junctions of a die.").arg(needed, cells)
                                       : tr("Needs %1 junctions: %2 dies of %3 side by side.")
                                             .arg(needed, locale.toString(map.dies()), cells);
        if (wanted.spare == Spare::Copies)
            text += tr(" With copies: %1.").arg(locale.toString(map.junctions()));
        if (map.dies() > 1)
            text += tr(" Networks on the %1 dies: %2.")
                        .arg(locale.toString(static_cast<int>(wanted.diesOn(wafer_).size())),
                             locale.toString(static_cast<int>(wanted.groupsOn(wafer_).size())));
        QStringList leftOver;
        for (const Die* die : wanted.leftOver(wafer_))
            leftOver.append(QString::fromStdString(die->name));
        if (!leftOver.empty())
            text += tr(" Left over, too few for another: %1.").arg(leftOver.join(", "));
        junctions_->setText(text);
    } catch (const Error&) {
        junctions_->setText(tr("A die has %1 junctions.").arg(cells));
    }
}

} // namespace faultline
