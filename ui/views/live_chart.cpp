#include "views/live_chart.h"

#include <algorithm>
#include <cmath>

#include <QChart>
#include <QChartView>
#include <QEvent>
#include <QGraphicsLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineSeries>
#include <QMouseEvent>
#include <QPainter>
#include <QStackedLayout>
#include <QToolTip>
#include <QValueAxis>

#include "figures/axis.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

/// An axis that ends at a round value, with a tick at each round step.
void fit(QValueAxis& axis, double low, double high, int ticksAtMost, bool wholeNumbers)
{
    const std::vector<Tick> ticks =
        niceTicks({{}, Axis::Scale::Linear, low, high, {}, wholeNumbers}, ticksAtMost);
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
    double xHigh = 2.0, yHigh = 1.0;
};

LiveChart::LiveChart(const QString& xTitle, const QString& yTitle, const QString& hint, QWidget* parent)
    : QWidget(parent),
      chart_(std::make_unique<Chart>())
{
    Chart& c = *chart_;
    c.view = new QChartView(c.chart, this);
    c.view->setRenderHint(QPainter::Antialiasing);
    c.view->setFrameShape(QFrame::NoFrame);
    c.view->viewport()->installEventFilter(this);
    c.view->viewport()->setMouseTracking(true);
    c.view->setFocusPolicy(Qt::NoFocus);
    setFocusPolicy(Qt::StrongFocus);
    setContentsMargins(2, 2, 2, 2); // for the mark of the focus
    setAccessibleName(tr("Chart: %1").arg(yTitle));
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
    setMinimumSize(240, 130);
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
    c.xHigh = std::max(2.0, xHigh);
    c.yHigh = yHigh > 0.0 ? 1.05 * yHigh : 1.0;
    fitAxes();
    c.layout->setCurrentWidget(curves.empty() ? static_cast<QWidget*>(c.hint) : c.view);
    applyTheme();
}

/// Qt Charts shortens labels that stand too close to dots.
void LiveChart::fitAxes()
{
    Chart& c = *chart_;
    const int line = fontMetrics().height();
    fit(*c.x, 1.0, c.xHigh, std::clamp((width() - 4 * line) / (3 * line), 2, 8), true);
    fit(*c.y, 0.0, c.yHigh, std::clamp((height() - 4 * line) / (2 * line), 2, 8), false);
}

void LiveChart::resizeEvent(QResizeEvent* event)
{
    fitAxes();
    QWidget::resizeEvent(event);
}

void LiveChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    if (hasFocus())
        paintFocus(painter, *this);
}

/// Arrow keys go from curve to curve as clicks do.
void LiveChart::keyPressEvent(QKeyEvent* event)
{
    const std::vector<LiveCurve>& curves = chart_->curves;
    const bool next = event->key() == Qt::Key_Right || event->key() == Qt::Key_Down;
    if (curves.empty() || (!next && event->key() != Qt::Key_Left && event->key() != Qt::Key_Up))
        return QWidget::keyPressEvent(event);
    const auto at = std::ranges::find(curves, emphasised_, &LiveCurve::key) - curves.begin();
    const auto count = static_cast<std::ptrdiff_t>(curves.size());
    const auto to = at == count ? (next ? 0 : count - 1) : (at + (next ? 1 : count - 1)) % count;
    emit clicked(curves[static_cast<std::size_t>(to)].key);
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
    paintCurves();
}

void LiveChart::paintCurves()
{
    Chart& c = *chart_;
    const Theme theme = themeOf(*this);
    const bool any = std::ranges::find(c.curves, emphasised_, &LiveCurve::key) != c.curves.end();
    for (std::size_t k = 0; k < c.curves.size(); ++k) {
        const LiveCurve& curve = c.curves[k];
        const bool strong = any ? curve.key == emphasised_ : curve.recent;
        QColor colour = theme.colour(curve.hue);
        colour.setAlphaF(strong ? 1.0F : any ? 0.25F : 0.55F);
        c.series[static_cast<qsizetype>(k)]->setPen(QPen(colour, strong ? (any ? 3.0 : 2.0) : 1.2));
    }
}

void LiveChart::emphasise(int key)
{
    if (key == emphasised_)
        return;
    emphasised_ = key;
    paintCurves();
}

int LiveChart::curveAt(const QPointF& point) const
{
    constexpr double reach = 8.0; // pixels
    const Chart& c = *chart_;
    double nearest = reach;
    int found = -1;
    for (std::size_t k = 0; k < c.curves.size(); ++k) {
        QPointF before;
        for (qsizetype i = 0; i < c.curves[k].points.size(); ++i) {
            const QPointF here = c.chart->mapToPosition(c.curves[k].points[i]);
            const QPointF start = i == 0 ? here : before;
            const QPointF along = here - start;
            const double length = QPointF::dotProduct(along, along);
            const double share =
                length > 0.0 ? std::clamp(QPointF::dotProduct(point - start, along) / length, 0.0, 1.0) : 0.0;
            const QPointF gap = point - start - share * along;
            const double distance = std::sqrt(QPointF::dotProduct(gap, gap));
            if (distance < nearest) {
                nearest = distance;
                found = static_cast<int>(k);
            }
            before = here;
        }
    }
    return found;
}

bool LiveChart::eventFilter(QObject* watched, QEvent* event)
{
    const auto keyAt = [this](const QPointF& point) {
        const int curve = curveAt(point);
        return curve < 0 ? -1 : chart_->curves[static_cast<std::size_t>(curve)].key;
    };
    switch (event->type()) {
    case QEvent::MouseMove: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const int curve = curveAt(mouse->position());
        if (curve >= 0)
            QToolTip::showText(mouse->globalPosition().toPoint(),
                               chart_->curves[static_cast<std::size_t>(curve)].name, this);
        else
            QToolTip::hideText();
        emit hovered(keyAt(mouse->position()));
        break;
    }
    case QEvent::Leave:
        emit hovered(-1);
        break;
    case QEvent::MouseButtonPress:
        emit clicked(keyAt(static_cast<QMouseEvent*>(event)->position()));
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace faultline
