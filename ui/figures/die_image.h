#pragma once

#include <vector>

#include <QImage>
#include <QList>
#include <QSize>

#include "figures/figure.h"
#include "figures/plot.h"
#include "wafer/die.h"

namespace faultline
{

/// What of a die is shown: healthy cells in quiet greys with its defects in colour, or plain conductances.
enum class DieLayer { Defects, ConductanceP, ConductanceAP };

/// Conductances at the ends of the colours, siemens. One range for all dies that are compared.
struct ColourRange {
    double low = 0.0, high = 1.0;
};

/// From the 1st to the 99th percentile of the healthy cells of a wafer.
ColourRange healthyRange(const Wafer& wafer, DieLayer layer);

/// One pixel a cell, Format_Indexed8 with dieColours() still to be set as its colours. Indices: a ramp of
/// conductances first, then missing (not a number), open, stuck-AP, stuck-P, short: a higher one is the worse
/// cell.
QImage dieImage(const Die& die, DieLayer layer, const ColourRange& range);
QList<QRgb> dieColours(DieLayer layer, const Theme& theme);

/// A die's image made smaller so that the worst cell under a pixel colours it: the worst defect, or else the
/// conductance farthest from the middle of the ramp. Single defects never vanish. Never larger than the
/// image.
QImage worstOf(const QImage& dieImage, const QSize& size);

/// Draws a die's image as fine as the device allows, but with cells large enough to be seen in print.
void paintDie(QPainter& painter, const QRectF& area, const QImage& dieImage);

/// The colours of healthy cells, in microsiemens.
ColourBar dieColourBar(DieLayer layer, const ColourRange& range, const Theme& theme);

/// The kinds of defect with their colours.
std::vector<LegendEntry> defectLegend();

/// Where dies are shown: at their wafer positions from (0, 0), or row by row when two have the same.
std::vector<WaferPosition> shownPositions(const Wafer& wafer);

/// All dies at their places on the wafer, with their names and numbers of defects.
class WaferMap : public Figure
{
public:
    WaferMap(const Wafer& wafer, Table numbers);
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    QRectF dieRect(std::size_t die, const QRectF& area, const Theme& theme) const; ///< where paint() draws it
    double heightFor(double width, const Theme& theme) const; ///< that the dies fill the width with

private:
    /// The wafer's extent in dies, and the room around each, in the painter's units.
    struct Grid {
        int rows, columns;
        double aspect;                 ///< of a die, height to width
        double gap, nameRoom, barRoom; ///< beside a die, above it, at the right of all
    };
    Grid gridOf(const Theme& theme) const;

    struct Place {
        QString name;
        WaferPosition position;
        int defects;
        QImage image;
    };
    std::vector<Place> places_;
    DieGeometry geometry_;
    ColourRange range_;
};

} // namespace faultline
