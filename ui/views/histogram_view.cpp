#include "views/histogram_view.h"

#include <algorithm>
#include <cmath>

#include <QKeyEvent>
#include <QMouseEvent>

#include "figures/study_figures.h"
#include "views/figure_menu.h"
#include "views/figure_view.h"

namespace faultline
{

HistogramView::HistogramView(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::IBeamCursor);
    setAccessibleName(tr("Histogram of conductances"));
    addFigureMenu(*this, [this] { return plot_; });
}

void HistogramView::setHistogram(ConductanceHistogram histogram, std::optional<ConductanceHistogram> share,
                                 bool logCounts)
{
    histogram_ = std::move(histogram);
    share_ = std::move(share);
    plot_ = conductancePlot(histogram_, share_ ? &*share_ : nullptr, logCounts);
    update();
}

void HistogramView::brush(std::optional<Range> range)
{
    if (range == brushed_)
        return;
    brushed_ = range;
    update();
    emit brushedChanged();
}

bool HistogramView::isBrushed(const CellState& cell) const
{
    if (!brushed_ || histogram_.edges.empty() || !cell.measured)
        return false;
    // The first bin takes what lies below it, and the last what lies above.
    const double low = brushed_->low <= histogram_.edges.front() ? -INFINITY : brushed_->low;
    const double high = brushed_->high >= histogram_.edges.back() ? INFINITY : brushed_->high;
    const auto within = [&](Level level) {
        const double siemens = cell.conductance[level];
        return siemens >= low && siemens < high;
    };
    return within(P) || (cell.defect == Defect::None && within(AP));
}

QRectF HistogramView::area() const
{
    const double margin = 0.4 * themeOf(*this).textSize();
    return QRectF(rect()).adjusted(margin, margin, -margin, -margin);
}

double HistogramView::xOf(double siemens) const
{
    const Frame frame = plot_->frame(area(), themeOf(*this));
    return frame.at(1e6 * siemens, frame.y.high).x();
}

std::size_t HistogramView::edgeOf(double siemens) const
{
    const std::vector<double>& edges = histogram_.edges;
    auto above = std::ranges::lower_bound(edges, siemens);
    if (above == edges.end())
        --above;
    if (above != edges.begin() && siemens - *(above - 1) < *above - siemens)
        --above;
    return static_cast<std::size_t>(above - edges.begin());
}

std::size_t HistogramView::edgeAt(double x) const
{
    const Frame frame = plot_->frame(area(), themeOf(*this));
    return edgeOf(1e-6 * frame.x.valueAt((x - frame.area.left()) / frame.area.width()));
}

void HistogramView::brushEdges(std::size_t from, std::size_t to)
{
    const auto [low, high] = std::minmax(from, to);
    if (low == high)
        return brush({});
    brush(Range{histogram_.edges[low], histogram_.edges[high]});
}

void HistogramView::paintEvent(QPaintEvent*)
{
    if (!plot_) {
        paintHint(*this, tr("No conductances to show."));
        return;
    }
    QPainter painter(this);
    const Theme theme = themeOf(*this);
    painter.fillRect(rect(), theme.background);
    plot_->paint(painter, area(), theme);
    const QRectF data = plot_->frame(area(), theme).area;
    if (brushed_) {
        const auto inside = [&](double siemens) {
            return std::clamp(xOf(siemens), data.left(), data.right());
        };
        const QRectF band(QPointF(inside(brushed_->low), data.top()),
                          QPointF(inside(brushed_->high), data.bottom()));
        QColor colour = palette().color(QPalette::Highlight);
        painter.setPen(QPen(colour, 1.5));
        colour.setAlpha(50);
        painter.setBrush(colour);
        painter.drawRect(band);
    }
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1.0, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(data.adjusted(-2, -2, 2, 2));
    }
}

void HistogramView::mousePressEvent(QMouseEvent* event)
{
    if (!plot_ || event->button() != Qt::LeftButton)
        return;
    pressedAt_ = event->position().x();
    anchor_ = edgeAt(pressedAt_);
    brush({});
}

void HistogramView::mouseMoveEvent(QMouseEvent* event)
{
    if (plot_ && event->buttons() & Qt::LeftButton &&
        (brushed_ || std::abs(event->position().x() - pressedAt_) > 2.0))
        brushEdges(anchor_, edgeAt(event->position().x()));
}

void HistogramView::keyPressEvent(QKeyEvent* event)
{
    if (!plot_)
        return QWidget::keyPressEvent(event);
    const std::size_t last = histogram_.edges.size() - 1;
    switch (event->key()) {
    case Qt::Key_Escape:
        return brush({});
    case Qt::Key_Left:
    case Qt::Key_Right: {
        if (!brushed_)
            return brushEdges(last / 2, last / 2 + 1);
        std::size_t low = edgeOf(brushed_->low), high = edgeOf(brushed_->high);
        const bool widen = event->modifiers() & Qt::ShiftModifier;
        if (event->key() == Qt::Key_Left && low > 0) {
            --low;
            high -= widen ? 0 : 1;
        } else if (event->key() == Qt::Key_Right && high < last) {
            ++high;
            low += widen ? 0 : 1;
        }
        return brushEdges(low, high);
    }
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace faultline
