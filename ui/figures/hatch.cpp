#include "figures/hatch.h"

#include <algorithm>
#include <cmath>

#include "figures/colour_map.h"

namespace faultline
{

namespace
{

/// Of a hatch's lines on a colour: dark on light ones and light on dark ones, so that grey print keeps them.
QRgb lineOn(QRgb under)
{
    constexpr int ofUnder = 40; // percent
    const int full = isLight(under) ? 0 : 255;
    const auto channel = [&](int value) { return (ofUnder * value + (100 - ofUnder) * full) / 100; };
    return qRgb(channel(qRed(under)), channel(qGreen(under)), channel(qBlue(under)));
}

} // namespace

void hatch(QImage& picture, const QImage& codes, uchar bit, const Hatch& how)
{
    constexpr double mostLines = 6.0; // in a cell
    const double cell = std::max(1.0, how.cell);
    const double line = std::max(1.0, std::round(std::min(how.line, cell / 2.5)));
    const double dense = cell / std::clamp(std::floor(cell / how.period), 1.0, mostLines);
    const double sparse = cell < how.period ? cell * std::ceil(how.period / cell) : dense;
    const int width = codes.width(), height = codes.height(), around = static_cast<int>(std::ceil(cell));
    const auto isHatched = [&](int x, int y) { // beyond the picture as at its border
        return (codes.constScanLine(std::clamp(y, 0, height - 1))[std::clamp(x, 0, width - 1)] & bit) != 0;
    };
    const auto isOnLine = [&](int x, int y, double period) {
        const double along = x + y + 1.0 - how.corner.x() - how.corner.y() + line / 2.0;
        return along - period * std::floor(along / period) < line;
    };
    for (int y = 0; y < height; ++y) {
        auto* pixels = reinterpret_cast<QRgb*>(picture.scanLine(y));
        for (int x = 0; x < width; ++x) {
            if (!isHatched(x, y))
                continue;
            const bool inside = isHatched(x - around, y) && isHatched(x + around, y) &&
                                isHatched(x, y - around) && isHatched(x, y + around);
            if (inside ? isOnLine(x, y, sparse) : cell < 3.0 || isOnLine(x, y, dense))
                pixels[x] = lineOn(pixels[x]);
        }
    }
}

void paintHatched(QPainter& painter, const QRectF& patch, const Theme& theme)
{
    const QColor under = theme.colour(Hue::Faint);
    painter.save();
    painter.fillRect(patch, under);
    painter.setClipRect(patch, Qt::IntersectClip);
    painter.setPen(QPen(QColor::fromRgb(lineOn(under.rgb())), 0.8 * theme.lineWidth()));
    for (const double shift : {-0.5, 0.0, 0.5})
        painter.drawLine(patch.bottomLeft() + QPointF(shift * patch.width(), 0.0),
                         patch.topRight() + QPointF(shift * patch.width(), 0.0));
    painter.restore();
}

} // namespace faultline
