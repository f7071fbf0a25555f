#pragma once

#include "crossbar/circuit_options.h"
#include "pages/option_fields.h"
#include "pages/panel.h"

class QFormLayout;

namespace faultline
{

class ProjectDocument;

/// The circuit around the dies as a form: what a person changes is at once the project's, unless it is wrong,
/// which the form then says. Several panels of one project show the same.
class CircuitPanel : public Panel
{
    Q_OBJECT

public:
    explicit CircuitPanel(ProjectDocument& document);

private:
    void show(const CircuitOptions& circuit);
    void showFullScales();
    CircuitOptions shownCircuit() const; ///< throws Error for words that are no numbers
    void follow();                       ///< what the document has
    void apply();
    void tell(const QString& problem);
    void load();
    void save();

    ProjectDocument& document_;
    QFormLayout* form_;
    OptionFields fields_;
    QLabel* problem_;
};

} // namespace faultline
