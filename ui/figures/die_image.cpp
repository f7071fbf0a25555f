#include "figures/die_image.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <QFontMetricsF>

namespace faultline
{

namespace
{

constexpr int rampColours = 250;
constexpr int missingIndex = rampColours;
constexpr int indices = rampColours + 5;

int indexOf(Defect defect)
{
    switch (defect) {
    case Defect::Open:
        return 251;
    case Defect::StuckAP:
        return 252;
    case Defect::StuckP:
        return 253;
    case Defect::Short:
        return 254;
    case Defect::None:
        break;
    }
    return missingIndex;
}

int badness(int index)
{
    return index >= rampColours ? index : std::abs(index - rampColours / 2);
}

Level levelOf(DieLayer layer)
{
    return layer == DieLayer::ConductanceAP ? AP : P;
}

/// Colours of healthy cells: greys near the background, which leave the eye to the defects, or viridis.
ColourTable rampOf(DieLayer layer, const Theme& theme)
{
    if (layer != DieLayer::Defects)
        return viridis();
    ColourTable greys{};
    const int low = theme.dark ? 0x38 : 0xF4, high = theme.dark ? 0x54 : 0xD8;
    for (int k = 0; k < 256; ++k) {
        const int grey = low + (high - low) * k / 255;
        greys[static_cast<std::size_t>(k)] = qRgb(grey, grey, grey);
    }
    return greys;
}

} // namespace

ColourRange healthyRange(const Wafer& wafer, DieLayer layer)
{
    // A sample of every wafer is enough for percentiles, and quick on a large one.
    Eigen::Index cells = 0;
    for (const Die& die : wafer.dies)
        cells += die.defect.size();
    const Eigen::Index stride = std::max<Eigen::Index>(1, cells / 50000);
    std::vector<double> values;
    for (const Die& die : wafer.dies) {
        const CellGrid<float>& conductance = die.conductance[static_cast<std::size_t>(levelOf(layer))];
        for (Eigen::Index k = 0; k < die.defect.size(); k += stride)
            if (die.defect.data()[k] == Defect::None)
                values.push_back(conductance.data()[k]);
    }
    if (values.empty())
        return {};
    const ColourRange range{quantile(values, 0.01), quantile(values, 0.99)};
    return range.low < range.high ? range : ColourRange{0.9 * range.low, 1.1 * range.low};
}

QImage dieImage(const Die& die, DieLayer layer, const ColourRange& range)
{
    QImage image(die.columns(), die.rows(), QImage::Format_Indexed8);
    const CellGrid<float>& conductance = die.conductance[static_cast<std::size_t>(levelOf(layer))];
    for (int row = 0; row < die.rows(); ++row) {
        uchar* line = image.scanLine(row);
        for (int column = 0; column < die.columns(); ++column) {
            const Defect defect = die.defect(row, column);
            const double siemens = conductance(row, column);
            int index = missingIndex;
            if (layer == DieLayer::Defects && defect != Defect::None)
                index = indexOf(defect);
            else if (!std::isnan(siemens))
                index = colourIndex(siemens, range.low, range.high) * (rampColours - 1) / 255;
            line[column] = static_cast<uchar>(index);
        }
    }
    return image;
}

QList<QRgb> dieColours(DieLayer layer, const Theme& theme)
{
    QList<QRgb> colours(indices);
    const ColourTable ramp = rampOf(layer, theme);
    for (int k = 0; k < rampColours; ++k)
        colours[k] = ramp[static_cast<std::size_t>(k * 255 / (rampColours - 1))];
    colours[missingIndex] = theme.colour(Hue::Background).rgb();
    for (const Defect defect : allDefects)
        colours[indexOf(defect)] = theme.colour(hueOf(defect)).rgb();
    return colours;
}

QImage worstOf(const QImage& image, const QSize& size)
{
    const int width = std::clamp(size.width(), 1, image.width());
    const int height = std::clamp(size.height(), 1, image.height());
    if (width == image.width() && height == image.height())
        return image;
    QImage small(width, height, QImage::Format_Indexed8);
    small.setColorTable(image.colorTable());
    for (int y = 0; y < height; ++y) {
        // Every cell that a pixel touches counts, so that none is lost when the sizes do not divide.
        const int top = y * image.height() / height;
        const int bottom = ((y + 1) * image.height() + height - 1) / height;
        for (int x = 0; x < width; ++x) {
            const int left = x * image.width() / width;
            const int right = ((x + 1) * image.width() + width - 1) / width;
            int worst = rampColours / 2;
            for (int row = top; row < bottom; ++row)
                for (int column = left; column < right; ++column) {
                    const int index = image.constScanLine(row)[column];
                    if (badness(index) > badness(worst))
                        worst = index;
                }
            small.scanLine(y)[x] = static_cast<uchar>(worst);
        }
    }
    return small;
}

void paintDie(QPainter& painter, const QRectF& area, const QImage& image)
{
    constexpr double pixelsPerUnit = 1.6; // on paper 0.2 mm: still seen with the naked eye
    const double device = painter.deviceTransform().mapRect(area).width() / area.width();
    const double scale = isVector(painter) ? pixelsPerUnit : std::min(pixelsPerUnit, device);
    paintPixels(painter, area, worstOf(image, (area.size() * scale).toSize()));
}

ColourBar dieColourBar(DieLayer layer, const ColourRange& range, const Theme& theme)
{
    const QString title =
        layer == DieLayer::ConductanceAP ? QStringLiteral("G at AP (µS)") : QStringLiteral("G at P (µS)");
    return {{title, Axis::Scale::Linear, 1e6 * range.low, 1e6 * range.high, {}}, rampOf(layer, theme)};
}

std::vector<LegendEntry> defectLegend()
{
    std::vector<LegendEntry> entries;
    entries.reserve(allDefects.size());
    for (const Defect defect : allDefects)
        entries.push_back({QString::fromUtf8(name(defect)), {hueOf(defect)}, LegendEntry::Symbol::Patch});
    return entries;
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

WaferMap::WaferMap(const Wafer& wafer, Table numbers)
    : Figure(std::move(numbers)),
      geometry_(wafer.geometry),
      range_(healthyRange(wafer, DieLayer::Defects))
{
    const std::vector<WaferPosition> positions = shownPositions(wafer);
    for (std::size_t k = 0; k < wafer.dies.size(); ++k) {
        const Die& die = wafer.dies[k];
        places_.push_back({QString::fromStdString(die.name), positions[k], die.defectCount(),
                           dieImage(die, DieLayer::Defects, range_)});
    }
}

double WaferMap::heightFor(double width, const Theme& theme) const
{
    const Grid grid = gridOf(theme);
    const double dieWidth = (width - grid.barRoom) / grid.columns - grid.gap;
    const QRectF anyHeight(0, 0, width, width);
    return paintLegend(nullptr, anyHeight, defectLegend(), theme) +
           grid.rows * (dieWidth * grid.aspect + grid.nameRoom);
}

WaferMap::Grid WaferMap::gridOf(const Theme& theme) const
{
    const double em = theme.textSize();
    Grid grid{1, 1, static_cast<double>(geometry_.rows) / geometry_.columns, 0.8 * em, 1.6 * em, 8.0 * em};
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
    const double top = area.top() + paintLegend(nullptr, area, defectLegend(), theme);
    // As large as the area allows in both directions.
    const double width = std::min((area.width() - grid.barRoom) / grid.columns - grid.gap,
                                  ((area.bottom() - top) / grid.rows - grid.nameRoom) / grid.aspect);
    const double height = width * grid.aspect;
    const WaferPosition& position = places_[die].position;
    return {area.left() + position.column * (width + grid.gap),
            top + position.row * (height + grid.nameRoom) + 1.2 * em, width, height};
}

void WaferMap::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.font);
    const double em = theme.textSize();
    paintLegend(&painter, area, defectLegend(), theme);
    const QList<QRgb> colours = dieColours(DieLayer::Defects, theme);
    QRectF all;
    for (std::size_t k = 0; k < places_.size(); ++k) {
        const Place& place = places_[k];
        const QRectF map = dieRect(k, area, theme);
        all |= map;
        QImage image = place.image;
        image.setColorTable(colours);
        painter.setPen(theme.ink);
        paintText(painter, map.topLeft() - QPointF(0, 0.25 * em), Qt::AlignLeft, place.name);
        painter.setPen(theme.colour(Hue::Muted));
        paintText(painter, map.topRight() - QPointF(0, 0.25 * em), Qt::AlignRight,
                  QString::number(place.defects));
        paintDie(painter, map, image);
        painter.setPen(QPen(theme.colour(Hue::Muted), 0.5 * theme.lineWidth()));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(map);
    }
    painter.setPen(theme.ink);
    paintColourBar(painter, {all.right() + 2.0 * em, all.top(), 1.2 * em, std::min(all.height(), 14.0 * em)},
                   dieColourBar(DieLayer::Defects, range_, theme), theme);
    painter.restore();
}

} // namespace faultline
