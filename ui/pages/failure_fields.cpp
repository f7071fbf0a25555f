#include "pages/failure_fields.h"

#include <QDoubleSpinBox>
#include <QGridLayout>

#include "pages/panel.h"

namespace faultline
{

namespace
{

/// The lines' rates in the order of their fields.
std::array<double*, 4> lineRates(DefectStatistics& statistics)
{
    return {&statistics.rows.shorts, &statistics.rows.opens, &statistics.columns.shorts,
            &statistics.columns.opens};
}

QDoubleSpinBox* field(const char* name, double high, int decimals, const QString& unit, const QString& tip)
{
    auto* box = new QDoubleSpinBox;
    box->setObjectName(name);
    box->setAccessibleName(tip);
    box->setToolTip(tip);
    box->setDecimals(decimals);
    box->setRange(0.0, high);
    box->setSuffix(unit);
    box->setAccelerated(true);
    return box;
}

} // namespace

FailureFields::FailureFields(const DefectStatistics& statistics, QWidget* parent)
    : QWidget(parent),
      lines_{field("shortedRows", 100.0, 4, " %", tr("Share of rows that are shorted as a whole")),
             field("openRows", 100.0, 4, " %", tr("Share of rows that are open as a whole")),
             field("shortedColumns", 100.0, 4, " %", tr("Share of columns that are shorted as a whole")),
             field("openColumns", 100.0, 4, " %", tr("Share of columns that are open as a whole"))},
      size_(field("clusterSize", 1e4, 2, {},
                  tr("Defects of one kind lie in clusters of so many on the average (Thomas' process)"))),
      radius_(field("clusterRadius", 1e4, 2, tr(" cells"),
                    tr("Standard deviation of a defect's distance from its cluster's centre, along rows and "
                       "along columns")))
{
    size_->setSpecialValueText(tr("no clusters"));
    radius_->setMinimum(0.1);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->addWidget(boldLabel(tr("Failed lines")), 0, 0);
    grid->addWidget(boldLabel(tr("Shorted")), 0, 1);
    grid->addWidget(boldLabel(tr("Open")), 0, 2);
    grid->addWidget(new QLabel(tr("rows")), 1, 0);
    grid->addWidget(new QLabel(tr("columns")), 2, 0);
    for (int k = 0; k < 4; ++k)
        grid->addWidget(lines_[static_cast<std::size_t>(k)], 1 + k / 2, 1 + k % 2);
    grid->addWidget(boldLabel(tr("Clusters")), 3, 0);
    grid->addWidget(boldLabel(tr("Mean size")), 3, 1);
    grid->addWidget(boldLabel(tr("Radius")), 3, 2);
    grid->addWidget(new QLabel(tr("of each kind")), 4, 0);
    grid->addWidget(size_, 4, 1);
    grid->addWidget(radius_, 4, 2);
    grid->setSpacing(6);
    grid->setColumnMinimumWidth(0, 110);
    for (const int column : {1, 2})
        grid->setColumnStretch(column, 1);
    connect(size_, &QDoubleSpinBox::valueChanged, radius_,
            [this](double size) { radius_->setEnabled(size > 0.0); });
    show(statistics);
}

void FailureFields::show(const DefectStatistics& statistics)
{
    DefectStatistics shown = statistics;
    for (std::size_t k = 0; k < lines_.size(); ++k)
        lines_[k]->setValue(100.0 * *lineRates(shown)[k]);
    size_->setValue(shown.clusters.size);
    radius_->setValue(shown.clusters.radius);
    radius_->setEnabled(shown.clusters.size > 0.0);
}

void FailureFields::apply(DefectStatistics& statistics) const
{
    for (std::size_t k = 0; k < lines_.size(); ++k)
        *lineRates(statistics)[k] = lines_[k]->value() / 100.0;
    statistics.clusters = {size_->value(), radius_->value()};
}

} // namespace faultline
