#pragma once

#include <filesystem>

#include "project/project.h"

namespace faultline::cli
{

/// Writes study.json, dies.csv and, of a complete study, figures/ of a project's first study into a folder,
/// prints the summary and returns the exit code. Throws Error.
int report(const Project& project, const std::filesystem::path& folder);

} // namespace faultline::cli
