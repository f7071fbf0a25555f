#pragma once

#include <filesystem>
#include <vector>

#include <CLI/CLI.hpp>

namespace faultline::cli
{

/// Makes the folder and sees that it can be written to: before hours of work rather than after. Throws Error.
void prepareFolder(const std::filesystem::path& folder);

/// Throws Error that names those of the files that are there already; `force` lets them be replaced.
void expectNew(const std::vector<std::filesystem::path>& files, bool force);

/// The flag --force of a command that calls expectNew().
void addForce(CLI::App& command, bool& force);

} // namespace faultline::cli
