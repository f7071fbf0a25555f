#pragma once

#include <filesystem>

#include "common/lock_file.h"

namespace faultline::cli
{

/// The lock of a project that a command is about to write. Throws Error when somebody else has it.
LockFile lockToWrite(const std::filesystem::path& project);

/// Throws Error when a project is there, which a new one would replace; `force` lets it.
void expectNewProject(const std::filesystem::path& project, bool force);

} // namespace faultline::cli
