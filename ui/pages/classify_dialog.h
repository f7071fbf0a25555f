#pragma once

#include <QDialog>

#include "wafer/die.h"

class QComboBox;

namespace faultline
{

class LabelPanel;

/// Labels the cells of a project's dies anew. What they conduct stays as it is.
class ClassifyDialog : public QDialog
{
    Q_OBJECT

public:
    explicit ClassifyDialog(const Wafer& wafer, QWidget* parent = nullptr);

    /// One grid for each die. Only after it was accepted.
    const std::vector<CellGrid<Defect>>& labels() const;

private:
    void label();

    Wafer wafer_;
    QComboBox* measured_;
    LabelPanel* panel_;
};

} // namespace faultline
