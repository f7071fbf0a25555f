#include "pages/wafer_page.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLocale>
#include <QTableWidget>
#include <QVBoxLayout>

#include "document/project_document.h"
#include "figures/study_figures.h"
#include "pages/panel.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "views/legend_view.h"
#include "views/wafer_view.h"

namespace faultline
{

WaferPage::WaferPage(const ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      description_(quietLabel()),
      wafer_(new WaferView),
      counts_(resultTable({tr("Defect"), tr("This die"), tr("All dies"), tr("Share of cells")})),
      layer_(new QComboBox),
      legend_(new LegendView(defectLegend())),
      heatMap_(new HeatMapView),
      histogram_(new FigureView(tr("Select a die.")))
{
    wafer_->setObjectName("waferView");
    counts_->setObjectName("countsTable");
    heatMap_->setObjectName("heatMap");
    histogram_->setObjectName("conductanceHistogram");
    layer_->setObjectName("dieLayer");
    layer_->addItems({tr("Defects"), tr("Conductance at P"), tr("Conductance at AP")}); // as in DieLayer
    layer_->setAccessibleName(tr("What of the die is shown"));

    auto* mapPanel = new Panel(tr("Dies at their wafer positions, with their number of defects"), wafer_);
    auto* side = new Panel(tr("Defects"));
    side->body()->addWidget(counts_);
    side->body()->addSpacing(pageMargin);
    side->body()->addWidget(description_);
    side->body()->addStretch(1);

    diePanel_ = new Panel({});
    auto* layerRow = new QHBoxLayout;
    layerRow->addWidget(new QLabel(tr("Show")));
    layer_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    layerRow->addWidget(layer_);
    layerRow->addSpacing(pageMargin);
    layerRow->addWidget(legend_);
    layerRow->addStretch(1);
    diePanel_->body()->addLayout(layerRow);
    diePanel_->body()->addWidget(heatMap_, 1);

    auto* page = new QGridLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(mapPanel, 0, 0);
    page->addWidget(side, 0, 1);
    page->addWidget(diePanel_, 1, 0);
    page->addWidget(new Panel(tr("Its conductances"), histogram_), 1, 1);
    page->setColumnStretch(0, 4);
    page->setColumnStretch(1, 3);
    page->setRowStretch(0, 1);
    page->setRowStretch(1, 1);

    connect(&document, &ProjectDocument::projectReplaced, this, &WaferPage::showWafer);
    connect(wafer_, &WaferView::selectionChanged, this, &WaferPage::showDie);
    connect(layer_, &QComboBox::currentIndexChanged, this, [this](int index) {
        heatMap_->setLayer(static_cast<DieLayer>(index));
        legend_->setVisible(static_cast<DieLayer>(index) == DieLayer::Defects);
    });
    showWafer();
}

void WaferPage::showWafer()
{
    const Wafer& wafer = document_.project().wafer;
    heatMap_->setWafer(wafer);
    histogram_->setFigure(nullptr);
    diePanel_->setTitle(tr("Die"));
    wafer_->setWafer(wafer);
    const QLocale locale;
    description_->setText(tr("<b>%1</b>: %2 dies of %3 × %4 junctions, R<sub>P</sub> %5 kΩ, TMR %6 %.<br>%7")
                              .arg(QString::fromStdString(wafer.name).toHtmlEscaped(),
                                   locale.toString(static_cast<int>(wafer.dies.size())),
                                   locale.toString(wafer.geometry.rows),
                                   locale.toString(wafer.geometry.columns),
                                   locale.toString(wafer.device.parallelResistance / 1000.0, 'g', 4),
                                   locale.toString(100.0 * wafer.device.tmr, 'g', 4),
                                   QString::fromStdString(wafer.description).toHtmlEscaped()));
}

void WaferPage::showDie(int index)
{
    const Wafer& wafer = document_.project().wafer;
    const Die& die = wafer.dies[static_cast<std::size_t>(index)];
    diePanel_->setTitle(tr("Die %1").arg(QString::fromStdString(die.name)));
    heatMap_->showDie(die);
    histogram_->setFigure(conductanceFigure({&die, 1}));

    const DefectCounts counts = die.counts();
    DefectCounts all{};
    for (const Die& other : wafer.dies) {
        const DefectCounts some = other.counts();
        for (std::size_t k = 0; k < all.size(); ++k)
            all[k] += some[k];
    }
    const double cells = static_cast<double>(wafer.dies.size()) * wafer.geometry.cells();
    counts_->setRowCount(0);
    const auto show = [&](const QString& what, int here, int everywhere) {
        const int row = counts_->rowCount();
        counts_->insertRow(row);
        counts_->setItem(row, 0, new QTableWidgetItem(what));
        counts_->setItem(row, 1, numberItem(QString::number(here)));
        counts_->setItem(row, 2, numberItem(QString::number(everywhere)));
        counts_->setItem(row, 3, numberItem(QString("%1 %").arg(100.0 * everywhere / cells, 0, 'f', 3)));
    };
    int here = 0, everywhere = 0;
    for (const Defect defect : allDefects) {
        const auto k = static_cast<std::size_t>(defect);
        show(QString::fromUtf8(name(defect)), counts[k], all[k]);
        here += counts[k];
        everywhere += all[k];
    }
    show(tr("all"), here, everywhere);
    fitToRows(*counts_);
}

} // namespace faultline
