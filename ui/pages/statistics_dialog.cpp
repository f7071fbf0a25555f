#include "pages/statistics_dialog.h"

#include <cmath>
#include <limits>

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "common/error.h"
#include "pages/failure_fields.h"
#include "pages/panel.h"

namespace faultline
{

namespace
{

QDoubleSpinBox* number(const QString& name, double value, double high, int decimals, const QString& unit)
{
    auto* box = new QDoubleSpinBox;
    box->setObjectName(name);
    box->setDecimals(decimals);
    box->setRange(0.0, high);
    box->setValue(value);
    box->setSuffix(unit);
    box->setAccelerated(true);
    return box;
}

} // namespace

DefectStatistics defaultStatistics(const Device& device)
{
    DefectStatistics statistics;
    for (const Level level : {AP, P})
        statistics.level[level] = {device.conductance(level), 0.05};
    statistics.shortConductance = {4.0 * device.conductance(P), 0.2};
    return statistics;
}

StatisticsDialog::StatisticsDialog(const DefectStatistics& statistics, const Device& device, QWidget* parent)
    : QDialog(parent),
      start_(statistics),
      failures_(new FailureFields(statistics)),
      problem_(new QLabel)
{
    setObjectName("statisticsDialog");
    setWindowTitle(tr("Statistics of the dies"));
    auto* defects = new QGridLayout;
    defects->addWidget(boldLabel(tr("Defect")), 0, 0);
    defects->addWidget(boldLabel(tr("Share of cells")), 0, 1);
    defects->addWidget(boldLabel(tr("Dispersion")), 0, 2);
    int row = 1;
    for (std::size_t k = 0; k < allDefects.size(); ++k, ++row) {
        const QString kind = QString::fromUtf8(name(allDefects[k]));
        const DefectRate& rate = statistics.rate(allDefects[k]);
        rate_[k] = number("rate-" + kind, 100.0 * rate.rate, 100.0, 4, tr(" %"));
        dispersion_[k] =
            number("dispersion-" + kind, std::isfinite(rate.dispersion) ? rate.dispersion : 0.0, 1e6, 2, {});
        dispersion_[k]->setSpecialValueText(tr("∞ (Poisson)"));
        dispersion_[k]->setToolTip(tr("The number on a die has the variance mean + mean² / dispersion."));
        defects->addWidget(new QLabel(kind), row, 0);
        defects->addWidget(rate_[k], row, 1);
        defects->addWidget(dispersion_[k], row, 2);
    }
    auto* conductances = new QGridLayout;
    conductances->addWidget(boldLabel(tr("Conductance")), 0, 0);
    conductances->addWidget(boldLabel(tr("Median")), 0, 1);
    conductances->addWidget(boldLabel(tr("Variation (σ of ln G)")), 0, 2);
    const auto addConductance = [&](int at, const QString& words, const LognormalConductance& values,
                                    QDoubleSpinBox*& median, QDoubleSpinBox*& sigma) {
        median = number("median-" + words, 1e6 * values.median, 1e9, 3, tr(" µS"));
        sigma = number("sigma-" + words, 100.0 * values.sigma, 1000.0, 2, tr(" %"));
        conductances->addWidget(new QLabel(words), at, 0);
        conductances->addWidget(median, at, 1);
        conductances->addWidget(sigma, at, 2);
    };
    addConductance(1, tr("parallel"), statistics.level[P], median_[P], sigma_[P]);
    addConductance(2, tr("antiparallel"), statistics.level[AP], median_[AP], sigma_[AP]);
    addConductance(3, tr("short"), statistics.shortConductance, shortMedian_, shortSigma_);
    openConductance_ = number("median-open", 1e6 * statistics.openConductance, 1e9, 3, tr(" µS"));
    openConductance_->setToolTip(tr("Leakage of all open cells alike"));
    conductances->addWidget(new QLabel(tr("open")), 4, 0);
    conductances->addWidget(openConductance_, 4, 1);

    problem_->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    ok_ = buttons->button(QDialogButtonBox::Ok);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(pageMargin);
    layout->addWidget(quietLabel(tr("Nominal: %1 µS parallel, %2 µS antiparallel.")
                                     .arg(1e6 * device.conductance(P), 0, 'f', 1)
                                     .arg(1e6 * device.conductance(AP), 0, 'f', 1)));
    for (QGridLayout* grid : {defects, conductances}) {
        grid->setSpacing(6);
        grid->setColumnMinimumWidth(0, 110);
        for (const int column : {1, 2})
            grid->setColumnStretch(column, 1);
    }
    layout->addLayout(defects);
    layout->addWidget(failures_);
    layout->addLayout(conductances);
    layout->addWidget(problem_);
    layout->addStretch(1);
    layout->addWidget(buttons);
    for (QDoubleSpinBox* box : findChildren<QDoubleSpinBox*>())
        connect(box, &QDoubleSpinBox::valueChanged, this, &StatisticsDialog::check);
    check();
}

DefectStatistics StatisticsDialog::statistics() const
{
    DefectStatistics statistics = start_;
    for (std::size_t k = 0; k < allDefects.size(); ++k) {
        const double dispersion = dispersion_[k]->value();
        statistics.rate(allDefects[k]) = {rate_[k]->value() / 100.0,
                                          dispersion > 0.0 ? dispersion
                                                           : std::numeric_limits<double>::infinity()};
    }
    for (const Level level : {AP, P})
        statistics.level[level] = {1e-6 * median_[level]->value(), sigma_[level]->value() / 100.0};
    failures_->apply(statistics);
    statistics.shortConductance = {1e-6 * shortMedian_->value(), shortSigma_->value() / 100.0};
    statistics.openConductance = 1e-6 * openConductance_->value();
    return statistics;
}

void StatisticsDialog::check()
{
    QString problem;
    try {
        statistics().validate();
    } catch (const Error& error) {
        problem = "⚠ " + QString::fromUtf8(error.what());
    }
    problem_->setText(problem);
    ok_->setEnabled(problem.isEmpty());
}

} // namespace faultline
