#pragma once

#include <span>
#include <vector>

#include <QImage>
#include <QList>
#include <QRectF>
#include <QSize>

#include "figures/die_layer.h"
#include "figures/figure.h"
#include "figures/hatch.h"
#include "figures/plot.h"

namespace faultline
{

/// Values at the ends of the colours, in SI units. One range for all dies that are compared.
struct ColourRange {
    double low = 0.0, high = 1.0;
    bool log = false; ///< then both are positive

    /// Index into a ColourTable. On a logarithmic scale values of zero and less are at its lower end.
    int index(double value) const;
};

/// Between two quantiles of the dies' cells, of the measured healthy ones unless they are taken in pairs;
/// symmetric about zero for weights. Taken from a sample of many cells.
ColourRange healthyRange(std::span<const Die> dies, const Overlay& overlay, double low = 0.01,
                         double high = 0.99);

/// One pixel a cell, Format_Indexed8 with dieColours() still to be set as its colours. Indices: a ramp of
/// values first, then no value (not a number), open, stuck-AP, stuck-P, short: a higher one is the worse
/// cell. With the bit `notMeasured` they stand for another cell's value in the place of one that was not
/// measured.
QImage dieImage(const Die& die, const Overlay& overlay, const ColourRange& range);
/// The index of one cell.
uchar colourCode(const Die& die, const CellIndex& cell, const Overlay& overlay, const ColourRange& range);
uchar colourCode(Defect defect); ///< of a defective cell in DieLayer::Defects
/// `map` colours values; healthy cells of DieLayer::Defects are grey whatever it is. What was not measured
/// has the colour of what stands in for it, and is still to be hatched.
QList<QRgb> dieColours(DieLayer layer, ColourMap map, const Theme& theme);

bool isRamp(uchar code); ///< whether it stands for a value, not for a defect or none

inline constexpr uchar notMeasured = 128;
bool isHatched(const QImage& dieImage); ///< whether any of its cells was not measured
/// An index that no cell has: less than the mildest cell.
inline constexpr uchar noCell = 255;

/// A part of a die's image (all of it if null; in cells) made smaller so that the worst cell that a pixel
/// touches colours it: the worst defect, or else what was not measured, or else the value farthest from the
/// middle of the ramp (the highest for Damage, CellCurrent and CellPower). Single defects never vanish. Where
/// a pixel is smaller than a cell, the cell under its middle.
QImage worstOf(const QImage& dieImage, const QSize& size, DieLayer layer = DieLayer::Defects,
               QRectF part = {});

/// A die's image with smaller and smaller ones, each the worst of four cells of the one before, so that any
/// part is seen from any distance in a time that depends on the pixels only.
class CellPyramid
{
public:
    CellPyramid() = default;
    CellPyramid(QImage cells, DieLayer layer);

    bool isEmpty() const { return levels_.empty(); }
    const QImage& cells() const { return levels_.front(); }
    /// As worstOf(); the pixels are within a fraction of one of where that would put them.
    QImage seen(const QRectF& part, const QSize& size) const;

private:
    DieLayer layer_ = DieLayer::Defects;
    std::vector<QImage> levels_;
};

/// Draws a die's image: cell by cell where they are large enough to be seen in print, else the worst of
/// several. What was not measured is hatched.
void paintDie(QPainter& painter, const QRectF& area, const QImage& dieImage, DieLayer layer,
              const Theme& theme);
/// A hatch for cells of that many pixels, with a corner there; `scale`: pixels in a unit of the theme's
/// sizes.
Hatch dieHatch(const Theme& theme, double scale, double cell, const QPointF& corner);

/// The colours of the ramp with its axis in the layer's unit.
ColourBar dieColourBar(DieLayer layer, const ColourRange& range, ColourMap map, const Theme& theme);

/// The kinds of defect with their colours, for DieLayer::Defects alone, and the hatch if there is any.
std::vector<LegendEntry> dieLegend(DieLayer layer, bool hatched);

} // namespace faultline
