#include "pages/statistics_page.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/background.h"
#include "document/project_document.h"
#include "figures/report_figures.h"
#include "pages/panel.h"
#include "study/hold_out.h"
#include "views/export_dialog.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

QString shown(double value, int digits = 3)
{
    return std::isinf(value) ? QStringLiteral("∞") : QLocale().toString(value, 'g', digits);
}

void addRow(QTableWidget& table, const QStringList& texts)
{
    const int row = table.rowCount();
    table.insertRow(row);
    for (int column = 0; column < texts.size(); ++column)
        table.setItem(row, column,
                      column == 0 ? new QTableWidgetItem(texts[column]) : numberItem(texts[column]));
}

} // namespace

StatisticsPage::StatisticsPage(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      background_(new Background(this)),
      summary_(quietLabel()),
      defects_(resultTable({tr("Defect"), tr("Share of cells"), tr("95 % interval"), tr("Dispersion"),
                            tr("Likelihood ratio"), tr("p (Poisson)")})),
      tests_(resultTable({tr("Not by chance?"), tr("Found"), tr("By chance"), tr("p")})),
      rates_(new FigureView(tr("No die has a defect."))),
      counts_(new FigureView(tr("No die has this defect."))),
      quantiles_(new FigureView(tr("There are no healthy cells."))),
      trend_(new FigureView(tr("There are no dies."))),
      defect_(new QComboBox),
      export_(new QPushButton(tr("Export figures…"))),
      use_(new QPushButton(tr("Train with these"))),
      holdOut_(new QPushButton(tr("Hold out half of the dies")))
{
    defects_->setObjectName("defectStatistics");
    tests_->setObjectName("clusterTests");
    export_->setObjectName("exportStatistics");
    use_->setObjectName("useStatistics");
    holdOut_->setObjectName("holdOut");
    defect_->setObjectName("countedDefect");
    use_->setToolTip(tr("The next study's statistics-aware training draws its dies from these statistics."));
    holdOut_->setToolTip(
        tr("The next study fits its statistics to one half of the dies, drawn at random, and "
           "judges networks on the other half, which nothing before has seen."));
    for (const Defect defect : allDefects)
        defect_->addItem(QString::fromUtf8(name(defect)));
    defect_->setAccessibleName(tr("Defect whose counts are shown"));

    auto* numbers = new Panel(tr("Defects and their places"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(use_);
    buttons->addWidget(holdOut_);
    buttons->addStretch(1);
    buttons->addWidget(export_);
    numbers->body()->addWidget(summary_);
    numbers->body()->addWidget(defects_);
    numbers->body()->addSpacing(pageMargin);
    numbers->body()->addWidget(tests_);
    numbers->body()->addStretch(1);
    numbers->body()->addLayout(buttons);

    auto* counts = new Panel(tr("Defects on a die: dies with at most so many"), counts_);
    counts->addToTitle(defect_);
    auto* page = new QGridLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(numbers, 0, 0, 1, 2);
    page->addWidget(new Panel(tr("Rates with 95 % intervals"), rates_), 0, 2);
    page->addWidget(counts, 1, 0);
    page->addWidget(new Panel(tr("Conductances against a lognormal (Q-Q)"), quantiles_), 1, 1);
    page->addWidget(new Panel(tr("From the wafer's centre to its edge"), trend_), 1, 2);
    for (int column = 0; column < 3; ++column)
        page->setColumnStretch(column, 1);
    page->setRowStretch(0, 1);
    page->setRowStretch(1, 1);

    connect(&document, &ProjectDocument::projectReplaced, this, &StatisticsPage::makeOutdated);
    connect(&document, &ProjectDocument::waferChanged, this, &StatisticsPage::makeOutdated);
    connect(&document, &ProjectDocument::dieChanged, this, &StatisticsPage::makeOutdated);
    connect(defect_, &QComboBox::currentIndexChanged, this, &StatisticsPage::showCounts);
    connect(export_, &QPushButton::clicked, this, &StatisticsPage::exportFigures);
    connect(use_, &QPushButton::clicked, this, &StatisticsPage::useStatistics);
    connect(holdOut_, &QPushButton::clicked, this, &StatisticsPage::holdOutHalf);
    showReport();
}

void StatisticsPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (!report_)
        refresh();
}

void StatisticsPage::makeOutdated()
{
    background_->cancel();
    report_.reset();
    showReport();
    if (isVisible())
        refresh();
}

void StatisticsPage::refresh()
{
    summary_->setText(tr("Counting…"));
    background_->start([this, wafer = document_.project().wafer](const std::stop_token& stop) {
        constexpr int draws = 999;
        try {
            auto report = std::make_shared<WaferReport>(reportOn(wafer, draws, 1, stop));
            return Background::Finish([this, report] {
                report_ = std::move(*report);
                showReport();
            });
        } catch (const Error& error) {
            return Background::Finish([this, reason = QString::fromUtf8(error.what())] {
                summary_->setText(tr("No statistics: %1").arg(reason));
            });
        }
    });
}

void StatisticsPage::showReport()
{
    defects_->setRowCount(0);
    tests_->setRowCount(0);
    for (QPushButton* button : {export_, use_, holdOut_})
        button->setEnabled(report_.has_value());
    if (report_)
        holdOut_->setEnabled(report_->dies > 1);
    summary_->setText(
        report_ ? tr("<b>%1</b>: %2 dies, TMR %3 % (quartiles %4 to %5 %), σ of ln G %6 at P and %7 at AP")
                      .arg(QString::fromStdString(report_->wafer).toHtmlEscaped())
                      .arg(report_->dies)
                      .arg(shown(100.0 * report_->tmr.median), shown(100.0 * report_->tmr.lowQuartile),
                           shown(100.0 * report_->tmr.highQuartile), shown(report_->conductance[P].fit.sigma),
                           shown(report_->conductance[AP].fit.sigma))
                : QString());
    if (report_) {
        for (const DefectReport& of : report_->defects)
            addRow(*defects_,
                   {QString::fromUtf8(name(of.defect)), tr("%1 %").arg(shown(100.0 * of.rate)),
                    tr("%1 to %2 %")
                        .arg(shown(100.0 * of.rateInterval.low), shown(100.0 * of.rateInterval.high)),
                    shown(of.dispersion), shown(of.overdispersion.likelihoodRatio),
                    shown(of.overdispersion.probability, 2)});
        const ClusterTest& clusters = report_->clusters;
        for (const auto& [what, pairs] : {std::pair{tr("Pairs of defects in a row"), clusters.rows},
                                          {tr("Pairs in a column"), clusters.columns},
                                          {tr("Pairs side by side"), clusters.neighbours}})
            addRow(*tests_, {what, QString::number(pairs.found), QLocale().toString(pairs.expected, 'f', 1),
                             shown(pairs.probability, 2)});
        for (const RadialTrend& trend : report_->trends)
            addRow(*tests_,
                   {tr("Centre to edge: %1, rank correlation").arg(QString::fromStdString(trend.what)),
                    QLocale().toString(trend.rankCorrelation, 'f', 2), "0", shown(trend.probability, 2)});
    }
    fitToRows(*defects_);
    fitToRows(*tests_);
    rates_->setFigure(report_ ? rateFigure(*report_) : nullptr);
    quantiles_->setFigure(report_ ? quantileFigure(*report_) : nullptr);
    trend_->setFigure(report_ ? radialFigure(*report_) : nullptr);
    showCounts();
}

void StatisticsPage::showCounts()
{
    const Defect defect = allDefects[static_cast<std::size_t>(defect_->currentIndex())];
    counts_->setFigure(report_ ? countFigure(*report_, defect) : nullptr);
}

void StatisticsPage::exportFigures()
{
    auto* dialog = new ExportDialog(reportFigures(*report_), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void StatisticsPage::useStatistics()
{
    StudyPlan plan = document_.project().plan;
    plan.statistics = report_->statistics;
    document_.setPlan(plan);
}

void StatisticsPage::holdOutHalf()
{
    try {
        const StudyPlan& plan = document_.project().plan;
        StudyPlan all = plan;
        all.dies.clear();
        document_.setPlan(holdOut(all, document_.project().wafer, report_->dies / 2, plan.seed));
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

} // namespace faultline
