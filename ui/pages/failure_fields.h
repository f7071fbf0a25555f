#pragma once

#include <array>

#include <QWidget>

#include "wafer/defect_statistics.h"

class QDoubleSpinBox;

namespace faultline
{

/// Fields for what fails together: whole rows and columns, and clusters of defects.
class FailureFields : public QWidget
{
    Q_OBJECT

public:
    explicit FailureFields(const DefectStatistics& statistics, QWidget* parent = nullptr);

    void show(const DefectStatistics& statistics);
    void apply(DefectStatistics& statistics) const; ///< sets what the fields say

private:
    std::array<QDoubleSpinBox*, 4> lines_; ///< percent
    QDoubleSpinBox* size_;
    QDoubleSpinBox* radius_;
};

} // namespace faultline
