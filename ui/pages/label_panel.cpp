#include "pages/label_panel.h"

#include <cmath>
#include <memory>

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/background.h"
#include "pages/panel.h"
#include "views/threshold_view.h"

namespace faultline
{

LabelPanel::LabelPanel(QWidget* parent)
    : QWidget(parent),
      background_(new Background(this)),
      histogram_(new ThresholdView),
      ratio_(new QDoubleSpinBox),
      table_(resultTable({tr("Label"), tr("Cells"), tr("Expected precision"), tr("Expected recall")})),
      quality_(quietLabel())
{
    histogram_->setObjectName("thresholds");
    table_->setObjectName("labels");
    quality_->setObjectName("labelQuality");
    quality_->setWordWrap(true);
    ratio_->setObjectName("smallestRatio");
    ratio_->setRange(1.0, 100.0);
    ratio_->setDecimals(3);
    ratio_->setSingleStep(0.01);
    ratio_->setKeyboardTracking(false);
    ratio_->setToolTip(tr("A cell with less is stuck: in P above the dashed line, in AP below it."));
    auto* automatic = new QPushButton(tr("Find them"));
    automatic->setObjectName("automaticThresholds");
    automatic->setToolTip(tr("Fits a mixture of lognormals to all cells."));

    auto* by = new QHBoxLayout;
    by->addWidget(new QLabel(tr("A switch has G_P / G_AP of at least")));
    by->addWidget(ratio_);
    by->addStretch(1);
    by->addWidget(automatic);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(boldLabel(tr("Opens, the border of the states, and shorts: drag the lines")));
    layout->addWidget(histogram_, 1);
    layout->addLayout(by);
    layout->addWidget(table_);
    layout->addWidget(quality_);

    connect(automatic, &QPushButton::clicked, this, [this] {
        thresholds_.reset();
        label();
    });
    connect(histogram_, &ThresholdView::thresholdsChanged, this,
            [this](const Thresholds& thresholds) { byHand(thresholds, ratio_->value()); });
    connect(ratio_, &QDoubleSpinBox::valueChanged, this,
            [this](double ratio) { byHand(histogram_->thresholds(), ratio); });
}

void LabelPanel::setWafer(Wafer wafer, std::optional<Level> only)
{
    wafer_ = std::move(wafer);
    only_ = only;
    histogram_->setDies(wafer_.dies);
    label();
}

void LabelPanel::clear()
{
    background_->cancel();
    wafer_ = {};
    labels_.reset();
    histogram_->setDies({});
    table_->setRowCount(0);
    quality_->clear();
}

void LabelPanel::byHand(Thresholds thresholds, double smallestRatio)
{
    thresholds_ = thresholds;
    thresholds_->smallestRatio = smallestRatio;
    label();
}

void LabelPanel::label()
{
    if (wafer_.dies.empty())
        return;
    labels_.reset();
    quality_->setText(tr("Labelling…"));
    emit started();
    background_->start(
        [this, wafer = wafer_, thresholds = thresholds_, only = only_](const std::stop_token&) {
            try {
                auto labels = std::make_shared<Classification>(classify(wafer, thresholds, only));
                return Background::Finish([this, labels] {
                    labels_ = std::move(*labels);
                    showLabels();
                    emit finished();
                });
            } catch (const std::exception& error) {
                return Background::Finish([this, reason = QString::fromUtf8(error.what())] {
                    quality_->setText(reason);
                    table_->setRowCount(0);
                    fitToRows(*table_);
                    emit finished();
                });
            }
        });
}

void LabelPanel::showLabels()
{
    histogram_->setThresholds(labels_->thresholds);
    {
        const QSignalBlocker blocker(ratio_);
        ratio_->setValue(labels_->thresholds.smallestRatio);
    }
    std::array<long, 5> cells{};
    for (const CellGrid<Defect>& grid : labels_->labels)
        for (const Defect label : grid.reshaped())
            ++cells[static_cast<std::size_t>(label)];
    table_->setRowCount(0);
    const QLocale locale;
    for (const Defect defect : allDefects) {
        const auto k = static_cast<std::size_t>(defect);
        const int row = table_->rowCount();
        table_->insertRow(row);
        table_->setItem(row, 0, new QTableWidgetItem(QString::fromUtf8(name(defect))));
        table_->setItem(row, 1, numberItem(locale.toString(static_cast<qlonglong>(cells[k]))));
        const auto share = [&](double value) {
            return std::isfinite(value) ? locale.toString(value, 'f', 4) : QString("–");
        };
        if (labels_->fit) {
            table_->setItem(row, 2, numberItem(share(labels_->fit->quality[k].precision)));
            table_->setItem(row, 3, numberItem(share(labels_->fit->quality[k].recall)));
        }
    }
    fitToRows(*table_);
    quality_->setText(labels_->fit ? tr("Fitted: %1 % of all cells are expected to be labelled rightly.")
                                         .arg(locale.toString(100.0 * labels_->fit->rightlyLabelled, 'f', 3))
                                   : tr("Labelled by hand."));
}

} // namespace faultline
