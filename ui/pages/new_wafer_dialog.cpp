#include "pages/new_wafer_dialog.h"

#include <algorithm>
#include <cmath>

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QTimer>
#include <QVBoxLayout>

#include "common/error.h"
#include "pages/failure_fields.h"
#include "pages/panel.h"
#include "pages/statistics_dialog.h"
#include "views/wafer_view.h"

namespace faultline
{

namespace
{

/// A preview of more cells than this would not keep up with typing.
constexpr int previewCells = 1500000;

QSpinBox* wholeNumber(const char* name, int low, int high, const QString& tip)
{
    auto* box = new QSpinBox;
    box->setObjectName(name);
    box->setAccessibleName(tip);
    box->setToolTip(tip);
    box->setRange(low, high);
    return box;
}

QDoubleSpinBox* number(const char* name, double low, double high, int decimals, const QString& suffix,
                       const QString& tip)
{
    auto* box = new QDoubleSpinBox;
    box->setObjectName(name);
    box->setAccessibleName(tip);
    box->setToolTip(tip);
    box->setDecimals(decimals);
    box->setRange(low, high);
    box->setSuffix(suffix);
    return box;
}

/// What a wafer looks drawn from; the defaults for what it cannot tell.
WaferDescription describe(const Wafer& wafer)
{
    WaferDescription description;
    description.name = "New wafer";
    DefectStatistics& statistics = description.statistics;
    if (!wafer.dies.empty()) {
        description.geometry = wafer.geometry;
        description.device = wafer.device;
        description.dies = std::min(static_cast<int>(wafer.dies.size()), WaferDescription::maximumDies);
    }
    statistics = defaultStatistics(description.device);
    for (const Defect defect : allDefects)
        statistics.rate(defect).rate = 0.001;
    try {
        const DefectStatistics fitted = fitStatistics(wafer);
        const LognormalConductance shorts = statistics.shortConductance;
        statistics = fitted;
        if (!fitted.hasShorts())
            statistics.shortConductance = shorts;
    } catch (const Error&) {
        // A wafer without healthy cells has no statistics: the defaults stay.
    }
    return description;
}

} // namespace

NewWaferDialog::NewWaferDialog(const Wafer& present, QWidget* parent) : QDialog(parent)
{
    setObjectName("newWaferDialog");
    setWindowTitle(tr("New wafer from statistics"));
    auto* layout = new QHBoxLayout;
    layout->setSpacing(pageMargin);
    layout->addLayout(makeForm());
    view_ = new WaferView;
    view_->setObjectName("waferPreview");
    words_ = quietLabel();
    words_->setObjectName("previewWords");
    auto* right = new Panel(tr("What the seed draws"), view_);
    right->body()->addWidget(words_);
    layout->addWidget(right, 1);
    buttons_ = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons_->button(QDialogButtonBox::Ok)->setText(tr("Draw wafer"));
    connect(buttons_, &QDialogButtonBox::accepted, this, &NewWaferDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    all->addLayout(layout, 1);
    all->addWidget(buttons_);
    resize(1060, 660);

    show(describe(present));
    previewTimer_ = new QTimer(this);
    previewTimer_->setSingleShot(true);
    previewTimer_->setInterval(150);
    connect(previewTimer_, &QTimer::timeout, this, &NewWaferDialog::preview);
    for (QSpinBox* box : findChildren<QSpinBox*>())
        connect(box, &QSpinBox::valueChanged, this, &NewWaferDialog::check);
    for (QDoubleSpinBox* box : findChildren<QDoubleSpinBox*>())
        connect(box, &QDoubleSpinBox::valueChanged, this, &NewWaferDialog::check);
    connect(seed_, &QLineEdit::textChanged, this, &NewWaferDialog::check);
    check();
    if (previewTimer_->isActive()) // there is something to draw
        preview();
}

QLayout* NewWaferDialog::makeForm()
{
    name_ = new QLineEdit;
    name_->setObjectName("waferName");
    dies_ = wholeNumber("waferDies", 1, WaferDescription::maximumDies, tr("Number of dies"));
    seed_ = new QLineEdit;
    seed_->setObjectName("waferSeed");
    seed_->setValidator(new QRegularExpressionValidator(QRegularExpression("\\d{1,19}"), seed_));
    seed_->setToolTip(tr("The same seed and statistics draw the same dies."));
    constexpr int side = DieGeometry::maximumSide;
    rows_ = wholeNumber("waferRows", 1, side, tr("Rows of a die"));
    columns_ = wholeNumber("waferColumns", 1, side, tr("Columns of a die"));
    kernelRows_ = wholeNumber("waferKernelRows", 1, side, tr("Rows of a kernel"));
    kernelColumns_ = wholeNumber("waferKernelColumns", 1, side, tr("Columns of a kernel"));
    resistance_ = number("waferResistance", 0.001, 1e6, 3, tr(" kΩ"), tr("Resistance of a junction at P"));
    tmr_ = number("waferTmr", 0.1, 10000, 1, " %", tr("(R_AP − R_P) / R_P"));
    sigmaP_ = number("waferSigmaP", 0.0, 200, 2, " %", tr("Standard deviation of ln G at P"));
    sigmaAP_ = number("waferSigmaAP", 0.0, 200, 2, " %", tr("Standard deviation of ln G at AP"));
    correlation_ =
        number("waferCorrelation", -1.0, 1.0, 2, "",
               tr("Of a junction's ln G at P with that at AP: near 1 where junctions differ in area "
                  "and not in TMR"));
    shortConductance_ =
        number("shortConductance", 0.0, 1e4, 3, tr(" G_P"), tr("Median conductance of shorts"));
    shortSigma_ = number("shortSigma", 0.0, 500, 1, " %", tr("Standard deviation of ln G of shorts"));
    openConductance_ =
        number("openConductance", 0.0, 100, 4, tr(" G_P"), tr("Leakage conductance of open cells"));

    const auto pair = [](QWidget* first, const QString& between, QWidget* second) {
        auto* row = new QHBoxLayout;
        row->setSpacing(6);
        row->addWidget(first, 1);
        row->addWidget(new QLabel(between));
        row->addWidget(second, 1);
        return row;
    };
    auto* form = new QFormLayout;
    form->setVerticalSpacing(5);
    form->setHorizontalSpacing(10);
    form->addRow(boldLabel(tr("Wafer")));
    form->addRow(tr("Name"), name_);
    form->addRow(tr("Dies"), pair(dies_, tr("seed"), seed_));
    form->addRow(tr("Rows × columns"), pair(rows_, "×", columns_));
    form->addRow(tr("Kernels of"), pair(kernelRows_, "×", kernelColumns_));
    form->addRow(boldLabel(tr("Junctions")));
    form->addRow(tr("R at P, TMR"), pair(resistance_, "", tmr_));
    form->addRow(tr("Variation P, AP"), pair(sigmaP_, "", sigmaAP_));
    form->addRow(tr("Correlation"), correlation_);
    form->addRow(boldLabel(tr("Defects: share of cells, dispersion")));
    for (std::size_t k = 0; k < allDefects.size(); ++k) {
        const QString defect = QString::fromUtf8(faultline::name(allDefects[k]));
        rates_[k] =
            number(qPrintable("rate-" + defect), 0.0, 100.0, 4, " %", tr("Share of cells: %1").arg(defect));
        rates_[k]->setSingleStep(0.05);
        dispersions_[k] =
            number(qPrintable("dispersion-" + defect), 0.0, 1e6, 2, {},
                   tr("How much the number of defects varies from die to die: variance = mean + "
                      "mean² / dispersion. The lowest value stands for Poisson counts."));
        dispersions_[k]->setSpecialValueText(tr("Poisson"));
        form->addRow(defect, pair(rates_[k], "", dispersions_[k]));
    }
    failures_ = new FailureFields({});
    form->addRow(failures_);
    form->addRow(tr("Shorts conduct"), pair(shortConductance_, "±", shortSigma_));
    form->addRow(tr("Opens conduct"), openConductance_);
    return form;
}

void NewWaferDialog::show(const WaferDescription& description)
{
    name_->setText(QString::fromStdString(description.name));
    dies_->setValue(description.dies);
    seed_->setText(QString::number(description.seed));
    rows_->setValue(description.geometry.rows);
    columns_->setValue(description.geometry.columns);
    kernelRows_->setValue(description.geometry.kernelRows);
    kernelColumns_->setValue(description.geometry.kernelColumns);
    const DefectStatistics& statistics = description.statistics;
    const double parallel = statistics.level[P].median;
    resistance_->setValue(1e-3 / parallel);
    tmr_->setValue(100.0 * (parallel / statistics.level[AP].median - 1.0));
    sigmaP_->setValue(100.0 * statistics.level[P].sigma);
    sigmaAP_->setValue(100.0 * statistics.level[AP].sigma);
    correlation_->setValue(statistics.levelCorrelation);
    for (std::size_t k = 0; k < allDefects.size(); ++k) {
        const DefectRate& rate = statistics.rate(allDefects[k]);
        rates_[k]->setValue(100.0 * rate.rate);
        dispersions_[k]->setValue(std::isfinite(rate.dispersion) ? std::max(0.01, rate.dispersion) : 0.0);
    }
    failures_->show(statistics);
    shortConductance_->setValue(statistics.shortConductance.median / parallel);
    shortSigma_->setValue(100.0 * statistics.shortConductance.sigma);
    openConductance_->setValue(statistics.openConductance / parallel);
}

WaferDescription NewWaferDialog::description() const
{
    WaferDescription description;
    description.name = name_->text().toStdString();
    description.description =
        tr("Synthetic, drawn from statistics with seed %1.").arg(seed_->text()).toStdString();
    description.dies = dies_->value();
    description.seed = seed_->text().toULongLong();
    description.geometry = {rows_->value(), columns_->value(), kernelRows_->value(), kernelColumns_->value()};
    description.device = {1000.0 * resistance_->value(), tmr_->value() / 100.0};
    DefectStatistics& statistics = description.statistics;
    const double parallel = description.device.conductance(P);
    statistics.level[P] = {parallel, sigmaP_->value() / 100.0};
    statistics.level[AP] = {description.device.conductance(AP), sigmaAP_->value() / 100.0};
    statistics.levelCorrelation = correlation_->value();
    for (std::size_t k = 0; k < allDefects.size(); ++k) {
        DefectRate& rate = statistics.rate(allDefects[k]);
        rate.rate = rates_[k]->value() / 100.0;
        if (dispersions_[k]->value() > 0.0)
            rate.dispersion = dispersions_[k]->value();
    }
    failures_->apply(statistics);
    statistics.shortConductance = {shortConductance_->value() * parallel, shortSigma_->value() / 100.0};
    statistics.openConductance = openConductance_->value() * parallel;
    return description;
}

void NewWaferDialog::check()
{
    QString reason;
    try {
        description().validate();
    } catch (const Error& error) {
        reason = QString::fromUtf8(error.what());
    }
    buttons_->button(QDialogButtonBox::Ok)->setEnabled(reason.isEmpty());
    words_->setForegroundRole(reason.isEmpty() ? QPalette::PlaceholderText : QPalette::Text);
    if (reason.isEmpty())
        return previewTimer_->start();
    previewTimer_->stop(); // nothing can be drawn of this
    words_->setText("⚠ " + reason);
}

void NewWaferDialog::accept()
{
    if (mayReplace())
        QDialog::accept();
}

/// The dies themselves: die k is the same however many there are.
void NewWaferDialog::preview()
{
    previewTimer_->stop();
    WaferDescription shown = description();
    const int all = shown.dies;
    shown.dies = std::clamp(previewCells / shown.geometry.cells(), 1, all);
    const Wafer wafer = drawWafer(shown);
    view_->setWafer(wafer, defectsPerDie(wafer));
    int defects = 0;
    for (const Die& die : wafer.dies)
        defects += die.defectCount();
    const QLocale locale;
    QString text = tr("%1 defects in %2 dies, %3 per die.")
                       .arg(locale.toString(defects), locale.toString(shown.dies))
                       .arg(static_cast<double>(defects) / shown.dies, 0, 'f', 1);
    if (shown.dies < all)
        text += tr(" The other %1 dies are drawn with the wafer.").arg(locale.toString(all - shown.dies));
    words_->setText(text);
}

} // namespace faultline
