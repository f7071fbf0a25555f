#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "project/figure_style.h"
#include "project/project.h"
#include "study/circuit_study.h"

/// The one place where the command line meets Qt.
namespace faultline::cli
{

/// Whether this program was built with Qt.
#ifdef FAULTLINE_FIGURES
inline constexpr bool drawsFigures = true;
#else
inline constexpr bool drawsFigures = false;
#endif

/// What figures leave as: the same for every command that draws some.
struct FigureOptions {
    std::vector<std::string> formats{"svg", "pdf", "png", "csv"};
    FigureStyle style;
};
void addFigureOptions(CLI::App& command, FigureOptions& options);

/// Draws all figures of a project into a folder, or of each of several studies into a folder of its own
/// there. Throws Error, also for files that exist already unless `force`, and always without Qt.
void drawFigures(const Project& project, const std::filesystem::path& folder, const FigureOptions& options,
                 bool force);

/// Draws the figure of a waterfall or of a sweep, under the names of figureFiles(). Throws Error.
void drawFigure(const Waterfall& waterfall, const std::filesystem::path& folder,
                const FigureOptions& options);
void drawFigure(const SweepPlan& plan, std::span<const SweepPoint> points,
                const std::filesystem::path& folder, const FigureOptions& options);

/// The files of a figure in a folder.
std::vector<std::filesystem::path> figureFiles(const std::string& name, const std::filesystem::path& folder,
                                               const FigureOptions& options);

} // namespace faultline::cli
