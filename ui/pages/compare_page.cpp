#include "pages/compare_page.h"

#include <cmath>
#include <limits>

#include <QGridLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableWidget>
#include <QVBoxLayout>

#include "document/project_document.h"
#include "figures/numbers.h"
#include "figures/study_figures.h"
#include "pages/panel.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

QString percent(double value)
{
    return std::isnan(value) ? QString("–") : QString::number(value, 'f', 2);
}

} // namespace

ComparePage::ComparePage(const ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      stack_(new QStackedWidget),
      byDie_(new FigureView({})),
      byMode_(new FigureView({})),
      byDefects_(new FigureView({})),
      yield_(new FigureView({})),
      generality_(new FigureView(tr("Appears when hardware-aware networks have been trained."))),
      table_(resultTable({tr("Training"), tr("Dies"), tr("Mean (%)"), tr("Median (%)"), tr("Sigma (%)"),
                          tr("Worst (%)"), tr("Over baseline (%)")})),
      export_(new QPushButton(tr("Export figures…")))
{
    byDie_->setObjectName("errorByDie");
    byMode_->setObjectName("errorByMode");
    byDefects_->setObjectName("errorByDefects");
    yield_->setObjectName("yield");
    generality_->setObjectName("generality");
    table_->setObjectName("modesTable");
    export_->setObjectName("exportButton");
    export_->setToolTip(tr("Every figure as SVG, PDF, PNG and CSV, into one folder"));
    byMode_->setToolTip(tr("Boxes: quartiles (linear interpolation); whiskers: the outermost dies within\n"
                           "1.5 interquartile ranges of the box; dies beyond stand out."));

    auto* overview = new QWidget;
    auto* grid = new QGridLayout(overview);
    grid->setContentsMargins(0, pageMargin, 0, 0);
    grid->setSpacing(pageMargin);
    grid->addWidget(new Panel(tr("Error of each die"), byDie_), 0, 0, 1, 3);
    grid->addWidget(new Panel(tr("By training mode"), byMode_), 1, 0);
    grid->addWidget(new Panel(tr("Against number of defects"), byDefects_), 1, 1);
    grid->addWidget(new Panel(tr("Yield"), yield_), 1, 2);
    for (int column = 0; column < 3; ++column)
        grid->setColumnStretch(column, 1);
    grid->setRowStretch(0, 1);
    grid->setRowStretch(1, 1);

    auto* general = new QWidget;
    auto* generalLayout = new QVBoxLayout(general);
    generalLayout->setContentsMargins(0, pageMargin, 0, 0);
    generalLayout->addWidget(
        new Panel(tr("Error of every hardware-aware network on every die"), generality_));

    auto* tabs = new QTabWidget;
    tabs->setObjectName("compareTabs");
    tabs->setDocumentMode(true);
    tabs->addTab(overview, tr("Overview"));
    tabs->addTab(general, tr("Generality"));
    tabs->setCornerWidget(export_);

    auto* results = new QWidget;
    auto* layout = new QVBoxLayout(results);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(pageMargin);
    layout->addWidget(tabs, 1);
    layout->addWidget(new Panel(tr("Test error over the dies"), table_));

    auto* hint =
        quietLabel(tr("There are no results yet.\n\nRun a study on the Train page; its results appear here "
                      "as soon as the first network is trained."));
    hint->setAlignment(Qt::AlignCenter);
    stack_->addWidget(hint);
    stack_->addWidget(results);
    auto* page = new QVBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->addWidget(stack_);

    connect(export_, &QPushButton::clicked, this, &ComparePage::exportWanted);
    connect(&document, &ProjectDocument::projectReplaced, this, &ComparePage::refresh);
    connect(&document, &ProjectDocument::resultsChanged, this, &ComparePage::refresh);
    refresh();
}

/// Draws at once when someone looks, or else when the page is shown.
void ComparePage::refresh()
{
    stale_ = true;
    stack_->setCurrentIndex(document_.project().result.runs.empty() ? 0 : 1);
    if (isVisible())
        draw();
}

void ComparePage::showEvent(QShowEvent* event)
{
    if (stale_)
        draw();
    QWidget::showEvent(event);
}

void ComparePage::draw()
{
    stale_ = false;
    const Project& project = document_.project();
    byDie_->setFigure(errorByDieFigure(project));
    byMode_->setFigure(errorByModeFigure(project));
    byDefects_->setFigure(errorByDefectsFigure(project));
    yield_->setFigure(yieldFigure(project));
    generality_->setFigure(generalityFigure(project));

    const StudySummary summary = summarise(project.plan, project.wafer, project.result.runs);
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const double baseline = summary.baselineError.value_or(unknown);
    table_->setRowCount(0);
    const auto show = [&](const QString& name, const ErrorStatistics& statistics) {
        const int row = table_->rowCount();
        table_->insertRow(row);
        table_->setItem(row, 0, new QTableWidgetItem(name));
        table_->setItem(row, 1,
                        numberItem(statistics.dies > 0 ? QString::number(statistics.dies) : QString("–")));
        int column = 2;
        for (const double value : {statistics.mean, statistics.median, statistics.sigma, statistics.worst,
                                   statistics.mean - baseline})
            table_->setItem(row, column++, numberItem(percent(value)));
    };
    if (summary.baselineError)
        show(tr("software baseline"), {0, baseline, unknown, summary.baselineSpread, unknown});
    for (const ModeErrors& mode : summary.modes) {
        show(QString::fromUtf8(name(mode.mode)), errorStatistics(mode.dieMean));
        if (mode.mode == TrainingMode::HardwareAware)
            show(tr("… on the other dies"), errorStatistics(mode.otherDies));
    }
    fitToRows(*table_);
}

} // namespace faultline
