#pragma once

#include <array>
#include <functional>

#include <QDialog>

#include "wafer/wafer_description.h"

class QDialogButtonBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;
class QTimer;

namespace faultline
{

class FailureFields;
class WaferView;

/// Statistics of a wafer to be drawn, with the draw beside them as they change. Starts with those of a
/// present wafer.
class NewWaferDialog : public QDialog
{
    Q_OBJECT

public:
    explicit NewWaferDialog(const Wafer& present, QWidget* parent = nullptr);

    WaferDescription description() const;
    void accept() override;

    /// Asks whether the present dies may go.
    std::function<bool()> mayReplace = [] { return true; };

private:
    QLayout* makeForm();
    void show(const WaferDescription& description);
    void check();
    void preview();

    QLineEdit *name_, *seed_;
    QSpinBox *dies_, *rows_, *columns_, *kernelRows_, *kernelColumns_;
    QDoubleSpinBox *resistance_, *tmr_, *sigmaP_, *sigmaAP_, *correlation_;
    std::array<QDoubleSpinBox*, allDefects.size()> rates_, dispersions_;
    FailureFields* failures_;
    QDoubleSpinBox *shortConductance_, *shortSigma_, *openConductance_;
    QLabel* words_;
    WaferView* view_;
    QDialogButtonBox* buttons_;
    QTimer* previewTimer_;
};

} // namespace faultline
