#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <QByteArray>
#include <QImage>

#include "common/files.h"
#include "figures/figure.h"
#include "project/figure_style.h"

namespace faultline
{

/// The page that a style asks for, millimetres.
QSizeF pageSize(const Figure& figure, const FigureStyle& style);

/// Draws the whole page from the painter's origin on: background, title and figure.
void paintPage(QPainter& painter, double unitsPerMillimetre, const Figure& figure, const FigureStyle& style);

/// The page in pixels of style.dpi. Throws Error when they do not fit in memory.
QImage pageImage(const Figure& figure, const FigureStyle& style);

/// The contents of a figure's file; text stays text in SVG and PDF. Throws Error.
QByteArray fileContents(const Figure& figure, const FigureStyle& style, FigureFormat format);

/// The files of a figure in each format, STEM.svg, ...; writeFiles() draws and writes them.
[[nodiscard]] std::vector<OutputFile> exportFigure(const std::shared_ptr<const Figure>& figure,
                                                   const FigureStyle& style,
                                                   std::span<const FigureFormat> formats,
                                                   const std::filesystem::path& stem);

/// Those of several figures, each as NAME.svg, ... in a folder.
[[nodiscard]] std::vector<OutputFile> exportFigures(std::span<const std::shared_ptr<const Figure>> figures,
                                                    const FigureStyle& style,
                                                    std::span<const FigureFormat> formats,
                                                    const std::filesystem::path& folder);

} // namespace faultline
