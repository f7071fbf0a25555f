#include "figures/colour_map.h"

#include <algorithm>

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

int colourIndex(double value, double low, double high)
{
    return static_cast<int>(std::clamp((value - low) / (high - low) * 256.0, 0.0, 255.0));
}

} // namespace faultline
