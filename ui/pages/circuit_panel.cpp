#include "pages/circuit_panel.h"

#include <QFileDialog>
#include <QFormLayout>
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

CircuitPanel::CircuitPanel(ProjectDocument& document) : Panel(tr("Circuit")), document_(document)
{
    auto* fields = new QWidget;
    form_ = new QFormLayout(fields);
    form_->setContentsMargins(0, 0, 8, 0);
    form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form_->setHorizontalSpacing(12);
    form_->setVerticalSpacing(4);
    fields_.addTo(*form_, document.project().circuit, [](const Says&) { return true; });
    for (const char* bits : {"dac.bits", "adc.bits"})
        static_cast<QSpinBox*>(fields_.field(bits))->setSpecialValueText(tr("ideal"));
    auto* scroll = scrolled(fields);
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

    connect(&fields_, &OptionFields::edited, this, &CircuitPanel::apply);
    connect(&document, &ProjectDocument::circuitChanged, this, &CircuitPanel::follow);
    connect(&document, &ProjectDocument::projectReplaced, this, &CircuitPanel::follow);
    show(document.project().circuit);
}

void CircuitPanel::show(const CircuitOptions& circuit)
{
    fields_.show(circuit);
    showFullScales();
    tell({});
}

/// Only of fixed ranges: the others find theirs.
void CircuitPanel::showFullScales()
{
    for (const auto& [range, fullScale] :
         {std::pair{"dac.range", "dac.full_scale_input"}, {"adc.range", "adc.full_scale_a"}})
        form_->setRowVisible(fields_.row(fullScale),
                             static_cast<QComboBox*>(fields_.field(range))->currentText() ==
                                 QString::fromStdString(optionText(ConverterRange::Fixed)));
}

CircuitOptions CircuitPanel::shownCircuit() const
{
    return fields_.shown(document_.project().circuit);
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
    showFullScales();
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
