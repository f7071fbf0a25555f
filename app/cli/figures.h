#pragma once

#include <filesystem>
#include <span>
#include <string>

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

/// Draws all figures of a project into a folder. Formats: "svg", "pdf", "png". Throws Error, always so
/// without Qt.
void drawFigures(const Project& project, const std::filesystem::path& folder,
                 std::span<const std::string> formats);

} // namespace faultline::cli
