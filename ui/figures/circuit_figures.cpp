#include "figures/circuit_figures.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>

#include "figures/plot.h"

namespace faultline
{

namespace
{

QString text(std::string_view utf8)
{
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

/// A bar around x from one height to another, with words above it.
Mark bar(double x, double from, double to, Hue hue, const QString& words)
{
    return [=](QPainter& painter, const Frame& frame, const Theme& theme) {
        constexpr double halfWidth = 0.36;
        const QRectF area = QRectF(frame.at(x - halfWidth, from), frame.at(x + halfWidth, to)).normalized();
        painter.setPen(QPen(theme.colour(hue), theme.lineWidth())); // a bar without height is a line
        painter.setBrush(theme.colour(hue));
        painter.drawRect(area);
        painter.setPen(theme.ink);
        paintText(painter, {area.center().x(), area.top() - 0.25 * theme.textSize()},
                  Qt::AlignHCenter | Qt::AlignBottom, words);
    };
}

/// The area within spreads[k] of points[k].
Mark band(std::vector<QPointF> points, std::vector<double> spreads, Hue hue)
{
    return [=](QPainter& painter, const Frame& frame, const Theme& theme) {
        constexpr float opacity = 0.2F;
        QPolygonF outline;
        for (std::size_t k = 0; k < points.size(); ++k)
            outline.append(frame.at(points[k].x(), points[k].y() + spreads[k]));
        for (std::size_t k = points.size(); k-- > 0;)
            outline.append(frame.at(points[k].x(), std::max(frame.y.low, points[k].y() - spreads[k])));
        QColor colour = theme.colour(hue);
        colour.setAlphaF(opacity);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawPolygon(outline);
    };
}

/// "+1.8", "−0.6", "0.0"
QString signedPoints(double points)
{
    const double rounded = std::round(10.0 * points) / 10.0 + 0.0; // no -0
    return (rounded > 0.0 ? "+" : "") + printed(rounded, 1);
}

/// Logarithmic where the values are spread over more than a decade and a half.
Axis parameterAxis(const SweepParameter& parameter, const std::vector<double>& values)
{
    constexpr double wide = 30.0, margin = 1.15;
    const auto [low, high] = std::ranges::minmax(values);
    Axis axis = low > 0.0 && high / low > wide ? logAxis(text(parameter.title()), low / margin, high * margin)
                                               : linearAxis(text(parameter.title()), values, false);
    axis.wholeNumbers = parameter.isWhole();
    return axis;
}

std::unique_ptr<Figure> sweepCurve(const SweepPlan& plan, std::span<const SweepPoint> points, Table table)
{
    std::vector<const SweepPoint*> sorted;
    for (const SweepPoint& point : points)
        sorted.push_back(&point);
    std::ranges::sort(sorted, {}, [](const SweepPoint* point) { return point->values.front(); });
    std::vector<QPointF> means;
    std::vector<double> spreads, heights;
    for (const SweepPoint* point : sorted) {
        means.emplace_back(point->values.front(), point->mean);
        spreads.push_back(point->spread);
        heights.insert(heights.end(),
                       {std::max(0.0, point->mean - point->spread), point->mean + point->spread});
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = parameterAxis(plan.axes.front().parameter, plan.axes.front().values);
    plot->y = linearAxis(errorTitle, heights, true);
    const SeriesStyle style{Hue::Blue};
    plot->marks = {band(means, spreads, style.hue), curve(means, style), dots(means, style)};
    plot->legend = {{"mean", style, LegendEntry::Symbol::Line},
                    {"one standard deviation", {Hue::Blue}, LegendEntry::Symbol::Patch}};
    return plot;
}

std::unique_ptr<Figure> sweepMap(const SweepPlan& plan, std::span<const SweepPoint> points, Table table)
{
    const SweepAxis& down = plan.axes.front();
    const SweepAxis& across = plan.axes.back();
    const auto [least, most] = std::ranges::minmax(points, {}, &SweepPoint::mean);
    const double low = least.mean, high = most.mean > low ? most.mean : low + 1.0;
    const auto names = [](const SweepAxis& axis) {
        QStringList list;
        for (const double value : axis.values)
            list.append(QString::number(value));
        return list;
    };
    const auto columns = static_cast<int>(across.values.size());
    QImage image(columns, static_cast<int>(down.values.size()), QImage::Format_ARGB32);
    for (int k = 0; k < static_cast<int>(points.size()); ++k)
        image.setPixel(k % columns, k / columns,
                       cividis()[static_cast<std::size_t>(
                           colourIndex(points[static_cast<std::size_t>(k)].mean, low, high))]);
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = categoryAxis(text(across.parameter.title()), names(across));
    plot->y = categoryAxis(text(down.parameter.title()), names(down));
    plot->yDown = true; // as in the table
    plot->colourBar = ColourBar{{errorTitle, Axis::Scale::Linear, low, high, {}}, cividis()};
    plot->marks = {cells(std::move(image))};
    return plot;
}

} // namespace

std::unique_ptr<Figure> waterfallFigure(const Waterfall& waterfall)
{
    Table table{{"effect", "error (%)", "standard deviation (%)", "cost (points)", "cost alone (points)"},
                {{"ideal", waterfall.ideal, waterfall.idealSpread, 0.0, 0.0}}};
    QStringList names{"ideal"};
    std::vector<double> heights{waterfall.ideal};
    std::vector<Mark> marks{bar(0.0, 0.0, waterfall.ideal, Hue::Muted, printed(waterfall.ideal, 1))};
    std::vector<QPointF> alone;
    double before = waterfall.ideal;
    for (const Waterfall::Step& step : waterfall.steps) {
        const auto x = static_cast<double>(names.size());
        table.rows.push_back(
            {std::string(name(step.effect)), step.error, step.spread, step.cost, step.costAlone});
        names.append(text(name(step.effect)).replace(' ', '\n'));
        marks.push_back(bar(x, before, step.error, step.cost > 0.0 ? Hue::Vermillion : Hue::Green,
                            signedPoints(step.cost)));
        alone.emplace_back(x, waterfall.ideal + step.costAlone);
        heights.insert(heights.end(), {step.error, alone.back().y()});
        before = step.error;
    }
    names.append("all");
    marks.push_back(bar(static_cast<double>(names.size() - 1), 0.0, before, Hue::Blue, printed(before, 1)));
    marks.push_back(dots(alone, {Hue::Ink, Marker::Diamond}));

    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "waterfall";
    plot->title = "What each non-ideality costs";
    plot->millimetres = {178, 70};
    plot->x = categoryAxis("Added one after the other", names);
    constexpr double wordsRoom = 1.15;
    plot->y = linearAxis(errorTitle, heights, true);
    plot->y.high *= wordsRoom;
    plot->marks = std::move(marks);
    plot->legend = {{"costs points", {Hue::Vermillion}, LegendEntry::Symbol::Patch},
                    {"saves points", {Hue::Green}, LegendEntry::Symbol::Patch},
                    {"alone, on a perfect die", {Hue::Ink, Marker::Diamond}, LegendEntry::Symbol::Dot}};
    return plot;
}

std::unique_ptr<Figure> irDropFigure(const TileRead& read)
{
    const CrossbarState& state = read.state;
    Table table{{"line", "index", "terminal (V)", "IR drop (V)"}, {}};
    std::vector<QPointF> wordLines, bitLines;
    std::vector<double> indices, drops;
    const auto add = [&](const char* line, Eigen::Index index, double terminal, double drop,
                         std::vector<QPointF>& points) {
        table.rows.push_back({std::string(line), static_cast<double>(index), terminal, drop});
        points.emplace_back(static_cast<double>(index), 1e3 * drop);
        indices.push_back(static_cast<double>(index));
        drops.push_back(1e3 * drop);
    };
    for (Eigen::Index column = 0; column < state.columnVoltage.cols(); ++column) {
        const double source = read.voltages[column];
        add("word line", column, source, (state.columnVoltage.col(column).array() - source).abs().maxCoeff(),
            wordLines);
    }
    for (Eigen::Index row = 0; row < state.rowVoltage.rows(); ++row)
        add("bit line", row, 0.0, state.rowVoltage.row(row).cwiseAbs().maxCoeff(), bitLines);
    const SeriesStyle word{Hue::Blue, Marker::Circle}, bit{Hue::Vermillion, Marker::Square};
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "ir-drop";
    plot->title = "IR drop of each line";
    plot->x = linearAxis("Column, row", indices, false);
    plot->y = linearAxis("IR drop (mV)", drops, true);
    plot->marks = {dots(wordLines, word), dots(bitLines, bit)};
    plot->legend = {{"word lines (columns)", word}, {"bit lines (rows)", bit}};
    return plot;
}

std::unique_ptr<Figure> lineLossFigure(std::span<const LineLoss> rows, std::span<const LineLoss> columns)
{
    Table table{{"line", "layer", "copy", "index", "current lost (%)"}, {}};
    std::vector<double> indices, losses;
    const auto add = [&](const char* name, std::span<const LineLoss> lines) {
        std::vector<QPointF> points;
        for (const LineLoss& line : lines) {
            table.rows.push_back({std::string(name), line.layer + 1.0, line.copy + 1.0,
                                  static_cast<double>(line.line), 100.0 * line.loss});
            if (!std::isfinite(line.loss))
                continue;
            points.emplace_back(line.line, 100.0 * line.loss);
            indices.push_back(line.line);
            losses.push_back(100.0 * line.loss);
        }
        return points;
    };
    const std::vector<QPointF> bitLines = add("bit line", rows), wordLines = add("word line", columns);
    const SeriesStyle word{Hue::Blue, Marker::Circle}, bit{Hue::Vermillion, Marker::Square};
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "line-loss";
    plot->title = "Current that wires cost each line";
    plot->x = linearAxis("Column, row", indices, false);
    plot->y = linearAxis("Current lost (%)", losses, true);
    plot->marks = {dots(wordLines, word), dots(bitLines, bit)};
    plot->legend = {{"word lines (columns)", word}, {"bit lines (rows)", bit}};
    return plot;
}

std::unique_ptr<Figure> sweepFigure(const SweepPlan& plan, std::span<const SweepPoint> points)
{
    Table table;
    for (const SweepAxis& axis : plan.axes)
        table.columns.emplace_back(axis.parameter.title());
    table.columns.insert(table.columns.end(), {"error (%)", "standard deviation (%)", "count"});
    for (const SweepPoint& point : points) {
        std::vector<Table::Cell> row(point.values.begin(), point.values.end());
        row.insert(row.end(), {point.mean, point.spread, static_cast<double>(point.count)});
        table.rows.push_back(std::move(row));
    }
    auto figure = plan.axes.size() == 1 ? sweepCurve(plan, points, std::move(table))
                                        : sweepMap(plan, points, std::move(table));
    figure->name = "sweep";
    figure->title = "Error against the circuit";
    figure->millimetres = {86, 70};
    return figure;
}

} // namespace faultline
