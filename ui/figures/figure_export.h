#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <QByteArray>
#include <QImage>

#include "figures/figure.h"
#include "figures/figure_style.h"

namespace faultline
{

/// As a picture, or its numbers.
enum class FigureFormat { Svg, Pdf, Png, Csv };
inline constexpr std::array allFormats{FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Png,
                                       FigureFormat::Csv};

/// "svg", "pdf", "png", "csv": also the ending of the file's name.
std::string_view name(FigureFormat format);
FigureFormat formatFromName(std::string_view name); ///< throws Error

/// The page that a style asks for, millimetres.
QSizeF pageSize(const Figure& figure, const FigureStyle& style);

/// Draws the whole page from the painter's origin on: background, title and figure.
void paintPage(QPainter& painter, double unitsPerMillimetre, const Figure& figure, const FigureStyle& style);

/// The page in pixels of style.dpi. Throws Error when they do not fit in memory.
QImage pageImage(const Figure& figure, const FigureStyle& style);

/// The contents of a figure's file; text stays text in SVG and PDF. Throws Error.
QByteArray fileContents(const Figure& figure, const FigureStyle& style, FigureFormat format);

/// Writes a figure in each format as STEM.svg, ... Throws Error that names the file that cannot be written.
void exportFigure(const Figure& figure, const FigureStyle& style, std::span<const FigureFormat> formats,
                  const std::filesystem::path& stem);

/// Writes each figure in each format as NAME.svg, ... into a folder, which it makes if needed. Throws Error
/// that names the file that cannot be written.
void exportFigures(std::span<const std::shared_ptr<const Figure>> figures, const FigureStyle& style,
                   std::span<const FigureFormat> formats, const std::filesystem::path& folder);

} // namespace faultline
