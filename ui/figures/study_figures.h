#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <QSizeF>

#include "figures/die_image.h"
#include "figures/figure.h"
#include "project/project.h"

namespace faultline
{

// The figures of a study. Each is null while there is no data for it. They copy what they need.

/// The dies at their places as small heat maps.
std::unique_ptr<WaferMap> waferMapFigure(const Wafer& wafer);
/// Populations at P and AP, and defects.
std::unique_ptr<Figure> conductanceFigure(std::span<const Die> dies);
/// Dots with error bars over the repeats, and the software baseline as a line.
std::unique_ptr<Figure> errorByDieFigure(const Project& project);
/// Box plots with the single dies beside them.
std::unique_ptr<Figure> errorByModeFigure(const Project& project);
/// Scatter of each die's error over its number of defects.
std::unique_ptr<Figure> errorByDefectsFigure(const Project& project);
/// Share of dies under an error limit.
std::unique_ptr<Figure> yieldFigure(const Project& project);
/// Loss and test error of every run.
std::unique_ptr<Figure> trainingCurvesFigure(const Project& project);
/// Heat map of dies x hardware-aware networks.
std::unique_ptr<Figure> generalityFigure(const Project& project);

enum class FigureFormat { Svg, Pdf, Png };

struct NamedFigure {
    std::string name;  ///< file stem
    std::string title; ///< for a person
    std::unique_ptr<Figure> figure;
    QSizeF millimetres; ///< widths of journal columns: 86 or 178
};

/// All figures that the project has data for. Needs a QGuiApplication (the offscreen platform will do).
std::vector<NamedFigure> studyFigures(const Project& project);

/// Writes each figure as NAME.svg, NAME.pdf and NAME.png (as asked) and its numbers as NAME.csv into a
/// folder, which it makes if needed. Throws Error that names the file that cannot be written.
void exportFigures(const Project& project, const std::filesystem::path& folder,
                   std::span<const FigureFormat> formats);

/// One figure on paper: light background, 7 pt text, which stays text in SVG and PDF; PNG has 300 dpi.
/// Throws Error.
void exportFigure(const Figure& figure, const QSizeF& millimetres, const std::string& title,
                  FigureFormat format, const std::filesystem::path& file);

} // namespace faultline
