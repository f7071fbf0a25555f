#include "views/live_chart.h"

#include <algorithm>

#include <QChart>
#include <QChartView>
#include <QEvent>
#include <QGraphicsLayout>
#include <QLabel>
#include <QLineSeries>
#include <QStackedLayout>
#include <QValueAxis>

#include "figures/axis.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

/// An axis that ends at a round value, with a tick at each round step.
void fit(QValueAxis& axis, double low, double high, bool wholeNumbers)
{
    const std::vector<Tick> ticks = niceTicks({{}, Axis::Scale::Linear, low, high, {}, wholeNumbers}, 8);
    const double step = ticks.size() > 1 ? ticks[1].value - ticks[0].value : high - low;
    axis.setTickType(QValueAxis::TicksDynamic);
    axis.setTickAnchor(0.0);
    axis.setTickInterval(step);
    axis.setLabelFormat(step < 0.1 ? "%.2f" : step < 1.0 ? "%.1f" : "%.0f");
    axis.setRange(low, high);
}

} // namespace

struct LiveChart::Chart {
    QChart* chart = new QChart;
    QChartView* view = nullptr;
    QValueAxis* x = new QValueAxis;
    QValueAxis* y = new QValueAxis;
    QLabel* hint = nullptr;
    QStackedLayout* layout = nullptr;
    QList<QLineSeries*> series;
    std::vector<LiveCurve> curves; // as shown, for another theme
};

LiveChart::LiveChart(const QString& xTitle, const QString& yTitle, const QString& hint, QWidget* parent)
    : QWidget(parent),
      chart_(std::make_unique<Chart>())
{
    Chart& c = *chart_;
    c.view = new QChartView(c.chart, this);
    c.view->setRenderHint(QPainter::Antialiasing);
    c.view->setFrameShape(QFrame::NoFrame);
    c.hint = new QLabel(hint, this);
    c.hint->setAlignment(Qt::AlignCenter);
    c.hint->setWordWrap(true);
    c.hint->setAutoFillBackground(true);
    c.hint->setBackgroundRole(QPalette::Base);
    c.hint->setForegroundRole(QPalette::PlaceholderText);
    c.layout = new QStackedLayout(this);
    c.layout->addWidget(c.hint);
    c.layout->addWidget(c.view);
    c.chart->setMargins({});
    c.chart->layout()->setContentsMargins(0, 0, 0, 0);
    c.chart->setBackgroundRoundness(0.0);
    c.chart->legend()->hide();
    c.chart->addAxis(c.x, Qt::AlignBottom);
    c.chart->addAxis(c.y, Qt::AlignLeft);
    c.x->setTitleText(xTitle);
    c.y->setTitleText(yTitle);
    setMinimumSize(240, 180);
    applyTheme();
}

LiveChart::~LiveChart() = default;

int LiveChart::curves() const
{
    return static_cast<int>(chart_->curves.size());
}

void LiveChart::setCurves(std::span<const LiveCurve> curves, double xHigh)
{
    Chart& c = *chart_;
    c.curves.assign(curves.begin(), curves.end());
    while (c.series.size() < static_cast<qsizetype>(curves.size())) {
        auto* series = new QLineSeries;
        c.chart->addSeries(series);
        series->attachAxis(c.x);
        series->attachAxis(c.y);
        c.series.append(series);
    }
    while (c.series.size() > static_cast<qsizetype>(curves.size())) {
        QLineSeries* series = c.series.takeLast();
        c.chart->removeSeries(series);
        delete series;
    }
    double yHigh = 0.0;
    for (std::size_t k = 0; k < curves.size(); ++k) {
        for (const QPointF& point : curves[k].points)
            yHigh = std::max(yHigh, point.y());
        c.series[static_cast<qsizetype>(k)]->replace(curves[k].points);
    }
    fit(*c.x, 1.0, std::max(2.0, xHigh), true);
    fit(*c.y, 0.0, yHigh > 0.0 ? 1.05 * yHigh : 1.0, false);
    c.layout->setCurrentWidget(curves.empty() ? static_cast<QWidget*>(c.hint) : c.view);
    applyTheme();
}

void LiveChart::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        applyTheme();
    QWidget::changeEvent(event);
}

/// Qt Charts knows nothing of palettes.
void LiveChart::applyTheme()
{
    Chart& c = *chart_;
    const Theme theme = themeOf(*this);
    c.chart->setBackgroundBrush(theme.background);
    c.view->setBackgroundBrush(theme.background);
    for (QValueAxis* axis : {c.x, c.y}) {
        axis->setLabelsColor(theme.ink);
        axis->setTitleBrush(theme.ink);
        axis->setLinePen(QPen(theme.colour(Hue::Muted)));
        axis->setGridLinePen(QPen(theme.colour(Hue::Faint)));
        axis->setLabelsFont(font());
        axis->setTitleFont(font());
    }
    for (std::size_t k = 0; k < c.curves.size(); ++k) {
        QColor colour = theme.colour(c.curves[k].hue);
        colour.setAlphaF(c.curves[k].recent ? 1.0F : 0.55F);
        c.series[static_cast<qsizetype>(k)]->setPen(QPen(colour, c.curves[k].recent ? 2.0 : 1.2));
    }
}

} // namespace faultline
