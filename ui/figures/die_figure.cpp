#include "figures/die_figure.h"

#include <algorithm>
#include <cmath>

#include <QPainter>

namespace faultline
{

namespace
{

/// To the seven digits that a float carries.
double rounded(double value)
{
    if (value == 0.0 || !std::isfinite(value))
        return value;
    const double scale = std::pow(10.0, 6.0 - std::floor(std::log10(std::abs(value))));
    return std::round(value * scale) / scale;
}

Table numbersOf(const Die& die, const Overlay& overlay, const QRect& cells)
{
    const double perUnit = textOf(overlay.layer).perUnit;
    const bool isOfCell = overlay.layer <= DieLayer::Tmr; // not of what a network makes of it
    Table table{{"row"}, {}};
    for (int column = cells.left(); column <= cells.right(); ++column)
        table.columns.push_back("column " + std::to_string(column));
    for (int row = cells.top(); row <= cells.bottom(); ++row) {
        std::vector<Table::Cell> line{static_cast<double>(row)};
        for (int column = cells.left(); column <= cells.right(); ++column) {
            const bool measured = die.isMeasured(row * die.columns() + column);
            if (overlay.layer == DieLayer::Defects)
                line.emplace_back(std::string(measured ? name(die.defect(row, column)) : "not measured"));
            else if (isOfCell && !measured)
                line.emplace_back(NAN);
            else
                line.emplace_back(rounded(perUnit * overlay.value(die, {row, column})));
        }
        table.rows.push_back(std::move(line));
    }
    return table;
}

/// Lines across the frame at every so many cells.
Mark kernelBorders(const DieGeometry& geometry, const QRect& cells)
{
    return [=](QPainter& painter, const Frame& frame, const Theme& theme) {
        QColor line = theme.colour(Hue::Muted);
        line.setAlphaF(0.6F);
        painter.setPen(QPen(line, 0.5 * theme.lineWidth()));
        const auto after = [](int first, int every) { return (first / every + 1) * every; };
        for (int row = after(cells.top(), geometry.kernelRows); row <= cells.bottom();
             row += geometry.kernelRows) {
            const double y = frame.at(0.0, row - 0.5).y();
            painter.drawLine(QPointF(frame.area.left(), y), QPointF(frame.area.right(), y));
        }
        for (int column = after(cells.left(), geometry.kernelColumns); column <= cells.right();
             column += geometry.kernelColumns) {
            const double x = frame.at(column - 0.5, 0.0).x();
            painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()));
        }
    };
}

} // namespace

std::unique_ptr<Figure> dieFigure(const Die& die, const DieGeometry& geometry, const Overlay& overlay,
                                  const ColourRange& range, ColourMap colours, QRect cells)
{
    const QRect all(0, 0, die.columns(), die.rows());
    cells = cells.isNull() ? all : cells & all;
    if (cells.isEmpty())
        return nullptr;
    const LayerText text = textOf(overlay.layer);
    const QString dieName = QString::fromStdString(die.name);
    auto plot = std::make_unique<Plot>(numbersOf(die, overlay, cells));
    plot->name = "die-" + die.name;
    std::ranges::replace(plot->name, '/', '-');
    plot->title = QString("%1 of die %2").arg(text.name, dieName);
    plot->x = {"Column", Axis::Scale::Linear, cells.left() - 0.5, cells.right() + 0.5, {}, true};
    plot->y = {"Row", Axis::Scale::Linear, cells.top() - 0.5, cells.bottom() + 0.5, {}, true};
    plot->yDown = true;
    plot->equalUnits = true;
    const QImage image = dieImage(die, overlay, range).copy(cells);
    plot->marks.push_back(
        [=, layer = overlay.layer](QPainter& painter, const Frame& frame, const Theme& theme) {
            QImage coloured = image;
            coloured.setColorTable(dieColours(layer, colours, theme));
            paintDie(painter, frame.area, coloured, layer, theme);
        });
    plot->marks.push_back(kernelBorders(geometry, cells));
    plot->legend = dieLegend(overlay.layer, isHatched(image));
    if (overlay.layer != DieLayer::Defects)
        plot->colourBar = dieColourBar(overlay.layer, range, colours, paperTheme());
    // What stands beside the cells takes about so many millimetres.
    const double width = plot->colourBar ? 120.0 : 86.0, beside = plot->colourBar ? 30.0 : 14.0;
    plot->millimetres = {width,
                         std::clamp(18.0 + (width - beside) * cells.height() / cells.width(), 45.0, 180.0)};
    return plot;
}

} // namespace faultline
