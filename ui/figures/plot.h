#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <QImage>
#include <QPointF>

#include "common/statistics.h"
#include "figures/axis.h"
#include "figures/colour_map.h"
#include "figures/figure.h"

namespace faultline
{

/// Where the data of a plot lies on the paper.
struct Frame {
    QRectF area;
    Axis x, y;

    QPointF at(double xValue, double yValue) const
    {
        return {area.left() + x.fraction(xValue) * area.width(),
                area.bottom() - y.fraction(yValue) * area.height()};
    }
    QPointF at(const QPointF& point) const { return at(point.x(), point.y()); }
};

/// One thing drawn in a plot.
using Mark = std::function<void(QPainter&, const Frame&, const Theme&)>;

/// `width`: in line widths.
Mark curve(std::vector<QPointF> points, SeriesStyle style, double width = 1.5, double opacity = 1.0);
/// The area between a curve and the lower end of the y axis.
Mark filledArea(std::vector<QPointF> points, Hue hue, double opacity);
Mark dots(std::vector<QPointF> points, SeriesStyle style, double opacity = 1.0);
/// spreads[k] up and down from points[k].
Mark errorBars(std::vector<QPointF> points, std::vector<double> spreads, SeriesStyle style);
Mark boxMark(double x, double width, const Box& box, SeriesStyle style);
/// A line across the plot at one y (or x) value, in a band `spread` up and down.
Mark levelLine(double y, double spread, SeriesStyle style);
Mark uprightLine(double x, double spread, SeriesStyle style);
/// One image pixel per unit of x and y, its centre at whole numbers; row 0 at y = 0.
Mark cells(QImage image);
/// A line around one such cell. White: colours of cells are the same on every background.
Mark cellFrame(QPointF cell);

struct LegendEntry {
    enum class Symbol { Line, Dot, Patch, Hatched };
    QString label;
    SeriesStyle style;
    Symbol symbol = Symbol::Dot;
};

struct ColourBar {
    Axis axis;
    ColourTable colours{};
};

/// What can be pointed at in a plot.
struct Datum {
    QPointF at;    ///< in the axes' units; not finite: not drawn
    int item = 0;  ///< as in Spot
    QString tip;   ///< as in Spot
    QSizeF extent; ///< of a cell around `at`, in the axes' units; empty for a dot
};

/// Axes with marks between them; legend above, colour bar at the right.
class Plot : public Figure
{
public:
    using Figure::Figure;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Frame frame(const QRectF& area, const Theme& theme) const; ///< where paint() draws the data
    std::vector<Spot> spots(const QRectF& area, const Theme& theme) const override;

    Axis x, y;
    bool yDown = false;      ///< y grows downwards, as the rows of a matrix
    bool equalUnits = false; ///< one of x is as long on paper as one of y; both axes are linear
    std::vector<Mark> marks; ///< drawn in this order
    std::vector<Datum> data; ///< of the marks, in their order
    std::vector<LegendEntry> legend;
    std::optional<ColourBar> colourBar;
};

/// Plots side by side under one legend.
class Panels : public Figure
{
public:
    using Figure::Figure;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    std::vector<Spot> spots(const QRectF& area, const Theme& theme) const override;

    std::vector<std::unique_ptr<Plot>> plots;
    std::vector<LegendEntry> legend;

private:
    std::vector<QRectF> areas(const QRectF& area, const Theme& theme) const; ///< of the plots
};

/// Draws entries in as many rows as they need from the top of the area down and returns the height they take,
/// with the gap below; only measures when the painter is null. Nothing when the theme is without legends.
double paintLegend(QPainter* painter, const QRectF& area, std::span<const LegendEntry> entries,
                   const Theme& theme);

/// Draws the mark of one datum.
void paintMarker(QPainter& painter, const QPointF& at, const SeriesStyle& style, const Theme& theme);

/// Draws a colour bar with its ticks and title at the right of `bar`.
void paintColourBar(QPainter& painter, const QRectF& bar, const ColourBar& content, const Theme& theme);

/// Text at a point: its first line above, below or around it as aligned, further ones below; then turned.
void paintText(QPainter& painter, const QPointF& anchor, Qt::Alignment alignment, const QString& text,
               double degrees = 0.0);

/// Whether it draws into a file of shapes, SVG or PDF, and not into pixels.
bool isVector(const QPainter& painter);

/// An image with hard edges between its pixels, whatever draws it.
void paintPixels(QPainter& painter, const QRectF& area, const QImage& image);

} // namespace faultline
