#include "pages/circuit_panel.h"

#include <array>
#include <cmath>

#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <nlohmann/json.hpp>

#include "common/error.h"
#include "common/files.h"
#include "document/project_document.h"

namespace faultline
{

namespace
{

/// A number of the circuit as a person types it. Numbers in the unit are divided by a power of ten, which
/// gives the same double as the number that is typed in SI units.
struct NumberEntry {
    const char* name;
    const char* label;
    const char* unit;
    double perUnit; ///< a value in SI times this is a number in the unit
    double& (*of)(CircuitOptions&);
    const char* tip;
};

enum : std::size_t {
    ColumnSegment,
    RowSegment,
    Source,
    Sense,
    Series,
    HalfVoltage,
    Temperature,
    SpinWave,
    ReadVoltage,
    ReadTime,
    DacFullScale,
    AdcFullScale,
    RelativeNoise,
    AbsoluteNoise
};

constexpr std::array quantities{
    NumberEntry{"columnSegment", QT_TR_NOOP("Word-line segment"), "Ω", 1.0,
                [](CircuitOptions& of) -> double& { return of.wires.columnSegment; },
                QT_TR_NOOP("One segment of a column's wire, from cell to cell")},
    NumberEntry{"rowSegment", QT_TR_NOOP("Bit-line segment"), "Ω", 1.0,
                [](CircuitOptions& of) -> double& { return of.wires.rowSegment; },
                QT_TR_NOOP("One segment of a row's wire, from cell to cell")},
    NumberEntry{"sourceOhm", QT_TR_NOOP("Source"), "Ω", 1.0,
                [](CircuitOptions& of) -> double& { return of.wires.source; },
                QT_TR_NOOP("Between a voltage source and its column, at each end in use")},
    NumberEntry{"senseOhm", QT_TR_NOOP("Sense"), "Ω", 1.0,
                [](CircuitOptions& of) -> double& { return of.wires.sense; },
                QT_TR_NOOP("Between a row and its ammeter, at each end in use")},
    NumberEntry{"seriesOhm", QT_TR_NOOP("Access transistor"), "Ω", 1.0,
                [](CircuitOptions& of) -> double& { return of.series; },
                QT_TR_NOOP("In series with each junction")},
    NumberEntry{
        "biasHalfVoltage", QT_TR_NOOP("TMR halved at"), "mV", 1e3,
        [](CircuitOptions& of) -> double& { return of.biasHalfVoltage; },
        QT_TR_NOOP("Voltage of a junction at which its TMR is halved: TMR(V) = TMR(0) / (1 + (V / V½)²).\n"
                   "Empty: the TMR does not depend on the voltage. Otherwise each image is solved for by "
                   "itself, which takes long.")},
    NumberEntry{"temperature", QT_TR_NOOP("Temperature"), "K", 1.0,
                [](CircuitOptions& of) -> double& { return of.temperature; },
                QT_TR_NOOP("Scales the TMR by Jullière's model; the dies are those of 300 K.")},
    NumberEntry{"spinWave", QT_TR_NOOP("Spin-wave α"), "10⁻⁵", 1e5,
                [](CircuitOptions& of) -> double& { return of.spinWaveCoefficient; },
                QT_TR_NOOP("α of the spin polarisation P = P₀ (1 − α T^1.5), in 10⁻⁵ K^−1.5")},
    NumberEntry{"readVoltage", QT_TR_NOOP("Voltage"), "mV", 1e3,
                [](CircuitOptions& of) -> double& { return of.readVoltage; },
                QT_TR_NOOP("Of a column that stands for an input of 1")},
    NumberEntry{"readTime", QT_TR_NOOP("Time"), "ns", 1e9,
                [](CircuitOptions& of) -> double& { return of.readTime; },
                QT_TR_NOOP("For which a tile is read; energy is in proportion to it")},
    NumberEntry{"dacFullScale", QT_TR_NOOP("… full scale"), "input", 1.0,
                [](CircuitOptions& of) -> double& { return of.dac.fullScale; },
                QT_TR_NOOP("Input at the last code; 1 is the read voltage")},
    NumberEntry{"adcFullScale", QT_TR_NOOP("… full scale"), "µA", 1e6,
                [](CircuitOptions& of) -> double& { return of.adc.fullScale; },
                QT_TR_NOOP("Current of a row at the last code")},
    NumberEntry{"relativeNoise", QT_TR_NOOP("Relative"), "%", 100.0,
                [](CircuitOptions& of) -> double& { return of.relativeNoise; },
                QT_TR_NOOP("Standard deviation of a row's current at each read, of that current")},
    NumberEntry{"absoluteNoise", QT_TR_NOOP("Absolute"), "nA", 1e9,
                [](CircuitOptions& of) -> double& { return of.absoluteNoise; },
                QT_TR_NOOP("Standard deviation of a row's current at each read, whatever the current")}};

constexpr int fieldSpacing = 6; // pixels
constexpr std::array ends{LineEnds::One, LineEnds::Both};
constexpr std::array unusedLevels{AP, P};
constexpr std::array ranges{ConverterRange::Shared, ConverterRange::PerLine, ConverterRange::Fixed};

/// What is typed for a value; nothing for an infinite one.
QString textOf(const NumberEntry& quantity, CircuitOptions circuit)
{
    constexpr int digits = 12;
    const double value = quantity.perUnit * quantity.of(circuit);
    return std::isinf(value) ? QString() : QString::number(value, 'g', digits);
}

template <std::size_t count, class Value>
int placeIn(const std::array<Value, count>& values, Value value)
{
    return static_cast<int>(std::ranges::find(values, value) - values.begin());
}

template <std::size_t count, class Value>
Value chosenOf(const std::array<Value, count>& values, const QComboBox& box)
{
    return values[static_cast<std::size_t>(box.currentIndex())];
}

QComboBox* comboBox(const char* name, const QStringList& items, const QString& tip)
{
    auto* box = new QComboBox;
    box->setObjectName(name);
    box->addItems(items);
    box->setToolTip(tip);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    return box;
}

} // namespace

CircuitPanel::CircuitPanel(ProjectDocument& document) : Panel(tr("Circuit")), document_(document)
{
    auto* fields = new QWidget;
    form_ = new QFormLayout(fields);
    form_->setContentsMargins(0, 0, 8, 0);
    form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form_->setHorizontalSpacing(12);
    form_->setVerticalSpacing(4);
    makeFields(*form_);
    auto* scroll = new QScrollArea;
    scroll->setWidget(fields);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    problem_ = new QLabel;
    problem_->setObjectName("circuitProblem");
    problem_->setWordWrap(true);
    body()->addWidget(scroll, 1);
    body()->addWidget(problem_);

    const auto button = [this](const char* name, const QString& text, const QString& tip, const auto& slot) {
        auto* tool = new QToolButton;
        tool->setObjectName(name);
        tool->setText(text);
        tool->setToolTip(tip);
        tool->setFocusPolicy(Qt::TabFocus);
        connect(tool, &QToolButton::clicked, this, slot);
        addToTitle(tool);
    };
    button("idealCircuit", tr("Ideal"), tr("No wires, perfect converters, no noise"),
           [this] { document_.setCircuit({}); });
    button("loadCircuit", tr("Load…"), tr("Read a circuit from a JSON file, as faultline-cli takes it"),
           [this] { load(); });
    button("saveCircuit", tr("Save…"), tr("Write this circuit to a JSON file for faultline-cli"),
           [this] { save(); });

    for (QLineEdit* line : quantities_)
        connect(line, &QLineEdit::textChanged, this, &CircuitPanel::apply);
    for (QComboBox* box : {drive_, read_, unused_, dac_.range, adc_.range})
        connect(box, &QComboBox::currentIndexChanged, this, &CircuitPanel::apply);
    for (QSpinBox* box : {dac_.bits, adc_.bits})
        connect(box, &QSpinBox::valueChanged, this, &CircuitPanel::apply);
    connect(&document, &ProjectDocument::circuitChanged, this, &CircuitPanel::follow);
    connect(&document, &ProjectDocument::projectReplaced, this, &CircuitPanel::follow);
    show(document.project().circuit);
}

QLayout* CircuitPanel::addQuantity(QFormLayout& form, std::size_t index)
{
    constexpr int unitWidth = 34;
    const NumberEntry& quantity = quantities[index];
    auto* line = new QLineEdit;
    line->setObjectName(quantity.name);
    line->setAlignment(Qt::AlignRight);
    line->setToolTip(tr(quantity.tip));
    line->setAccessibleName(tr(quantity.label));
    auto* unit = new QLabel(quantity.unit);
    unit->setFixedWidth(unitWidth);
    auto* row = new QHBoxLayout;
    row->setSpacing(fieldSpacing);
    row->addWidget(line, 1);
    row->addWidget(unit);
    form.addRow(tr(quantity.label), row);
    quantities_[index] = line;
    return row;
}

CircuitPanel::ConverterFields CircuitPanel::addConverter(QFormLayout& form, const QString& label,
                                                         const char* name, std::size_t fullScale)
{
    auto* bits = new QSpinBox;
    bits->setObjectName(QString(name) + "Bits");
    bits->setRange(1, 16); // one bit is none: an ideal converter
    bits->setSpecialValueText(tr("ideal"));
    bits->setSuffix(tr(" bits"));
    bits->setAccessibleName(label);
    auto* range =
        comboBox("", {tr("shared"), tr("per line"), tr("fixed")}, // as in ranges
                 tr("Full scale: the largest value that training images give in a layer or tile, on "
                    "each line by itself, or as typed"));
    range->setObjectName(QString(name) + "Range");
    auto* row = new QHBoxLayout;
    row->setSpacing(fieldSpacing);
    row->addWidget(bits);
    row->addWidget(range, 1);
    form.addRow(label, row);
    return {bits, range, addQuantity(form, fullScale)};
}

void CircuitPanel::makeFields(QFormLayout& form)
{
    quantities_.resize(quantities.size());
    const QStringList oneOrBoth{tr("at one end"), tr("at both ends")}; // as in ends
    drive_ = comboBox("drivenEnds", oneOrBoth, tr("Ends of a column that its source drives"));
    read_ = comboBox("readEnds", oneOrBoth, tr("Ends of a row at which its current is read"));
    unused_ = comboBox("unusedCells", {tr("AP"), tr("P")}, // as in unusedLevels
                       tr("What the cells that hold no weight are written to"));
    addSection(form, tr("Wires"));
    for (const std::size_t index : {ColumnSegment, RowSegment, Source, Sense})
        addQuantity(form, index);
    form.addRow(tr("Driven"), drive_);
    form.addRow(tr("Read"), read_);
    addSection(form, tr("Cells"));
    for (const std::size_t index : {Series, HalfVoltage, Temperature, SpinWave})
        addQuantity(form, index);
    quantities_[HalfVoltage]->setPlaceholderText(tr("never"));
    form.addRow(tr("Unused cells"), unused_);
    addSection(form, tr("Read"));
    for (const std::size_t index : {ReadVoltage, ReadTime})
        addQuantity(form, index);
    addSection(form, tr("Converters"));
    dac_ = addConverter(form, tr("DAC"), "dac", DacFullScale);
    adc_ = addConverter(form, tr("ADC"), "adc", AdcFullScale);
    addSection(form, tr("Read noise"));
    for (const std::size_t index : {RelativeNoise, AbsoluteNoise})
        addQuantity(form, index);
}

void CircuitPanel::showFullScale(const ConverterFields& fields)
{
    form_->setRowVisible(fields.fullScale, chosenOf(ranges, *fields.range) == ConverterRange::Fixed);
}

void CircuitPanel::show(const CircuitOptions& circuit)
{
    showing_ = true;
    for (std::size_t k = 0; k < quantities.size(); ++k)
        quantities_[k]->setText(textOf(quantities[k], circuit));
    drive_->setCurrentIndex(placeIn(ends, circuit.wires.drive));
    read_->setCurrentIndex(placeIn(ends, circuit.wires.read));
    unused_->setCurrentIndex(placeIn(unusedLevels, circuit.unused));
    for (const auto& [fields, converter] : {std::pair{dac_, circuit.dac}, {adc_, circuit.adc}}) {
        fields.bits->setValue(std::max(1, converter.bits));
        fields.range->setCurrentIndex(placeIn(ranges, converter.range));
        showFullScale(fields);
    }
    showing_ = false;
    tell({});
}

CircuitOptions CircuitPanel::shownCircuit() const
{
    CircuitOptions circuit = document_.project().circuit;
    for (std::size_t k = 0; k < quantities.size(); ++k) {
        const NumberEntry& quantity = quantities[k];
        const QString text = quantities_[k]->text().trimmed();
        if (text == textOf(quantity, circuit)) // a value with more digits than are shown stays
            continue;
        bool isNumber = false;
        const double typed = QString(text).replace(',', '.').toDouble(&isNumber);
        if (isNumber)
            quantity.of(circuit) = typed / quantity.perUnit;
        else if (k == HalfVoltage && text.isEmpty())
            circuit.biasHalfVoltage = CircuitOptions().biasHalfVoltage;
        else
            throw Error(tr("%1: found \"%2\", expected a number (%3).")
                            .arg(tr(quantity.label), text, quantity.unit)
                            .toStdString());
    }
    circuit.wires.drive = chosenOf(ends, *drive_);
    circuit.wires.read = chosenOf(ends, *read_);
    circuit.unused = chosenOf(unusedLevels, *unused_);
    for (const auto& [fields, converter] : {std::pair{&dac_, &circuit.dac}, {&adc_, &circuit.adc}}) {
        converter->bits = fields->bits->value() > 1 ? fields->bits->value() : 0;
        converter->range = chosenOf(ranges, *fields->range);
    }
    return circuit;
}

void CircuitPanel::follow()
{
    // What a person types stays as it is typed.
    try {
        if (problem_->isHidden() && shownCircuit() == document_.project().circuit)
            return;
    } catch (const Error&) {
        // Shown anew.
    }
    show(document_.project().circuit);
}

void CircuitPanel::apply()
{
    if (showing_)
        return;
    for (const ConverterFields& fields : {dac_, adc_})
        showFullScale(fields);
    try {
        const CircuitOptions circuit = shownCircuit();
        circuit.validate();
        tell({});
        document_.setCircuit(circuit);
    } catch (const Error& error) {
        tell(QString::fromUtf8(error.what()));
    }
}

void CircuitPanel::tell(const QString& problem)
{
    problem_->setText("⚠ " + problem);
    problem_->setVisible(!problem.isEmpty());
}

void CircuitPanel::load()
{
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Load a circuit"), {}, tr("Circuits (*.json);;All files (*)"));
    if (file.isEmpty())
        return;
    try {
        const CircuitOptions circuit = readCircuitOptions(file.toStdString());
        document_.setCircuit(circuit);
        show(circuit);
    } catch (const Error& error) {
        tell(QString::fromUtf8(error.what()));
    }
}

void CircuitPanel::save()
{
    const QString file =
        QFileDialog::getSaveFileName(this, tr("Save the circuit"), "circuit.json", tr("Circuits (*.json)"));
    if (file.isEmpty())
        return;
    try {
        writeFileAtomically(file.toStdString(), toJson(document_.project().circuit).dump(2) + '\n');
    } catch (const Error& error) {
        tell(QString::fromUtf8(error.what()));
    }
}

} // namespace faultline
