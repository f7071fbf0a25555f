#include "figures/plot.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QPaintEngine>
#include <QPainterPath>

#include "figures/hatch.h"

namespace faultline
{

namespace
{

class Saved
{
public:
    explicit Saved(QPainter& painter) : painter_(painter) { painter_.save(); }
    ~Saved() { painter_.restore(); }
    Saved(const Saved&) = delete;
    Saved& operator=(const Saved&) = delete;

private:
    QPainter& painter_;
};

QPen pen(const Theme& theme, Hue hue, double width = 1.0, Qt::PenStyle style = Qt::SolidLine)
{
    return QPen(theme.colour(hue), width * theme.lineWidth(), style, Qt::FlatCap, Qt::RoundJoin);
}

double markerSize(const Theme& theme)
{
    return 0.5 * theme.textSize();
}

/// One path through all points; a point without a value lifts the pen.
QPainterPath pathThrough(const std::vector<QPointF>& points, const Frame& frame)
{
    QPainterPath path;
    bool down = false;
    for (const QPointF& point : points) {
        const bool finite = std::isfinite(point.x()) && std::isfinite(point.y());
        if (finite && down)
            path.lineTo(frame.at(point));
        else if (finite)
            path.moveTo(frame.at(point));
        down = finite;
    }
    return path;
}

/// What surrounds the data area: computed before anything is drawn, so that labels get the room they need.
struct Layout {
    Frame frame;
    std::vector<Tick> xTicks, yTicks;
    QRectF legend;
    bool uprightNames = false;
    double bottomLabels = 0.0, leftLabels = 0.0;
};

double width(const QString& label, const QFontMetricsF& metrics)
{
    double widestLine = 0.0;
    for (const QString& line : label.split('\n'))
        widestLine = std::max(widestLine, metrics.horizontalAdvance(line));
    return widestLine;
}

double widest(const std::vector<Tick>& ticks, const QFontMetricsF& metrics)
{
    double widestLabel = 0.0;
    for (const Tick& tick : ticks)
        widestLabel = std::max(widestLabel, width(tick.label, metrics));
    return widestLabel;
}

double tallest(const std::vector<Tick>& ticks, const QFontMetricsF& metrics)
{
    qsizetype lines = 1;
    for (const Tick& tick : ticks)
        lines = std::max(lines, 1 + tick.label.count('\n'));
    return static_cast<double>(lines) * metrics.height();
}

double tickLength(const Theme& theme)
{
    return 0.4 * theme.textSize();
}

std::vector<Tick> verticalTicks(const Axis& axis, double height, const QFontMetricsF& metrics)
{
    return fittingTicks(axis, height, 0.0, [&](const QString&) { return metrics.height(); });
}

double colourBarRoom(const ColourBar& bar, double height, const Theme& theme)
{
    const QFontMetricsF metrics(theme.font);
    const double labels = widest(verticalTicks(bar.axis, height, metrics), metrics);
    return 4.2 * theme.textSize() + labels + tickLength(theme);
}

Layout layOut(const Plot& plot, const QRectF& area, const Theme& theme)
{
    const QFontMetricsF metrics(theme.font);
    const double em = theme.textSize();
    const double line = metrics.height();
    const double tick = tickLength(theme);

    Layout out;
    QRectF data = area;
    const double roughHeight = area.height() - 5.0 * line;
    out.leftLabels = widest(verticalTicks(plot.y, roughHeight, metrics), metrics);
    data.setLeft(area.left() + line + 0.6 * em + out.leftLabels + 0.4 * em + tick);
    data.setRight(area.right() - (plot.colourBar ? colourBarRoom(*plot.colourBar, roughHeight, theme) : em));
    // Above the data if one row is enough, or else over the whole width.
    out.legend = QRectF(data.left(), area.top(), data.width(), area.height());
    if (paintLegend(nullptr, out.legend, plot.legend, theme) > 2.0 * line)
        out.legend.setLeft(area.left() + 1.3 * line); // right of the y axis' title
    const double legendHeight = paintLegend(nullptr, out.legend, plot.legend, theme);
    data.setTop(area.top() + std::max(line / 2, legendHeight));
    if (plot.equalUnits) {
        const double below = 2.0 * line + 0.6 * em + tick;
        const double unit = std::min(data.width() / (plot.x.high - plot.x.low),
                                     (area.bottom() - below - data.top()) / (plot.y.high - plot.y.low));
        data.setWidth(unit * (plot.x.high - plot.x.low));
        data.setHeight(unit * (plot.y.high - plot.y.low));
    }

    const auto advance = [&](const QString& label) { return width(label, metrics); };
    out.xTicks = fittingTicks(plot.x, data.width(), 0.7 * em, advance);
    // Names that do not fit side by side stand upright, before any of them is left out.
    out.uprightNames = plot.x.scale == Axis::Scale::Category &&
                       static_cast<qsizetype>(out.xTicks.size()) < plot.x.categories.size();
    if (out.uprightNames)
        out.xTicks =
            fittingTicks(plot.x, data.width(), 0.0, [&](const QString&) { return 0.9 * metrics.height(); });
    out.bottomLabels = out.uprightNames ? widest(out.xTicks, metrics) : tallest(out.xTicks, metrics);
    if (!plot.equalUnits)
        data.setBottom(area.bottom() - line - 0.3 * em - out.bottomLabels - 0.3 * em - tick);

    out.yTicks = verticalTicks(plot.y, data.height(), metrics);
    out.frame = {data, plot.x, plot.y};
    if (plot.yDown)
        std::swap(out.frame.y.low, out.frame.y.high);
    return out;
}

void paintAxes(QPainter& painter, const Layout& layout, const Theme& theme)
{
    const double em = theme.textSize();
    const double tick = tickLength(theme);
    const Frame& frame = layout.frame;
    const QRectF& area = frame.area;

    painter.setBrush(Qt::NoBrush);
    painter.setPen(pen(theme, Hue::Ink));
    painter.drawRect(area);
    for (const Tick& mark : layout.xTicks) {
        const QPointF at(frame.at(mark.value, frame.y.low).x(), area.bottom());
        painter.drawLine(at, at + QPointF(0, mark.label.isEmpty() ? tick / 2 : tick));
    }
    for (const Tick& mark : layout.yTicks) {
        const QPointF at(area.left(), frame.at(frame.x.low, mark.value).y());
        painter.drawLine(at, at - QPointF(mark.label.isEmpty() ? tick / 2 : tick, 0));
    }
    for (const Tick& mark : layout.xTicks) {
        const QPointF at(frame.at(mark.value, frame.y.low).x(), area.bottom() + tick + 0.3 * em);
        if (layout.uprightNames)
            paintText(painter, at, Qt::AlignRight | Qt::AlignVCenter, mark.label, -90.0);
        else
            paintText(painter, at, Qt::AlignHCenter | Qt::AlignTop, mark.label);
    }
    for (const Tick& mark : layout.yTicks)
        paintText(painter, {area.left() - tick - 0.4 * em, frame.at(frame.x.low, mark.value).y()},
                  Qt::AlignRight | Qt::AlignVCenter, mark.label);
    paintText(painter, {area.center().x(), area.bottom() + tick + 0.6 * em + layout.bottomLabels},
              Qt::AlignHCenter | Qt::AlignTop, frame.x.title);
    paintText(painter, {area.left() - tick - 1.0 * em - layout.leftLabels, area.center().y()},
              Qt::AlignHCenter | Qt::AlignBottom, frame.y.title, -90.0);
}

/// Faint lines behind the data: across at value ticks, upright under every named category.
void paintGrid(QPainter& painter, const Layout& layout, const Theme& theme)
{
    const Frame& frame = layout.frame;
    painter.setPen(pen(theme, Hue::Faint, 0.7));
    for (const Tick& mark : layout.yTicks)
        if (!mark.label.isEmpty()) {
            const double y = frame.at(frame.x.low, mark.value).y();
            painter.drawLine(QPointF(frame.area.left(), y), QPointF(frame.area.right(), y));
        }
    for (const Tick& mark : layout.xTicks)
        if (!mark.label.isEmpty()) {
            const double x = frame.at(mark.value, frame.y.low).x();
            painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()));
        }
}

Mark crossLine(double value, double spread, SeriesStyle style, bool upright)
{
    return [=](QPainter& painter, const Frame& frame, const Theme& theme) {
        const auto corner = [&](double offset, bool end) {
            return upright ? QPointF(frame.at(value + offset, frame.y.low).x(),
                                     end ? frame.area.top() : frame.area.bottom())
                           : QPointF(end ? frame.area.right() : frame.area.left(),
                                     frame.at(frame.x.low, value + offset).y());
        };
        if (spread > 0.0) {
            QColor fill = theme.colour(style.hue);
            fill.setAlphaF(0.15F);
            painter.fillRect(QRectF(corner(-spread, false), corner(spread, true)).normalized(), fill);
        }
        painter.setPen(pen(theme, style.hue, 1.2, style.line));
        painter.drawLine(corner(0.0, false), corner(0.0, true));
    };
}

} // namespace

void paintMarker(QPainter& painter, const QPointF& at, const SeriesStyle& style, const Theme& theme)
{
    painter.setPen(pen(theme, Hue::Background, 0.5));
    painter.setBrush(theme.colour(style.hue));
    const double r = markerSize(theme) / 2.0;
    switch (style.marker) { // sizes of about equal area
    case Marker::Circle:
        painter.drawEllipse(at, r, r);
        break;
    case Marker::Square:
        painter.drawRect(QRectF(at.x() - 0.9 * r, at.y() - 0.9 * r, 1.8 * r, 1.8 * r));
        break;
    case Marker::Triangle:
        painter.drawPolygon(QPolygonF(
            {at + QPointF(0, -1.25 * r), at + QPointF(1.15 * r, 0.8 * r), at + QPointF(-1.15 * r, 0.8 * r)}));
        break;
    case Marker::Diamond:
        painter.drawPolygon(QPolygonF({at + QPointF(0, -1.3 * r), at + QPointF(1.3 * r, 0),
                                       at + QPointF(0, 1.3 * r), at + QPointF(-1.3 * r, 0)}));
        break;
    case Marker::TriangleDown:
        painter.drawPolygon(QPolygonF({at + QPointF(0, 1.25 * r), at + QPointF(1.15 * r, -0.8 * r),
                                       at + QPointF(-1.15 * r, -0.8 * r)}));
        break;
    }
}

void paintText(QPainter& painter, const QPointF& anchor, Qt::Alignment alignment, const QString& text,
               double degrees)
{
    const QFontMetricsF metrics(painter.font());
    double y = 0.0; // of the first base line, from the anchor
    if (alignment & Qt::AlignTop)
        y = metrics.ascent();
    else if (alignment & Qt::AlignBottom)
        y = -metrics.descent();
    else if (alignment & Qt::AlignVCenter)
        y = metrics.capHeight() / 2;
    const Saved saved(painter);
    painter.translate(anchor);
    painter.rotate(degrees);
    for (const QString& line : text.split('\n', Qt::SkipEmptyParts)) {
        double x = 0.0;
        if (alignment & Qt::AlignHCenter)
            x = -metrics.horizontalAdvance(line) / 2;
        else if (alignment & Qt::AlignRight)
            x = -metrics.horizontalAdvance(line);
        painter.drawText(QPointF(x, y), line);
        y += metrics.height();
    }
}

bool isVector(const QPainter& painter)
{
    const QPaintEngine::Type engine = painter.paintEngine()->type();
    return engine == QPaintEngine::SVG || engine == QPaintEngine::Pdf;
}

void paintPixels(QPainter& painter, const QRectF& area, const QImage& image)
{
    const Saved saved(painter);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    // Programs that show SVG and PDF smooth what they enlarge; pixels of ours made of many small ones stay
    // sharp.
    constexpr double pixelsPerUnit = 6.0;
    const int times =
        isVector(painter) ? std::max(1, qRound(pixelsPerUnit * area.width() / image.width())) : 1;
    painter.drawImage(area, times == 1 ? image
                                       : image.scaled(image.width() * times, image.height() * times,
                                                      Qt::IgnoreAspectRatio, Qt::FastTransformation));
}

Mark curve(std::vector<QPointF> points, SeriesStyle style, double width, double opacity)
{
    return [=, points = std::move(points)](QPainter& painter, const Frame& frame, const Theme& theme) {
        QPen line = pen(theme, style.hue, width, style.line);
        QColor colour = line.color();
        colour.setAlphaF(static_cast<float>(opacity));
        line.setColor(colour);
        painter.setPen(line);
        painter.setBrush(Qt::NoBrush);
        painter.drawPath(pathThrough(points, frame));
    };
}

Mark filledArea(std::vector<QPointF> points, Hue hue, double opacity)
{
    return [=, points = std::move(points)](QPainter& painter, const Frame& frame, const Theme& theme) {
        if (points.empty())
            return;
        QPainterPath path = pathThrough(points, frame);
        path.lineTo(frame.at(points.back().x(), frame.y.low));
        path.lineTo(frame.at(points.front().x(), frame.y.low));
        QColor fill = theme.colour(hue);
        fill.setAlphaF(static_cast<float>(opacity));
        painter.fillPath(path, fill);
    };
}

Mark dots(std::vector<QPointF> points, SeriesStyle style, double opacity)
{
    return [=, points = std::move(points)](QPainter& painter, const Frame& frame, const Theme& theme) {
        const Saved saved(painter);
        painter.setOpacity(opacity);
        for (const QPointF& point : points)
            if (std::isfinite(point.x()) && std::isfinite(point.y()))
                paintMarker(painter, frame.at(point), style, theme);
    };
}

Mark errorBars(std::vector<QPointF> points, std::vector<double> spreads, SeriesStyle style)
{
    return [=, points = std::move(points),
            spreads = std::move(spreads)](QPainter& painter, const Frame& frame, const Theme& theme) {
        painter.setPen(pen(theme, style.hue, 0.9));
        for (std::size_t k = 0; k < points.size(); ++k)
            if (spreads[k] > 0.0 && std::isfinite(points[k].y()))
                painter.drawLine(frame.at(points[k].x(), points[k].y() - spreads[k]),
                                 frame.at(points[k].x(), points[k].y() + spreads[k]));
    };
}

Mark boxMark(double x, double width, const Box& box, SeriesStyle style)
{
    return [=](QPainter& painter, const Frame& frame, const Theme& theme) {
        const double left = x - width / 2, right = x + width / 2;
        QColor fill = theme.colour(style.hue);
        fill.setAlphaF(0.2F);
        painter.setPen(pen(theme, style.hue, 1.2));
        painter.setBrush(fill);
        painter.drawLine(frame.at(x, box.lowWhisker), frame.at(x, box.lowQuartile));
        painter.drawLine(frame.at(x, box.highQuartile), frame.at(x, box.highWhisker));
        for (const double whisker : {box.lowWhisker, box.highWhisker})
            painter.drawLine(frame.at(x - width / 4, whisker), frame.at(x + width / 4, whisker));
        painter.drawRect(QRectF(frame.at(left, box.highQuartile), frame.at(right, box.lowQuartile)));
        painter.setPen(pen(theme, style.hue, 2.4));
        painter.drawLine(frame.at(left, box.median), frame.at(right, box.median));
    };
}

Mark levelLine(double y, double spread, SeriesStyle style)
{
    return crossLine(y, spread, style, false);
}

Mark uprightLine(double x, double spread, SeriesStyle style)
{
    return crossLine(x, spread, style, true);
}

Mark cells(QImage image)
{
    return [image = std::move(image)](QPainter& painter, const Frame& frame, const Theme&) {
        const QRectF area(frame.at(-0.5, -0.5), frame.at(image.width() - 0.5, image.height() - 0.5));
        paintPixels(painter, area.normalized(), image);
    };
}

Mark cellFrame(QPointF cell)
{
    return [=](QPainter& painter, const Frame& frame, const Theme& theme) {
        painter.setPen(QPen(Qt::white, 0.8 * theme.lineWidth()));
        painter.setBrush(Qt::NoBrush);
        const QPointF half(0.5, 0.5);
        painter.drawRect(QRectF(frame.at(cell - half), frame.at(cell + half)).normalized());
    };
}

double paintLegend(QPainter* painter, const QRectF& area, std::span<const LegendEntry> entries,
                   const Theme& theme)
{
    if (entries.empty() || !theme.legend)
        return 0.0;
    const QFontMetricsF metrics(theme.font);
    const double em = theme.textSize();
    const double line = 1.15 * metrics.height();
    double x = area.left();
    double y = area.top() + line / 2;
    for (const LegendEntry& entry : entries) {
        const double symbol = (entry.symbol == LegendEntry::Symbol::Line ? 2.2 : 1.0) * em;
        const double width = symbol + 0.5 * em + metrics.horizontalAdvance(entry.label);
        if (x > area.left() && x + width > area.right()) {
            x = area.left();
            y += line;
        }
        if (painter) {
            const QPointF middle(x + symbol / 2, y);
            const QRectF patch(x + 0.1 * em, y - 0.4 * em, 0.8 * em, 0.8 * em);
            switch (entry.symbol) {
            case LegendEntry::Symbol::Line:
                painter->setPen(pen(theme, entry.style.hue, 1.5, entry.style.line));
                painter->drawLine(QPointF(x, y), QPointF(x + symbol, y));
                break;
            case LegendEntry::Symbol::Dot:
                paintMarker(*painter, middle, entry.style, theme);
                break;
            case LegendEntry::Symbol::Patch:
                painter->fillRect(patch, theme.colour(entry.style.hue));
                break;
            case LegendEntry::Symbol::Hatched:
                paintHatched(*painter, patch, theme);
                break;
            }
            painter->setPen(theme.ink);
            paintText(*painter, {x + symbol + 0.5 * em, y}, Qt::AlignLeft | Qt::AlignVCenter, entry.label);
        }
        x += width + 1.3 * em;
    }
    return y + line / 2 + 0.4 * em - area.top();
}

void paintColourBar(QPainter& painter, const QRectF& bar, const ColourBar& content, const Theme& theme)
{
    const QFontMetricsF metrics(theme.font);
    const double em = theme.textSize();
    const double tick = tickLength(theme);
    QImage ramp(1, 256, QImage::Format_RGB32);
    for (int k = 0; k < 256; ++k)
        ramp.setPixel(0, 255 - k, content.colours[static_cast<std::size_t>(k)]);
    paintPixels(painter, bar, ramp);
    painter.setPen(pen(theme, Hue::Ink));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar);
    const std::vector<Tick> ticks = verticalTicks(content.axis, bar.height(), metrics);
    for (const Tick& mark : ticks) {
        const QPointF at(bar.right(), bar.bottom() - content.axis.fraction(mark.value) * bar.height());
        painter.drawLine(at, at + QPointF(tick, 0));
        paintText(painter, at + QPointF(tick + 0.4 * em, 0), Qt::AlignLeft | Qt::AlignVCenter, mark.label);
    }
    paintText(painter, {bar.right() + tick + 0.8 * em + widest(ticks, metrics), bar.center().y()},
              Qt::AlignHCenter | Qt::AlignTop, content.axis.title, -90.0);
}

void Plot::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const Saved saved(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.font);
    const Layout layout = layOut(*this, area, theme);
    const QRectF& data = layout.frame.area;
    if (data.width() < 2 * theme.textSize() || data.height() < 2 * theme.textSize())
        return; // a window in the middle of being laid out
    if (!colourBar)
        paintGrid(painter, layout, theme);
    for (const Mark& mark : marks)
        mark(painter, layout.frame, theme);
    paintAxes(painter, layout, theme);
    paintLegend(&painter, layout.legend, legend, theme);
    if (colourBar) {
        const double em = theme.textSize();
        paintColourBar(painter, {data.right() + em, data.top(), 1.2 * em, data.height()}, *colourBar, theme);
    }
}

Frame Plot::frame(const QRectF& area, const Theme& theme) const
{
    return layOut(*this, area, theme).frame;
}

std::vector<Spot> Plot::spots(const QRectF& area, const Theme& theme) const
{
    const Frame frame = layOut(*this, area, theme).frame;
    const double size = markerSize(theme);
    std::vector<Spot> spots;
    spots.reserve(data.size());
    for (const Datum& datum : data) {
        const QPointF at = frame.at(datum.at);
        if (!std::isfinite(at.x()) || !std::isfinite(at.y()))
            continue;
        if (datum.extent.isEmpty()) {
            spots.push_back({QRectF(at.x() - size / 2, at.y() - size / 2, size, size), datum.item, datum.tip,
                             Spot::Shape::Dot});
        } else {
            const QPointF half(datum.extent.width() / 2, datum.extent.height() / 2);
            const QRectF cell(frame.at(datum.at - half), frame.at(datum.at + half));
            spots.push_back({cell.normalized(), datum.item, datum.tip, Spot::Shape::Cell});
        }
    }
    return spots;
}

std::vector<QRectF> Panels::areas(const QRectF& area, const Theme& theme) const
{
    const double top = paintLegend(nullptr, area, legend, theme);
    const double gap = theme.textSize();
    const double count = static_cast<double>(plots.size());
    const double width = (area.width() - (count - 1) * gap) / count;
    std::vector<QRectF> areas;
    for (std::size_t k = 0; k < plots.size(); ++k)
        areas.emplace_back(area.left() + static_cast<double>(k) * (width + gap), area.top() + top, width,
                           area.height() - top);
    return areas;
}

void Panels::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const Saved saved(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.font);
    paintLegend(&painter, area, legend, theme);
    const std::vector<QRectF> places = areas(area, theme);
    for (std::size_t k = 0; k < plots.size(); ++k)
        plots[k]->paint(painter, places[k], theme);
}

std::vector<Spot> Panels::spots(const QRectF& area, const Theme& theme) const
{
    std::vector<Spot> all;
    const std::vector<QRectF> places = areas(area, theme);
    for (std::size_t k = 0; k < plots.size(); ++k) {
        const std::vector<Spot> some = plots[k]->spots(places[k], theme);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

} // namespace faultline
