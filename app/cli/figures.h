#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "figures/figure_style.h"
#include "project/project.h"

/// The one place where the command line meets Qt.
namespace faultline::cli
{

/// Whether this program was built with Qt.
#ifdef FAULTLINE_FIGURES
inline constexpr bool drawsFigures = true;
#else
inline constexpr bool drawsFigures = false;
#endif

/// Draws all figures of a project into a folder, or of each of several studies into a folder of its own
/// there. Formats: "svg", "pdf", "png", "csv". Throws Error, always so without Qt.
void drawFigures(const Project& project, const std::filesystem::path& folder,
                 std::span<const std::string> formats, const FigureStyle& style);

} // namespace faultline::cli
