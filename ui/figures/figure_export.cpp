#include "figures/figure_export.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include "common/error.h"
#include "figures/plot.h"

namespace faultline
{

namespace
{

constexpr double pointsPerMillimetre = 72.0 / 25.4;

void require(bool holds, const char* words)
{
    if (!holds)
        throw Error(words);
}

void writeSvg(const Figure& figure, const FigureStyle& style, QIODevice& out)
{
    constexpr int unitsPerMillimetre = 100; // the generator's size is whole numbers
    const QSizeF size = pageSize(figure, style);
    QSvgGenerator generator;
    generator.setOutputDevice(&out);
    generator.setTitle(figure.title);
    generator.setDescription("Drawn by Faultline");
    generator.setResolution(qRound(25.4 * unitsPerMillimetre));
    generator.setSize((size * unitsPerMillimetre).toSize());
    generator.setViewBox(QRectF(QPointF(), size * pointsPerMillimetre));
    QPainter painter(&generator);
    paintPage(painter, pointsPerMillimetre, figure, style);
}

/// Qt lays pages out in whole points. So the page is drawn from the lower left corner of a slightly larger
/// one, and its MediaBox, which Qt writes with six decimals, is cut to the exact size in place.
QByteArray exactPdf(const Figure& figure, const FigureStyle& style)
{
    constexpr int dpi = 1200;
    const QSizeF points = pageSize(figure, style) * pointsPerMillimetre;
    const QSizeF whole(std::ceil(points.width()), std::ceil(points.height()));
    QByteArray bytes;
    {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        QPdfWriter writer(&buffer);
        writer.setTitle(figure.title);
        writer.setCreator("Faultline");
        writer.setResolution(dpi);
        writer.setPageSize(QPageSize(whole, QPageSize::Point, {}, QPageSize::ExactMatch));
        writer.setPageMargins({});
        QPainter painter(&writer);
        painter.translate(0, (whole.height() - points.height()) * dpi / 72.0);
        paintPage(painter, dpi / 25.4, figure, style);
    }
    const auto box = [](const QSizeF& size) {
        return "/MediaBox [0 0 " + QByteArray::number(size.width(), 'f') + ' ' +
               QByteArray::number(size.height(), 'f') + ']';
    };
    return bytes.replace(box(whole), box(points));
}

} // namespace

QSizeF pageSize(const Figure& figure, const FigureStyle& style)
{
    const double width = style.width > 0.0 ? style.width : figure.millimetres.width();
    const double proportion = figure.millimetres.height() / figure.millimetres.width();
    return {width, style.height > 0.0 ? style.height : width * proportion};
}

void paintPage(QPainter& painter, double unitsPerMillimetre, const Figure& figure, const FigureStyle& style)
{
    Theme theme = style.light ? paperTheme(style.points) : slideTheme(style.points);
    theme.legend = style.legend;
    // Fonts have whole sizes in the painter's units: the unit makes up for the difference.
    const double unitsPerPoint = unitsPerMillimetre / pointsPerMillimetre * style.points / theme.textSize();
    const QSizeF millimetres = pageSize(figure, style);
    const QRectF page(QPointF(), millimetres * unitsPerMillimetre / unitsPerPoint);
    const double margin = 0.3 * theme.textSize();
    QRectF area = page.adjusted(margin, margin, -margin, -margin);

    painter.save();
    painter.scale(unitsPerPoint, unitsPerPoint);
    painter.fillRect(page, theme.background);
    if (style.title) {
        QFont bold = theme.font;
        bold.setBold(true);
        painter.setFont(bold);
        painter.setPen(theme.ink);
        paintText(painter, {area.center().x(), area.top()}, Qt::AlignHCenter | Qt::AlignTop, figure.title);
        area.setTop(area.top() + 1.3 * QFontMetricsF(bold).height());
    }
    painter.setFont(theme.font);
    figure.paint(painter, area, theme);
    painter.restore();
}

QImage pageImage(const Figure& figure, const FigureStyle& style)
{
    const double pixelsPerMillimetre = style.dpi / 25.4;
    const QSizeF pixels = pageSize(figure, style) * pixelsPerMillimetre;
    constexpr double most = 2e8;
    require(pixels.width() * pixels.height() <= most,
            "This figure would have more than 200 million pixels: choose a smaller size or fewer dots per "
            "inch.");
    QImage image(pixels.toSize(), QImage::Format_RGB32);
    image.setDotsPerMeterX(qRound(1000.0 * pixelsPerMillimetre));
    image.setDotsPerMeterY(qRound(1000.0 * pixelsPerMillimetre));
    // The last row of pixels may lie beyond the page's exact size.
    image.fill((style.light ? paperTheme() : slideTheme(style.points)).background);
    QPainter painter(&image);
    paintPage(painter, pixelsPerMillimetre, figure, style);
    return image;
}

QByteArray fileContents(const Figure& figure, const FigureStyle& style, FigureFormat format)
{
    style.validate();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    switch (format) {
    case FigureFormat::Svg:
        writeSvg(figure, style, buffer);
        break;
    case FigureFormat::Pdf:
        return exactPdf(figure, style);
    case FigureFormat::Png:
        require(pageImage(figure, style).save(&buffer, "PNG"), "There is no memory for this figure as PNG.");
        break;
    case FigureFormat::Csv:
        return QByteArray::fromStdString(csv(figure.numbers()));
    }
    return bytes;
}

std::vector<OutputFile> exportFigure(const std::shared_ptr<const Figure>& figure, const FigureStyle& style,
                                     std::span<const FigureFormat> formats, const std::filesystem::path& stem)
{
    std::vector<OutputFile> files;
    for (const FigureFormat format : formats)
        files.push_back({stem.string() + '.' + std::string(name(format)), [figure, style, format] {
                             return fileContents(*figure, style, format).toStdString();
                         }});
    return files;
}

std::vector<OutputFile> exportFigures(std::span<const std::shared_ptr<const Figure>> figures,
                                      const FigureStyle& style, std::span<const FigureFormat> formats,
                                      const std::filesystem::path& folder)
{
    std::vector<OutputFile> files;
    for (const auto& figure : figures)
        std::ranges::move(exportFigure(figure, style, formats, folder / figure->name),
                          std::back_inserter(files));
    return files;
}

} // namespace faultline
