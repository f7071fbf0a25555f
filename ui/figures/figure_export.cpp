#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include "common/error.h"
#include "common/files.h"
#include "figures/study_figures.h"

namespace faultline
{

namespace
{

constexpr double pointsPerMillimetre = 72.0 / 25.4;

/// Draws in points, whatever the device's own unit.
void paintOnPaper(const Figure& figure, QPaintDevice& device, const QSizeF& millimetres, double unitsPerPoint)
{
    const Theme theme = paperTheme();
    const QRectF page(QPointF(), millimetres * pointsPerMillimetre);
    const double margin = 0.3 * theme.textSize();
    QPainter painter(&device);
    painter.setFont(theme.font);
    painter.scale(unitsPerPoint, unitsPerPoint);
    painter.fillRect(page, theme.background);
    figure.paint(painter, page.adjusted(margin, margin, -margin, -margin), theme);
}

void writePng(const Figure& figure, const QSizeF& millimetres, QIODevice& out)
{
    constexpr double dpi = 300.0;
    QImage image((millimetres / 25.4 * dpi).toSize(), QImage::Format_RGB32);
    image.setDotsPerMeterX(qRound(dpi / 0.0254));
    image.setDotsPerMeterY(qRound(dpi / 0.0254));
    image.fill(Qt::white); // the last row of pixels may lie beyond the page's exact size
    paintOnPaper(figure, image, millimetres, dpi / 72.0);
    image.save(&out, "PNG");
}

void writeSvg(const Figure& figure, const QSizeF& millimetres, const std::string& title, QIODevice& out)
{
    constexpr int unitsPerMillimetre = 100; // the generator's size is whole numbers
    QSvgGenerator generator;
    generator.setOutputDevice(&out);
    generator.setTitle(QString::fromStdString(title));
    generator.setDescription("Drawn by Faultline");
    generator.setResolution(qRound(25.4 * unitsPerMillimetre));
    generator.setSize((millimetres * unitsPerMillimetre).toSize());
    generator.setViewBox(QRectF(QPointF(), millimetres * pointsPerMillimetre));
    paintOnPaper(figure, generator, millimetres, 1.0);
}

/// The page is a whole number of points: within 0.2 mm of what is asked.
void writePdf(const Figure& figure, const QSizeF& millimetres, const std::string& title, QIODevice& out)
{
    constexpr int dpi = 1200;
    QPdfWriter writer(&out);
    writer.setTitle(QString::fromStdString(title));
    writer.setCreator("Faultline");
    writer.setResolution(dpi);
    writer.setPageSize(QPageSize(millimetres, QPageSize::Millimeter, {}, QPageSize::ExactMatch));
    writer.setPageMargins({});
    paintOnPaper(figure, writer, millimetres, dpi / 72.0);
}

std::string_view suffix(FigureFormat format)
{
    switch (format) {
    case FigureFormat::Svg:
        return ".svg";
    case FigureFormat::Pdf:
        return ".pdf";
    case FigureFormat::Png:
        break;
    }
    return ".png";
}

} // namespace

void exportFigure(const Figure& figure, const QSizeF& millimetres, const std::string& title,
                  FigureFormat format, const std::filesystem::path& file)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    switch (format) {
    case FigureFormat::Svg:
        writeSvg(figure, millimetres, title, buffer);
        break;
    case FigureFormat::Pdf:
        writePdf(figure, millimetres, title, buffer);
        break;
    case FigureFormat::Png:
        writePng(figure, millimetres, buffer);
        break;
    }
    writeFileAtomically(file, {bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

void exportFigures(const Project& project, const std::filesystem::path& folder,
                   std::span<const FigureFormat> formats)
{
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure)
        throw Error("Cannot make the folder " + folder.string() + ": " + failure.message() + ".");
    for (const NamedFigure& named : studyFigures(project)) {
        const std::filesystem::path stem = folder / named.name;
        for (const FigureFormat format : formats)
            exportFigure(*named.figure, named.millimetres, named.title, format,
                         stem.string() + std::string(suffix(format)));
        writeFileAtomically(stem.string() + ".csv", csv(named.figure->numbers()));
    }
}

} // namespace faultline
