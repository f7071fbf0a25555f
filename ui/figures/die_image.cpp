#include "figures/die_image.h"

#include <algorithm>
#include <cmath>

namespace faultline
{

namespace
{

constexpr int rampColours = 122;
constexpr uchar noValue = rampColours;
constexpr uchar firstDefect = noValue + 1;

/// For each index how bad it is; of two cells under a pixel the worse is seen.
std::array<int, 256> badnessOf(DieLayer layer)
{
    const bool highestIsWorst =
        layer == DieLayer::Damage || layer == DieLayer::CellCurrent || layer == DieLayer::CellPower;
    std::array<int, 256> badness{};
    for (int index = 0; index < 256; ++index) {
        int& value = badness[static_cast<std::size_t>(index)];
        if (index == noCell)
            value = -1;
        else if (index >= notMeasured)
            value = index;
        else if (index >= firstDefect)
            value = 256 + index;
        else if (index == noValue)
            value = rampColours;
        else
            value = highestIsWorst ? index : std::abs(index - rampColours / 2);
    }
    return badness;
}

/// Colours of healthy cells: greys near the background, which leave the eye to the defects, or a map.
ColourTable rampOf(DieLayer layer, ColourMap map, const Theme& theme)
{
    if (layer != DieLayer::Defects)
        return coloursOf(map);
    ColourTable greys{};
    const int low = theme.dark ? 0x38 : 0xF4, high = theme.dark ? 0x54 : 0xD8;
    for (int k = 0; k < 256; ++k) {
        const int grey = low + (high - low) * k / 255;
        greys[static_cast<std::size_t>(k)] = qRgb(grey, grey, grey);
    }
    return greys;
}

/// The cells that a pixel stands for: from first up to, not including, last.
struct Touched {
    int first, last;
};

std::vector<Touched> touched(double from, double extent, int pixels, int cells)
{
    constexpr double rounding = 1e-9;
    const double step = extent / pixels;
    std::vector<Touched> all;
    all.reserve(static_cast<std::size_t>(pixels));
    for (int k = 0; k < pixels; ++k) {
        const double start = step > 1.0 ? from + k * step + rounding : from + (k + 0.5) * step;
        const int first = std::clamp(static_cast<int>(std::floor(start)), 0, cells - 1);
        const int last =
            step > 1.0 ? static_cast<int>(std::ceil(from + (k + 1) * step - rounding)) : first + 1;
        all.push_back({first, std::clamp(last, first + 1, cells)});
    }
    return all;
}

} // namespace

int ColourRange::index(double value) const
{
    if (!log)
        return colourIndex(value, low, high);
    return value > 0.0 ? colourIndex(std::log(value), std::log(low), std::log(high)) : 0;
}

ColourRange healthyRange(std::span<const Die> dies, const Overlay& overlay, double low, double high)
{
    // A sample of every wafer is enough for percentiles, and quick on a large one. Odd, so that it does not
    // keep to one column of a die.
    Eigen::Index cells = 0;
    for (const Die& die : dies)
        cells += die.defect.size();
    const Eigen::Index stride = std::max<Eigen::Index>(1, cells / 50000) | 1;
    const bool pairs = overlay.reach() > 0;
    std::vector<double> values;
    for (const Die& die : dies)
        for (Eigen::Index k = 0; k < die.defect.size(); k += stride)
            if (pairs || (die.defect.data()[k] == Defect::None && die.isMeasured(k))) {
                const double value = overlay.value(
                    die, {static_cast<int>(k / die.columns()), static_cast<int>(k % die.columns())});
                if (std::isfinite(value))
                    values.push_back(value);
            }
    if (values.empty())
        return {};
    ColourRange range{quantile(values, low), quantile(values, high)};
    if (overlay.layer == DieLayer::Weights) {
        range.high = std::max(std::abs(range.low), std::abs(range.high));
        range.low = -range.high;
    }
    if (range.low < range.high)
        return range;
    const double room = range.low == 0.0 ? 1.0 : 0.1 * std::abs(range.low);
    return {range.low - room, range.low + room};
}

uchar colourCode(Defect defect)
{
    switch (defect) {
    case Defect::Open:
        return firstDefect;
    case Defect::StuckAP:
        return firstDefect + 1;
    case Defect::StuckP:
        return firstDefect + 2;
    case Defect::Short:
        return firstDefect + 3;
    case Defect::None:
        break;
    }
    return noValue;
}

uchar colourCode(const Die& die, const CellIndex& cell, const Overlay& overlay, const ColourRange& range)
{
    const Defect defect = die.defect(cell.row, cell.column);
    const int bit = die.isMeasured(cell.row * die.columns() + cell.column) ? 0 : notMeasured;
    if (overlay.layer == DieLayer::Defects && defect != Defect::None)
        return static_cast<uchar>(colourCode(defect) | bit);
    const double value = overlay.value(die, cell);
    if (std::isnan(value))
        return static_cast<uchar>(noValue | bit);
    return static_cast<uchar>(range.index(value) * (rampColours - 1) / 255 | bit);
}

bool isRamp(uchar code)
{
    return (code & ~notMeasured) < rampColours;
}

bool isHatched(const QImage& codes)
{
    for (int row = 0; row < codes.height(); ++row) {
        const uchar* line = codes.constScanLine(row);
        if (std::any_of(line, line + codes.width(), [](uchar code) { return (code & notMeasured) != 0; }))
            return true;
    }
    return false;
}

QImage dieImage(const Die& die, const Overlay& overlay, const ColourRange& range)
{
    QImage image(die.columns(), die.rows(), QImage::Format_Indexed8);
    for (int row = 0; row < die.rows(); ++row) {
        uchar* line = image.scanLine(row);
        for (int column = 0; column < die.columns(); ++column)
            line[column] = colourCode(die, {row, column}, overlay, range);
    }
    return image;
}

QList<QRgb> dieColours(DieLayer layer, ColourMap map, const Theme& theme)
{
    QList<QRgb> colours(notMeasured, theme.colour(Hue::Background).rgb());
    const ColourTable ramp = rampOf(layer, map, theme);
    for (int k = 0; k < rampColours; ++k)
        colours[k] = ramp[static_cast<std::size_t>(k * 255 / (rampColours - 1))];
    for (const Defect defect : allDefects)
        colours[colourCode(defect)] = theme.colour(hueOf(defect)).rgb();
    return colours + colours;
}

QImage worstOf(const QImage& image, const QSize& size, DieLayer layer, QRectF part)
{
    if (part.isNull())
        part = image.rect();
    const bool whole = part == QRectF(image.rect());
    const int width = whole ? std::clamp(size.width(), 1, image.width()) : std::max(1, size.width());
    const int height = whole ? std::clamp(size.height(), 1, image.height()) : std::max(1, size.height());
    if (whole && QSize(width, height) == image.size())
        return image;
    const std::array<int, 256> badness = badnessOf(layer);
    const std::vector<Touched> columns = touched(part.left(), part.width(), width, image.width());
    const std::vector<Touched> rows = touched(part.top(), part.height(), height, image.height());
    QImage small(width, height, QImage::Format_Indexed8);
    small.setColorTable(image.colorTable());
    const uchar* cells = image.constBits();
    const qsizetype stride = image.bytesPerLine();
    for (int y = 0; y < height; ++y) {
        uchar* line = small.scanLine(y);
        const auto [top, bottom] = rows[static_cast<std::size_t>(y)];
        for (int x = 0; x < width; ++x) {
            const auto [left, right] = columns[static_cast<std::size_t>(x)];
            uchar worst = cells[top * stride + left];
            if (right - left > 1 || bottom - top > 1)
                for (int row = top; row < bottom; ++row)
                    for (int column = left; column < right; ++column)
                        if (const uchar code = cells[row * stride + column]; badness[code] > badness[worst])
                            worst = code;
            line[x] = worst;
        }
    }
    return small;
}

CellPyramid::CellPyramid(QImage cells, DieLayer layer) : layer_(layer)
{
    levels_.push_back(std::move(cells));
    const std::array<int, 256> badness = badnessOf(layer);
    while (levels_.back().width() > 1 && levels_.back().height() > 1) {
        const QImage& finer = levels_.back();
        QImage coarser((finer.width() + 1) / 2, (finer.height() + 1) / 2, QImage::Format_Indexed8);
        for (int row = 0; row < coarser.height(); ++row) {
            const uchar* upper = finer.constScanLine(2 * row);
            const uchar* lower = finer.constScanLine(std::min(2 * row + 1, finer.height() - 1));
            uchar* line = coarser.scanLine(row);
            for (int column = 0; column < coarser.width(); ++column) {
                const int left = 2 * column, right = std::min(left + 1, finer.width() - 1);
                uchar worst = upper[left];
                for (const uchar other : {upper[right], lower[left], lower[right]})
                    if (badness[other] > badness[worst])
                        worst = other;
                line[column] = worst;
            }
        }
        levels_.push_back(std::move(coarser));
    }
}

QImage CellPyramid::seen(const QRectF& part, const QSize& size) const
{
    const double cellsPerPixel = std::min(part.width() / size.width(), part.height() / size.height());
    std::size_t level = 0;
    double shrunk = 1.0;
    while (level + 1 < levels_.size() && 2.0 * shrunk <= cellsPerPixel) {
        ++level;
        shrunk *= 2.0;
    }
    return worstOf(levels_[level], size, layer_, QRectF(part.topLeft() / shrunk, part.size() / shrunk));
}

Hatch dieHatch(const Theme& theme, double scale, double cell, const QPointF& corner)
{
    return {cell, corner, 0.8 * theme.lineWidth() * scale, 0.4 * theme.textSize() * scale};
}

void paintDie(QPainter& painter, const QRectF& area, const QImage& image, DieLayer layer, const Theme& theme)
{
    constexpr double pixelsPerUnit = 1.6; // on paper 0.2 mm: still seen with the naked eye
    const QTransform toDevice = painter.deviceTransform();
    const double device = toDevice.mapRect(area).width() / area.width();
    const double scale = isVector(painter) ? pixelsPerUnit : std::min(pixelsPerUnit, device);
    const QSize pixels = (area.size() * scale).toSize();
    const bool allSeen = pixels.width() >= image.width() && pixels.height() >= image.height();
    const QImage seen = allSeen ? image : worstOf(image, pixels, layer);
    if (!isHatched(seen))
        return paintPixels(painter, area, seen);
    // Pixels that are as fine as the lines: the device's, or those that a file of shapes is given.
    constexpr int finePixels = 6; // in a unit
    QRectF place = area;
    QSize size = seen.size() * std::max(1, qRound(finePixels * area.width() / seen.width()));
    if (!isVector(painter)) {
        const QRect whole = toDevice.mapRect(area).toRect();
        place = toDevice.inverted().mapRect(QRectF(whole));
        size = whole.size().expandedTo({1, 1});
    }
    const QImage fine = seen.scaled(size, Qt::IgnoreAspectRatio, Qt::FastTransformation);
    QImage picture = fine.convertToFormat(QImage::Format_RGB32);
    const double perUnit = size.width() / area.width();
    hatch(picture, fine, notMeasured,
          dieHatch(theme, perUnit, static_cast<double>(size.width()) / seen.width(), {}));
    paintPixels(painter, place, picture);
}

ColourBar dieColourBar(DieLayer layer, const ColourRange& range, ColourMap map, const Theme& theme)
{
    const LayerText text = textOf(layer);
    const QString title = layer == DieLayer::Defects ? textOf(DieLayer::ConductanceP).axis() : text.axis();
    return {{title,
             range.log ? Axis::Scale::Log : Axis::Scale::Linear,
             text.perUnit * range.low,
             text.perUnit * range.high,
             {}},
            rampOf(layer, map, theme)};
}

std::vector<LegendEntry> dieLegend(DieLayer layer, bool hatched)
{
    std::vector<LegendEntry> entries;
    if (layer == DieLayer::Defects)
        for (const Defect defect : allDefects)
            entries.push_back({QString::fromUtf8(name(defect)), {hueOf(defect)}, LegendEntry::Symbol::Patch});
    if (hatched)
        entries.push_back({"not measured", {}, LegendEntry::Symbol::Hatched});
    return entries;
}

} // namespace faultline
