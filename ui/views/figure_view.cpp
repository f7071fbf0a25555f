#include "views/figure_view.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <QApplication>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QRubberBand>
#include <QToolTip>

#include "views/figure_menu.h"

namespace faultline
{

namespace
{

constexpr Qt::KeyboardModifiers adding = Qt::ControlModifier | Qt::ShiftModifier;

/// A name that stays legible on whatever it lies.
void paintName(QPainter& painter, const QPointF& at, const QString& name, const Theme& theme)
{
    QPainterPath path;
    path.addText(at, theme.font, name);
    painter.strokePath(
        path, QPen(theme.background, 0.35 * theme.textSize(), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.fillPath(path, theme.ink);
}

} // namespace

FigureView::FigureView(const QString& hint, QWidget* parent)
    : QWidget(parent),
      hint_(hint),
      band_(new QRubberBand(QRubberBand::Rectangle, this))
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    addFigureMenu(*this, [this] { return figure_; });
    addCopyKey(*this, [this] { return figure_; });
}

void FigureView::setHint(const QString& hint)
{
    hint_ = hint;
    update();
}

void FigureView::setFigure(std::shared_ptr<const Figure> figure)
{
    figure_ = std::move(figure);
    if (figure_)
        setAccessibleName(figure_->title);
    update();
}

void FigureView::setLegend(bool shown)
{
    legend_ = shown;
    update();
}

Theme FigureView::theme() const
{
    Theme theme = themeOf(*this);
    theme.legend = legend_;
    return theme;
}

void FigureView::setSelected(const std::set<int>& items)
{
    if (items == selected_)
        return;
    selected_ = items;
    update();
}

QRectF FigureView::figureArea() const
{
    const double margin = 0.6 * theme().textSize();
    return QRectF(rect()).adjusted(margin, margin, -margin, -margin);
}

std::vector<Spot> FigureView::spots() const
{
    return figure_ ? figure_->spots(figureArea(), theme()) : std::vector<Spot>{};
}

/// Null when nothing is near. Of equally near ones, that on top.
const Spot* FigureView::nearest(const std::vector<Spot>& spots, const QPointF& point) const
{
    const Spot* found = nullptr;
    double least = 0.9 * theme().textSize(); // as far as a hand misses
    for (const Spot& spot : spots) {
        const QPointF away = point - spot.place.center();
        const bool dot = spot.shape == Spot::Shape::Dot;
        const double distance = dot                          ? std::hypot(away.x(), away.y())
                                : spot.place.contains(point) ? 0.0
                                                             : INFINITY;
        if (distance <= least) {
            least = distance;
            found = &spot;
        }
    }
    return found;
}

QString FigureView::tipAt(const QPointF& point) const
{
    const std::vector<Spot> all = spots();
    const Spot* spot = nearest(all, point);
    return spot ? spot->tip : QString();
}

/// Replaces the selection, or changes it by these items.
void FigureView::select(std::set<int> items, Qt::KeyboardModifiers modifiers)
{
    if (modifiers & adding) {
        const std::set<int> chosen = std::exchange(items, selected_);
        const bool all = std::ranges::includes(selected_, chosen);
        for (const int item : chosen)
            if (all)
                items.erase(item);
            else
                items.insert(item);
    }
    if (items == selected_)
        return;
    setSelected(items);
    emit selectionChanged(selected_);
}

void FigureView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    pressed_ = event->position().toPoint();
}

void FigureView::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint at = event->position().toPoint();
    const std::vector<Spot> all = spots();
    if (event->buttons() & Qt::LeftButton) {
        if (!all.empty() && (at - pressed_).manhattanLength() >= QApplication::startDragDistance())
            band_->show();
        band_->setGeometry(QRect(pressed_, at).normalized());
    } else {
        setCursor(nearest(all, event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
    }
}

void FigureView::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mouseReleaseEvent(event);
    const std::vector<Spot> all = spots();
    std::set<int> items;
    if (band_->isVisible()) {
        const QRectF frame = band_->geometry();
        for (const Spot& spot : all)
            if (frame.contains(spot.place.center()))
                items.insert(spot.item);
        band_->hide();
    } else if (const Spot* spot = nearest(all, event->position())) {
        items.insert(spot->item);
        current_ = spot->item;
    }
    select(std::move(items), event->modifiers());
}

void FigureView::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Up:
        return step(-1, event->modifiers());
    case Qt::Key_Right:
    case Qt::Key_Down:
        return step(1, event->modifiers());
    case Qt::Key_Escape:
        if (!selected_.empty())
            return select({}, {});
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

/// Goes on to the next item in the order of the data, and says its numbers.
void FigureView::step(int by, Qt::KeyboardModifiers modifiers)
{
    const std::vector<Spot> all = spots();
    std::vector<const Spot*> order; // the first spot of each item
    for (const Spot& spot : all)
        if (std::ranges::none_of(order, [&](const Spot* known) { return known->item == spot.item; }))
            order.push_back(&spot);
    if (order.empty())
        return;
    const auto last = static_cast<std::ptrdiff_t>(order.size()) - 1;
    const auto from = std::ranges::find(order, current_, [](const Spot* spot) { return spot->item; });
    const std::ptrdiff_t next = from == order.end() ? (by > 0 ? 0 : last) : from - order.begin() + by;
    const Spot& spot = *order[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(next, 0, last))];
    current_ = spot.item;
    std::set<int> items{spot.item};
    if (modifiers & adding)
        items.insert(selected_.begin(), selected_.end());
    select(std::move(items), {});
    setAccessibleDescription(spot.tip);
    QToolTip::showText(mapToGlobal(spot.place.bottomRight().toPoint()), spot.tip, this);
}

bool FigureView::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QString tip = tipAt(help->pos());
    if (tip.isEmpty())
        return QWidget::event(event);
    QToolTip::showText(help->globalPos(), tip, this);
    return true;
}

void FigureView::paintEvent(QPaintEvent*)
{
    if (!figure_) {
        paintHint(*this, hint_);
        return;
    }
    QPainter painter(this);
    const Theme theme = this->theme();
    painter.fillRect(rect(), theme.background);
    figure_->paint(painter, figureArea(), theme);
    if (!selected_.empty())
        paintSelection(painter, theme);
    if (hasFocus())
        paintFocus(painter, *this);
}

/// Rings around dots and one frame around an item's cells; names where they do not hide each other.
void FigureView::paintSelection(QPainter& painter, const Theme& theme) const
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    const double ring = 0.3 * theme.textSize();
    std::map<int, QRectF> cells;
    std::map<int, const Spot*> highest;
    const std::vector<Spot> all = spots();
    for (const Spot& spot : all) {
        if (!selected_.contains(spot.item))
            continue;
        if (spot.shape == Spot::Shape::Cell) {
            cells[spot.item] |= spot.place;
            continue;
        }
        for (const auto& [width, colour] : {std::pair(4.0, theme.background), std::pair(1.8, theme.ink)}) {
            painter.setPen(QPen(colour, width * theme.lineWidth()));
            painter.drawEllipse(spot.place.adjusted(-ring, -ring, ring, ring));
        }
        const Spot*& top = highest[spot.item];
        if (!top || spot.place.top() < top->place.top())
            top = &spot;
    }
    painter.setPen(QPen(theme.ink, 2.0 * theme.lineWidth()));
    for (const auto& [item, frame] : cells)
        painter.drawRect(frame);
    std::vector<QRectF> names;
    const QFontMetricsF metrics(theme.font);
    for (const auto& [item, spot] : highest) {
        const QString name = spot->tip.section('\n', 0, 0);
        QPointF at = spot->place.topRight() + QPointF(ring, -ring);
        at.setX(std::min(at.x(), width() - metrics.horizontalAdvance(name) - ring));
        at.setY(std::max(at.y(), metrics.ascent()));
        const QRectF place = metrics.boundingRect(name).translated(at);
        if (std::ranges::any_of(names, [&](const QRectF& other) { return other.intersects(place); }))
            continue;
        names.push_back(place);
        paintName(painter, at, name, theme);
    }
}

void paintHint(QWidget& widget, const QString& hint)
{
    QPainter painter(&widget);
    const Theme theme = themeOf(widget);
    painter.fillRect(widget.rect(), theme.background);
    painter.setPen(theme.colour(Hue::Muted));
    painter.drawText(widget.rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, hint);
}

void paintFocus(QPainter& painter, const QWidget& widget)
{
    painter.setPen(QPen(widget.palette().color(QPalette::Highlight), 1.0));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5));
}

Theme themeOf(const QWidget& widget)
{
    return screenTheme(widget.palette(), widget.font());
}

} // namespace faultline
