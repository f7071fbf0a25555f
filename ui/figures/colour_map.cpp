#include "figures/colour_map.h"

#include <algorithm>
#include <cmath>

#include <QColor>
#include <QFile>
#include <QTextStream>

#include "common/error.h"

namespace faultline
{

namespace
{

ColourTable readTable(const QString& resource)
{
    QFile file(resource);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Text))
        throw Error("cannot open " + resource.toStdString());
    QTextStream lines(&file);
    ColourTable table{};
    for (QRgb& colour : table)
        colour = QColor(lines.readLine()).rgb();
    return table;
}

/// CIE 1976 L*a*b* for the white point D65.
struct Lab {
    double lightness, a, b;
};

QRgb toRgb(const Lab& lab)
{
    const auto inverse = [](double t) { return t > 6.0 / 29 ? t * t * t : (t - 16.0 / 116) * 108.0 / 841; };
    const double fy = (lab.lightness + 16) / 116;
    const double x = 0.95047 * inverse(fy + lab.a / 500), y = inverse(fy),
                 z = 1.08883 * inverse(fy - lab.b / 200);
    const auto channel = [](double linear) {
        const double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
        return static_cast<int>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
    };
    return qRgb(channel(3.2406 * x - 1.5372 * y - 0.4986 * z), channel(-0.9689 * x + 1.8758 * y + 0.0415 * z),
                channel(0.0557 * x - 0.2040 * y + 1.0570 * z));
}

ColourTable divergingTable()
{
    constexpr Lab blue{36, 8, -48}, white{97, 0, 0}, red{36, 56, 34};
    ColourTable table{};
    for (std::size_t k = 0; k < table.size(); ++k) {
        const double place = (static_cast<double>(k) - 127.5) / 127.5;
        const Lab& end = place < 0 ? blue : red;
        const auto between = [t = std::abs(place)](double from, double to) { return from + t * (to - from); };
        table[k] = toRgb(
            {between(white.lightness, end.lightness), between(white.a, end.a), between(white.b, end.b)});
    }
    return table;
}

} // namespace

const ColourTable& viridis()
{
    static const ColourTable table = readTable(":/faultline/colourmaps/viridis.txt");
    return table;
}

const ColourTable& cividis()
{
    static const ColourTable table = readTable(":/faultline/colourmaps/cividis.txt");
    return table;
}

const ColourTable& blueRed()
{
    static const ColourTable table = divergingTable();
    return table;
}

const ColourTable& coloursOf(ColourMap map)
{
    switch (map) {
    case ColourMap::Viridis:
        return viridis();
    case ColourMap::Cividis:
        return cividis();
    case ColourMap::BlueRed:
        break;
    }
    return blueRed();
}

bool isLight(QRgb colour)
{
    return 299 * qRed(colour) + 587 * qGreen(colour) + 114 * qBlue(colour) > 140 * 1000;
}

int colourIndex(double value, double low, double high)
{
    return static_cast<int>(std::clamp((value - low) / (high - low) * 256.0, 0.0, 255.0));
}

} // namespace faultline
