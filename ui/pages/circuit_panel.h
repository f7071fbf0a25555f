#pragma once

#include <vector>

#include "crossbar/circuit_options.h"
#include "pages/panel.h"

class QComboBox;
class QFormLayout;
class QLayout;
class QLineEdit;
class QSpinBox;

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
    struct ConverterFields {
        QSpinBox* bits;
        QComboBox* range;
        QLayout* fullScale; ///< its row
    };

    void makeFields(QFormLayout& form);
    QLayout* addQuantity(QFormLayout& form, std::size_t index);
    ConverterFields addConverter(QFormLayout& form, const QString& label, const char* name,
                                 std::size_t fullScale);
    void showFullScale(const ConverterFields& fields);
    void show(const CircuitOptions& circuit);
    CircuitOptions shownCircuit() const; ///< throws Error for words that are no numbers
    void follow();                       ///< what the document has
    void apply();
    void tell(const QString& problem);
    void load();
    void save();

    ProjectDocument& document_;
    QFormLayout* form_;
    std::vector<QLineEdit*> quantities_;
    QComboBox *drive_, *read_, *unused_;
    ConverterFields dac_, adc_;
    QLabel* problem_;
    bool showing_ = false; ///< the form changes by itself
};

} // namespace faultline
