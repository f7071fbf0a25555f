#pragma once

#include <vector>

#include "figures/die_image.h"

namespace faultline
{

/// A number for each die of a wafer, to colour it by.
struct DieValues {
    QString title;              ///< with the unit in brackets
    std::vector<double> values; ///< one per die; NaN where not known
    int decimals = 0;
};
DieValues defectsPerDie(const Wafer& wafer);
/// Percent of the measured cells that have no defect.
DieValues yieldPerDie(const Wafer& wafer);

/// Where dies are shown: at their wafer positions from (0, 0), or row by row when two have the same.
std::vector<WaferPosition> shownPositions(const Wafer& wafer);

/// All dies at their places on the wafer, each framed and badged in the colour of its value. Excluded dies
/// are pale and crossed out.
class WaferMap : public Figure
{
public:
    WaferMap(const Wafer& wafer, DieValues values, Table numbers);
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
        bool included;
        double value;
        QImage image;
    };
    QString valueText(double value) const;
    QFont badgeFont(double dieWidth, const Theme& theme) const;
    void paintBadge(QPainter& painter, const Place& place, const QRectF& map, const Theme& theme) const;

    std::vector<Place> places_;
    DieGeometry geometry_;
    int decimals_;
    std::vector<LegendEntry> legend_;
    Axis axis_; ///< of the values
};

} // namespace faultline
