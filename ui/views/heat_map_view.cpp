#include "views/heat_map_view.h"

#include <cmath>

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include "views/figure_view.h"

namespace faultline
{

namespace
{

QString microsiemens(float siemens)
{
    return QString("%1 µS").arg(1e6 * static_cast<double>(siemens), 0, 'f', 1);
}

} // namespace

HeatMapView::HeatMapView(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setMouseTracking(true);
    setAccessibleName(tr("Heat map of the die"));
}

void HeatMapView::setWafer(const Wafer& wafer)
{
    geometry_ = wafer.geometry;
    for (const DieLayer layer : {DieLayer::Defects, DieLayer::ConductanceP, DieLayer::ConductanceAP})
        ranges_[static_cast<std::size_t>(layer)] = healthyRange(wafer, layer);
    die_ = {};
    image_ = {};
    update();
}

void HeatMapView::showDie(const Die& die)
{
    die_ = die;
    redraw();
}

void HeatMapView::setLayer(DieLayer layer)
{
    layer_ = layer;
    if (die_.defect.size() > 0)
        redraw();
}

void HeatMapView::redraw()
{
    image_ = dieImage(die_, layer_, ranges_[static_cast<std::size_t>(layer_)]);
    update();
}

QRectF HeatMapView::mapRect() const
{
    const Theme theme = themeOf(*this);
    const double em = theme.textSize();
    const QFontMetricsF metrics(theme.font);
    const double ruler = metrics.horizontalAdvance(QString::number(die_.rows())) + em;
    const QRectF room =
        QRectF(rect()).adjusted(ruler, 0.6 * em, -(layer_ == DieLayer::Defects ? em : 7.0 * em), -2.2 * em);
    const double cell = std::min(room.width() / die_.columns(), room.height() / die_.rows());
    return {room.left(), room.top(), cell * die_.columns(), cell * die_.rows()};
}

QString HeatMapView::describe(const QPointF& point) const
{
    if (image_.isNull() || !mapRect().contains(point))
        return {};
    const QRectF map = mapRect();
    const int row =
        std::min(static_cast<int>((point.y() - map.top()) / map.height() * die_.rows()), die_.rows() - 1);
    const int column = std::min(static_cast<int>((point.x() - map.left()) / map.width() * die_.columns()),
                                die_.columns() - 1);
    const Defect defect = die_.defect(row, column);
    return tr("row %1, column %2\nG at P: %3\nG at AP: %4\n%5")
        .arg(row)
        .arg(column)
        .arg(microsiemens(die_.conductance[P](row, column)), microsiemens(die_.conductance[AP](row, column)),
             defect == Defect::None ? tr("healthy") : QString::fromUtf8(name(defect)));
}

void HeatMapView::paintEvent(QPaintEvent*)
{
    if (image_.isNull()) {
        paintHint(*this, tr("Select a die."));
        return;
    }
    QPainter painter(this);
    const Theme theme = themeOf(*this);
    const double em = theme.textSize();
    const QRectF map = mapRect();
    painter.fillRect(rect(), theme.background);
    painter.setFont(theme.font);

    image_.setColorTable(dieColours(layer_, theme));
    const QSize pixels = (map.size() * devicePixelRatioF()).toSize();
    paintPixels(painter, map, worstOf(image_, pixels));
    painter.setRenderHint(QPainter::Antialiasing);
    paintRulers(painter, map, theme);
    if (layer_ != DieLayer::Defects)
        paintColourBar(painter, {map.right() + em, map.top(), 1.2 * em, map.height()},
                       dieColourBar(layer_, ranges_[static_cast<std::size_t>(layer_)], theme), theme);
}

/// Numbers at the kernels' borders: rows at the left, columns below.
void HeatMapView::paintRulers(QPainter& painter, const QRectF& map, const Theme& theme) const
{
    const double em = theme.textSize();
    painter.setPen(QPen(theme.colour(Hue::Muted), 1.0));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(map);
    const auto borders = [em](int cells, int kernel, double length) {
        std::vector<int> places;
        const double room = length * kernel / cells; // of one kernel; a number takes three ems
        const int every = kernel * std::max(1, static_cast<int>(std::ceil(3.0 * em / room)));
        for (int place = 0; place <= cells; place += every)
            places.push_back(place);
        return places;
    };
    for (const int column : borders(die_.columns(), geometry_.kernelColumns, map.width())) {
        const double x = map.left() + map.width() * column / die_.columns();
        painter.drawLine(QPointF(x, map.bottom()), QPointF(x, map.bottom() + 0.4 * em));
        paintText(painter, {x, map.bottom() + 0.6 * em}, Qt::AlignHCenter | Qt::AlignTop,
                  QString::number(column));
    }
    for (const int row : borders(die_.rows(), geometry_.kernelRows, map.height())) {
        const double y = map.top() + map.height() * row / die_.rows();
        painter.drawLine(QPointF(map.left(), y), QPointF(map.left() - 0.4 * em, y));
        paintText(painter, {map.left() - 0.6 * em, y}, Qt::AlignRight | Qt::AlignVCenter,
                  QString::number(row));
    }
}

bool HeatMapView::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), describe(help->pos()), this);
    return true;
}

} // namespace faultline
