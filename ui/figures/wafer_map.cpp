#include "figures/wafer_map.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <QFontMetricsF>

namespace faultline
{

DieValues defectsPerDie(const Wafer& wafer)
{
    DieValues values{"Defects per die", {}, 0};
    for (const Die& die : wafer.dies)
        values.values.push_back(die.defectCount());
    return values;
}

DieValues yieldPerDie(const Wafer& wafer)
{
    DieValues values{"Working cells (%)", {}, 2};
    for (const Die& die : wafer.dies)
        values.values.push_back(100.0 * (1.0 - die.defectCount() / static_cast<double>(die.measuredCells())));
    return values;
}

std::vector<WaferPosition> shownPositions(const Wafer& wafer)
{
    std::vector<WaferPosition> positions;
    std::set<std::pair<int, int>> taken;
    int top = 0, left = 0;
    for (const Die& die : wafer.dies) {
        const auto [row, column] = die.position;
        positions.push_back(die.position);
        top = taken.empty() ? row : std::min(top, row);
        left = taken.empty() ? column : std::min(left, column);
        taken.emplace(row, column);
    }
    const int columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(positions.size()))));
    for (int k = 0; k < static_cast<int>(positions.size()); ++k) {
        WaferPosition& position = positions[static_cast<std::size_t>(k)];
        position = taken.size() == positions.size()
                       ? WaferPosition{position.row - top, position.column - left}
                       : WaferPosition{k / columns, k % columns};
    }
    return positions;
}

WaferMap::WaferMap(const Wafer& wafer, DieValues values, Table numbers)
    : Figure(std::move(numbers)),
      geometry_(wafer.geometry),
      decimals_(values.decimals),
      legend_(dieLegend(DieLayer::Defects, !wafer.isFullyMeasured())),
      axis_{values.title, Axis::Scale::Linear, INFINITY, -INFINITY, {}, values.decimals == 0}
{
    const ColourRange range = healthyRange(wafer.dies, DieLayer::Defects);
    const std::vector<WaferPosition> positions = shownPositions(wafer);
    values.values.resize(wafer.dies.size(), NAN);
    for (std::size_t k = 0; k < wafer.dies.size(); ++k) {
        const Die& die = wafer.dies[k];
        const double value = values.values[k];
        places_.push_back({QString::fromStdString(die.name), positions[k], die.included, value,
                           dieImage(die, DieLayer::Defects, range)});
        if (std::isfinite(value)) {
            axis_.low = std::min(axis_.low, value);
            axis_.high = std::max(axis_.high, value);
        }
    }
    if (!(axis_.low <= axis_.high))
        axis_.low = axis_.high = 0.0;
    if (axis_.low == axis_.high) {
        axis_.low -= 0.5;
        axis_.high += 0.5;
    }
}

double WaferMap::heightFor(double width, const Theme& theme) const
{
    const Grid grid = gridOf(theme);
    const double dieWidth = (width - grid.barRoom) / grid.columns - grid.gap;
    const QRectF anyHeight(0, 0, width, width);
    return paintLegend(nullptr, anyHeight, legend_, theme) +
           grid.rows * (dieWidth * grid.aspect + grid.nameRoom);
}

WaferMap::Grid WaferMap::gridOf(const Theme& theme) const
{
    const double em = theme.textSize();
    Grid grid{1, 1, static_cast<double>(geometry_.rows) / geometry_.columns, 0.8 * em, 1.8 * em, 8.0 * em};
    for (const Place& place : places_) {
        grid.rows = std::max(grid.rows, place.position.row + 1);
        grid.columns = std::max(grid.columns, place.position.column + 1);
    }
    return grid;
}

QRectF WaferMap::dieRect(std::size_t die, const QRectF& area, const Theme& theme) const
{
    const double em = theme.textSize();
    const Grid grid = gridOf(theme);
    const double top = area.top() + paintLegend(nullptr, area, legend_, theme);
    // As large as the area allows in both directions.
    const double width = std::min((area.width() - grid.barRoom) / grid.columns - grid.gap,
                                  ((area.bottom() - top) / grid.rows - grid.nameRoom) / grid.aspect);
    const double height = width * grid.aspect;
    const WaferPosition& position = places_[die].position;
    return {area.left() + position.column * (width + grid.gap),
            top + position.row * (height + grid.nameRoom) + 1.3 * em, width, height};
}

void WaferMap::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.font);
    const double em = theme.textSize();
    paintLegend(&painter, area, legend_, theme);
    const QList<QRgb> colours = dieColours(DieLayer::Defects, ColourMap::Viridis, theme);
    QRectF all;
    for (std::size_t k = 0; k < places_.size(); ++k) {
        const Place& place = places_[k];
        const QRectF map = dieRect(k, area, theme);
        all |= map;
        QImage image = place.image;
        image.setColorTable(colours);
        painter.setOpacity(place.included ? 1.0 : 0.35);
        paintDie(painter, map, image, DieLayer::Defects, theme);
        paintBadge(painter, place, map, theme);
        painter.setOpacity(1.0);
        if (!place.included) {
            painter.setPen(QPen(theme.colour(Hue::Muted), 1.2 * theme.lineWidth()));
            painter.drawLine(map.topLeft(), map.bottomRight());
            painter.drawLine(map.bottomLeft(), map.topRight());
        }
    }
    painter.setPen(theme.ink);
    paintColourBar(painter, {all.right() + 2.0 * em, all.top(), 1.2 * em, std::min(all.height(), 14.0 * em)},
                   {axis_, cividis()}, theme);
    painter.restore();
}

/// The frame in the value's colour, the name above it, and the value on a patch of the same colour.
void WaferMap::paintBadge(QPainter& painter, const Place& place, const QRectF& map, const Theme& theme) const
{
    const double em = theme.textSize();
    const bool known = std::isfinite(place.value);
    const QColor colour =
        known ? QColor::fromRgb(
                    cividis()[static_cast<std::size_t>(colourIndex(place.value, axis_.low, axis_.high))])
              : theme.colour(Hue::Faint);
    const double frame = 2.0 * theme.lineWidth();
    painter.setPen(QPen(colour, frame, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(map.adjusted(-frame / 2, -frame / 2, frame / 2, frame / 2));

    painter.save();
    painter.setFont(badgeFont(map.width(), theme));
    const QString number = valueText(place.value);
    const double width = QFontMetricsF(painter.font()).horizontalAdvance(number) + 0.6 * em;
    const QRectF badge(map.right() + frame - width, map.top() - 1.25 * em, width, 1.25 * em);
    painter.fillRect(badge, colour);
    painter.setPen(isLight(colour.rgb()) ? Qt::black : Qt::white);
    paintText(painter, badge.center(), Qt::AlignHCenter | Qt::AlignVCenter, number);

    QFont font = painter.font();
    font.setStrikeOut(!place.included);
    painter.setFont(font);
    const QString name =
        QFontMetricsF(font).elidedText(place.name, Qt::ElideMiddle, badge.left() - map.left());
    painter.setPen(theme.ink);
    paintText(painter, {map.left(), badge.center().y()}, Qt::AlignLeft | Qt::AlignVCenter, name);
    painter.restore();
}

QString WaferMap::valueText(double value) const
{
    return std::isfinite(value) ? QString::number(value, 'f', decimals_) : QStringLiteral("–");
}

/// Small enough for the usual name to stand beside its value.
QFont WaferMap::badgeFont(double dieWidth, const Theme& theme) const
{
    const QFontMetricsF metrics(theme.font);
    std::vector<double> widths;
    for (const Place& place : places_)
        widths.push_back(metrics.horizontalAdvance(place.name + valueText(place.value)) + theme.textSize());
    constexpr double smallest = 0.7, most = 0.9; // of the text size; of the dies
    const double scale = std::clamp(dieWidth / quantile(widths, most), smallest, 1.0);
    QFont font = theme.font;
    font.setPixelSize(std::max(1, static_cast<int>(scale * theme.textSize())));
    return font;
}

} // namespace faultline
