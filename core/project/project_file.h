#pragma once

#include <filesystem>

#include "project/project.h"

namespace faultline
{

/// Saves a project as one HDF5 file; its schema is in core/project/SCHEMA.md. Written beside the target,
/// closed, read back, synced and renamed, so that an old file stays whole when anything fails. Throws Error.
void saveProject(const Project& project, const std::filesystem::path& file);

/// Throws Error for a file that is missing, truncated, not a project, of a newer version, or with a dataset
/// of the wrong shape; names the file and the place in it.
Project loadProject(const std::filesystem::path& file);

} // namespace faultline
