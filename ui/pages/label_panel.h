#pragma once

#include <optional>

#include <QWidget>

#include "measurement/classification.h"

class QDoubleSpinBox;
class QLabel;
class QTableWidget;

namespace faultline
{

class Background;
class ThresholdView;

/// Labels the cells of a wafer by thresholds that can be dragged on the histogram of conductances, or by a
/// mixture that is fitted in the background, and says how good the labels are.
class LabelPanel : public QWidget
{
    Q_OBJECT

public:
    explicit LabelPanel(QWidget* parent = nullptr);

    /// Begins to label it: by the thresholds set by hand, if any. `only`: the one state that was measured.
    void setWafer(Wafer wafer, std::optional<Level> only);
    void clear();
    /// The labels; null while they are not found, and where no mixture fits.
    const Classification* classification() const { return labels_ ? &*labels_ : nullptr; }

signals:
    void started();
    void finished(); ///< with labels, or with the reason shown why there are none

private:
    void label();
    void showLabels();
    void byHand(Thresholds thresholds, double smallestRatio);

    Wafer wafer_;
    std::optional<Level> only_;
    std::optional<Thresholds> thresholds_; ///< set by hand
    std::optional<Classification> labels_;
    Background* background_;
    ThresholdView* histogram_;
    QDoubleSpinBox* ratio_;
    QTableWidget* table_;
    QLabel* quality_;
};

} // namespace faultline
