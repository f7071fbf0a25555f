#pragma once

#include <array>

#include <QDialog>

#include "wafer/defect_statistics.h"

class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace faultline
{

class FailureFields;

/// Healthy cells at the device's nominal conductances with 5 % variation, no defects, and shorts of 4 G_P for
/// when there are some.
DefectStatistics defaultStatistics(const Device& device);

/// The statistics of a population of dies, typed by a person.
class StatisticsDialog : public QDialog
{
    Q_OBJECT

public:
    StatisticsDialog(const DefectStatistics& statistics, const Device& device, QWidget* parent = nullptr);

    DefectStatistics statistics() const;

private:
    void check();

    DefectStatistics start_;                                    ///< what the dialog does not show is kept
    std::array<QDoubleSpinBox*, allDefects.size()> rate_;       ///< percent of the cells
    std::array<QDoubleSpinBox*, allDefects.size()> dispersion_; ///< 0 stands for infinite
    std::array<QDoubleSpinBox*, levelCount> median_;            ///< microsiemens
    std::array<QDoubleSpinBox*, levelCount> sigma_;             ///< percent
    QDoubleSpinBox* shortMedian_;                               ///< microsiemens
    QDoubleSpinBox* shortSigma_;                                ///< percent
    QDoubleSpinBox* openConductance_;                           ///< microsiemens
    FailureFields* failures_;
    QLabel* problem_;
    QPushButton* ok_;
};

} // namespace faultline
