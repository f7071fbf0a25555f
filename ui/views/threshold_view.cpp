#include "views/threshold_view.h"

#include <algorithm>
#include <cmath>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include "figures/study_figures.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

QRectF figureArea(const QWidget& widget)
{
    constexpr double margin = 8.0;
    return QRectF(widget.rect()).adjusted(margin, margin, -margin, -margin);
}

} // namespace

ThresholdView::ThresholdView(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setMinimumSize(240, 160);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Thresholds on the histogram of conductances"));
}

void ThresholdView::setDies(std::span<const Die> dies)
{
    // The histogram of conductances is a plot.
    plot_.reset(static_cast<Plot*>(conductanceFigure(dies).release()));
    if (plot_) {
        histogramMarks_ = plot_->marks.size();
        // Two data tell where the ends of the axis lie.
        plot_->data = {{{plot_->x.low, plot_->y.low}, 0, {}, {}}, {{plot_->x.high, plot_->y.low}, 1, {}, {}}};
        drawLines();
    }
    update();
}

void ThresholdView::setThresholds(const Thresholds& thresholds)
{
    thresholds_ = thresholds;
    drawLines();
}

void ThresholdView::drawLines()
{
    if (!plot_)
        return;
    plot_->marks.resize(histogramMarks_);
    for (int k = 0; k < static_cast<int>(lines.size()); ++k) {
        const double microsiemens = 1e6 * thresholds_.*lines[static_cast<std::size_t>(k)];
        if (microsiemens > plot_->x.low && microsiemens < plot_->x.high)
            plot_->marks.push_back(uprightLine(microsiemens, 0.0,
                                               {k == chosen_ ? Hue::Blue : Hue::Ink, Marker::Circle,
                                                k == 1 ? Qt::DashLine : Qt::SolidLine}));
    }
    update();
}

std::pair<double, double> ThresholdView::pixelRange() const
{
    const std::vector<Spot> ends = plot_->spots(figureArea(*this), themeOf(*this));
    return {ends.front().place.center().x(), ends.back().place.center().x()};
}

double ThresholdView::pixelOf(double siemens) const
{
    if (!plot_)
        return 0.0;
    const auto [left, right] = pixelRange();
    return left + plot_->x.fraction(1e6 * siemens) * (right - left);
}

double ThresholdView::siemensAt(double pixel) const
{
    const auto [left, right] = pixelRange();
    const double fraction = std::clamp((pixel - left) / (right - left), 0.0, 1.0);
    return 1e-6 * plot_->x.low * std::pow(plot_->x.high / plot_->x.low, fraction);
}

int ThresholdView::lineAt(double pixel) const
{
    int found = -1;
    double least = 6.0; // pixels, as far as a hand misses
    for (int k = 0; plot_ && k < static_cast<int>(lines.size()); ++k) {
        const double away = std::abs(pixelOf(thresholds_.*lines[static_cast<std::size_t>(k)]) - pixel);
        if (away < least) {
            least = away;
            found = k;
        }
    }
    return found;
}

/// The chosen line, but not past its neighbours.
void ThresholdView::move(double siemens)
{
    constexpr double gap = 1.01;
    if (chosen_ > 0)
        siemens = std::max(siemens, gap * thresholds_.*lines[static_cast<std::size_t>(chosen_) - 1]);
    if (chosen_ + 1 < static_cast<int>(lines.size()))
        siemens = std::min(siemens, thresholds_.*lines[static_cast<std::size_t>(chosen_) + 1] / gap);
    thresholds_.*lines[static_cast<std::size_t>(chosen_)] = siemens;
    drawLines();
}

void ThresholdView::paintEvent(QPaintEvent*)
{
    if (!plot_) {
        paintHint(*this, tr("There are no conductances."));
        return;
    }
    QPainter painter(this);
    const Theme theme = themeOf(*this);
    painter.fillRect(rect(), theme.background);
    plot_->paint(painter, figureArea(*this), theme);
}

void ThresholdView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    chosen_ = lineAt(event->position().x());
    drawLines();
}

void ThresholdView::mouseMoveEvent(QMouseEvent* event)
{
    if ((event->buttons() & Qt::LeftButton) && chosen_ >= 0) {
        move(siemensAt(event->position().x()));
        dragged_ = true;
    } else {
        setCursor(lineAt(event->position().x()) >= 0 ? Qt::SplitHCursor : Qt::ArrowCursor);
    }
}

void ThresholdView::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && std::exchange(dragged_, false))
        emit thresholdsChanged(thresholds_);
}

void ThresholdView::keyPressEvent(QKeyEvent* event)
{
    const int direction = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (!plot_ || direction == 0)
        return QWidget::keyPressEvent(event);
    if (event->modifiers() & Qt::ControlModifier) {
        chosen_ = std::clamp(chosen_ + direction, 0, static_cast<int>(lines.size()) - 1);
        drawLines();
    } else if (chosen_ >= 0) {
        constexpr double step = 1.02;
        move(thresholds_.*lines[static_cast<std::size_t>(chosen_)] * (direction > 0 ? step : 1.0 / step));
        emit thresholdsChanged(thresholds_);
    }
}

} // namespace faultline
