#include "pages/statistics_page.h"

#include <algorithm>
#include <cmath>

#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QTableWidget>
#include <QVBoxLayout>

#include "common/error.h"
#include "common/files.h"
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
    return std::isinf(value)   ? QStringLiteral("∞")
           : std::isnan(value) ? QStringLiteral("–")
                               : QLocale().toString(value, 'g', digits);
}

void addRow(QTableWidget& table, const QStringList& texts)
{
    const int row = table.rowCount();
    table.insertRow(row);
    for (int column = 0; column < texts.size(); ++column)
        table.setItem(row, column,
                      column == 0 ? new QTableWidgetItem(texts[column]) : numberItem(texts[column]));
}

QString summaryOf(const WaferReport& report)
{
    QString text = StatisticsPage::tr("<b>%1</b>: %2 dies, ")
                       .arg(QString::fromStdString(report.wafer).toHtmlEscaped())
                       .arg(report.dies);
    if (report.assumed) {
        const Level level = *report.assumed == P ? AP : P;
        text += StatisticsPage::tr("σ of ln G %1 at %2. <b>%3 was not measured</b>: it is assumed to follow "
                                   "from a TMR of %4 %.")
                    .arg(shown(report.conductance[level].fit.sigma), QString::fromUtf8(name(level)),
                         QString::fromUtf8(name(*report.assumed)), shown(100.0 * report.tmr.median));
    } else {
        text +=
            StatisticsPage::tr(
                "TMR %1 % (quartiles %2 to %3 %), σ of ln G %4 at P and %5 at AP, which correlate by %6.")
                .arg(shown(100.0 * report.tmr.median), shown(100.0 * report.tmr.lowQuartile),
                     shown(100.0 * report.tmr.highQuartile), shown(report.conductance[P].fit.sigma),
                     shown(report.conductance[AP].fit.sigma), shown(report.statistics.levelCorrelation, 2));
    }
    const DefectClusters& clusters = report.statistics.clusters;
    if (clusters.size > 0.0)
        text +=
            StatisticsPage::tr(" Defects lie in clusters of %1 on the average, with a radius of %2 cells.")
                .arg(shown(clusters.size, 2), shown(clusters.radius, 2));
    return text;
}

} // namespace

StatisticsPage::StatisticsPage(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      background_(new Background(this)),
      summary_(quietLabel()),
      defects_(resultTable(
          {tr("Defect"), tr("Share (95 % interval)"), tr("Dispersion"), tr("Ratio"), tr("p (Poisson)")})),
      tests_(resultTable({tr("Not by chance?"), tr("Found"), tr("By chance"), tr("p")})),
      rates_(new FigureView({})),
      counts_(new FigureView({})),
      quantiles_(new FigureView({})),
      trend_(new FigureView({})),
      drawn_(new FigureView({})),
      defect_(new QComboBox),
      export_(new QPushButton(tr("Export figures…"))),
      exportTables_(new QPushButton(tr("Export tables…"))),
      use_(new QPushButton(tr("Train with these"))),
      holdOut_(new QPushButton(tr("Start hold-out study")))
{
    defects_->setObjectName("defectStatistics");
    defects_->horizontalHeaderItem(2)->setToolTip(
        tr("Of the negative binomial distribution: variance = mean + mean² / dispersion"));
    defects_->horizontalHeaderItem(3)->setToolTip(
        tr("Twice the logarithm of the likelihood ratio of negative binomial to Poisson"));
    tests_->setObjectName("clusterTests");
    drawn_->setObjectName("drawnOverMeasured");
    export_->setObjectName("exportStatistics");
    exportTables_->setObjectName("exportTables");
    exportTables_->setToolTip(tr("All numbers of this page as one CSV file"));
    use_->setObjectName("useStatistics");
    holdOut_->setObjectName("holdOut");
    defect_->setObjectName("countedDefect");
    use_->setToolTip(tr("The next study's statistics-aware training draws its dies from these statistics."));
    holdOut_->setToolTip(tr(
        "Trains with the plan of the page Train, but with statistics of one half of the dies, drawn at "
        "random, and judges the networks on the other half. Labels and the nominal conductances stay those "
        "of all dies."));
    for (const Defect defect : allDefects)
        defect_->addItem(QString::fromUtf8(name(defect)), QString::fromUtf8(name(defect)));
    defect_->setAccessibleName(tr("Defect whose counts are shown"));

    summary_->setWordWrap(true);
    auto* tables = new QWidget;
    auto* column = new QVBoxLayout(tables);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(summary_);
    column->addWidget(defects_);
    column->addSpacing(pageMargin);
    column->addWidget(tests_);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(tables);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    constexpr int narrowest = 395, widest = 600; // below the tables' width they scroll
    scroll->setMinimumWidth(narrowest);
    scroll->setMaximumWidth(widest);
    auto* classify = new QPushButton(tr("Classify…"));
    classify->setToolTip(tr("Label healthy, short, open and stuck cells anew"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(classify);
    buttons->addWidget(use_);
    buttons->addWidget(holdOut_);
    buttons->addStretch(1);
    auto* numbers = new Panel(tr("Defects"), scroll);
    numbers->body()->addLayout(buttons);
    numbers->addToTitle(exportTables_);
    numbers->addToTitle(export_);

    auto* counts = new Panel(tr("Defects on a die"), counts_);
    counts->addToTitle(defect_);
    auto* page = new QGridLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(numbers, 0, 0, 3, 1);
    page->addWidget(new Panel(tr("Rates (95 % intervals)"), rates_), 0, 1);
    page->addWidget(counts, 0, 2);
    page->addWidget(new Panel(tr("Conductances: Q-Q plot"), quantiles_), 1, 1);
    page->addWidget(new Panel(tr("From centre to edge"), trend_), 1, 2);
    page->addWidget(new Panel(tr("Dies drawn from these statistics over the measured ones"), drawn_), 2, 1, 1,
                    2);
    page->setColumnStretch(0, 5);
    for (const int right : {1, 2})
        page->setColumnStretch(right, 3);
    for (int row = 0; row < 3; ++row)
        page->setRowStretch(row, 1);

    connect(&document, &ProjectDocument::projectReplaced, this, [this] {
        makeOutdated();
        if (const auto& view = document_.project().view)
            chooseName(*defect_, view->countedDefect);
    });
    connect(&document, &ProjectDocument::aboutToSave, this,
            [this](ViewState& view) { view.countedDefect = chosenName(*defect_); });
    connect(&document, &ProjectDocument::waferChanged, this, &StatisticsPage::makeOutdated);
    connect(&document, &ProjectDocument::dieChanged, this, &StatisticsPage::makeOutdated);
    connect(defect_, &QComboBox::currentIndexChanged, this, &StatisticsPage::showCounts);
    connect(export_, &QPushButton::clicked, this, &StatisticsPage::exportFigures);
    connect(exportTables_, &QPushButton::clicked, this, &StatisticsPage::chooseTables);
    connect(classify, &QPushButton::clicked, this, &StatisticsPage::classifyWanted);
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
        } catch (const std::exception& error) {
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
    for (QPushButton* button : {export_, exportTables_, use_, holdOut_})
        button->setEnabled(report_.has_value());
    if (report_)
        holdOut_->setEnabled(report_->dies > 1);
    summary_->setText(report_ ? summaryOf(*report_) : QString());
    if (report_) {
        const auto share = [](double value, const Interval& interval) {
            return tr("%1 % (%2 to %3)")
                .arg(shown(100.0 * value, 2), shown(100.0 * interval.low, 2),
                     shown(100.0 * interval.high, 2));
        };
        for (const DefectReport& of : report_->defects)
            addRow(*defects_,
                   {QString::fromUtf8(name(of.defect)), share(of.rate, of.rateInterval), shown(of.dispersion),
                    shown(of.overdispersion.likelihoodRatio), shown(of.overdispersion.probability, 2)});
        for (const LineReport& of : report_->lines)
            addRow(*defects_, {QString::fromStdString(of.what), share(of.share, of.interval)});
        const ClusterTest& clusters = report_->clusters;
        for (const auto& [what, pairs] : {std::pair{tr("Pairs of defects in a row"), clusters.rows},
                                          {tr("Pairs in a column"), clusters.columns},
                                          {tr("Pairs side by side"), clusters.neighbours}})
            addRow(*tests_, {what, QString::number(pairs.found), QLocale().toString(pairs.expected, 'f', 1),
                             shown(pairs.probability, 2)});
        for (const RadialTrend& trend : report_->trends)
            addRow(*tests_, {tr("Trend to the edge: %1").arg(QString::fromStdString(trend.what)),
                             shown(trend.rankCorrelation, 2), "0", shown(trend.probability, 2)});
    }
    fitToRows(*defects_);
    fitToRows(*tests_);
    for (QTableWidget* table : {defects_, tests_}) {
        QHeaderView& header = *table->horizontalHeader();
        header.setSectionResizeMode(QHeaderView::ResizeToContents);
        int width = 0;
        for (int column = 0; column < header.count(); ++column)
            width += std::max(static_cast<QAbstractItemView*>(table)->sizeHintForColumn(column),
                              header.sectionSizeHint(column));
        table->setMinimumWidth(width);
        header.setSectionResizeMode(header.count() - 1, QHeaderView::Stretch);
    }
    showFigure(*rates_, report_ ? rateFigure(*report_) : nullptr, tr("No die has a defect."));
    showFigure(*quantiles_, report_ ? quantileFigure(*report_) : nullptr, tr("There are no healthy cells."));
    showFigure(*trend_, report_ ? radialFigure(*report_) : nullptr,
               tr("It is not known where on the wafer these dies were."));
    showFigure(*drawn_, report_ ? drawnFigure(*report_) : nullptr, tr("There are no dies."));
    showCounts();
}

void StatisticsPage::showCounts()
{
    const Defect defect = allDefects[static_cast<std::size_t>(defect_->currentIndex())];
    showFigure(*counts_, report_ ? countFigure(*report_, defect) : nullptr, tr("No die has this defect."));
}

/// Nothing is claimed while cells are being counted.
void StatisticsPage::showFigure(FigureView& view, std::shared_ptr<const Figure> figure,
                                const QString& nothing)
{
    view.setHint(report_ ? nothing : QString());
    view.setFigure(std::move(figure));
}

void StatisticsPage::exportFigures()
{
    auto* dialog = new ExportDialog(reportFigures(*report_), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void StatisticsPage::chooseTables()
{
    const QString file = QFileDialog::getSaveFileName(this, tr("Export tables"), "statistics.csv",
                                                      tr("Comma-separated values (*.csv)"));
    if (!file.isEmpty())
        exportTables(file);
}

void StatisticsPage::exportTables(const QString& file)
{
    try {
        writeFileAtomically(file.toStdString(), csv(*report_));
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void StatisticsPage::useStatistics()
{
    StudyPlan plan = document_.project().plan;
    plan.statistics = report_->statistics;
    plan.fittedDies.clear();
    document_.setPlan(plan);
}

void StatisticsPage::holdOutHalf()
{
    try {
        const StudyPlan& plan = document_.project().plan;
        StudyPlan all = plan;
        all.dies.clear();
        document_.setPlan(holdOut(all, document_.project().wafer, report_->dies / 2, plan.seed));
        emit studyWanted();
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

} // namespace faultline
