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

/// A study without its wafer, in a file of its own: what a journal keeps of each run. As above, but not read
/// back.
void saveStudyPart(const Study& part, const std::filesystem::path& file);
Study loadStudyPart(const std::filesystem::path& file); ///< throws Error

} // namespace faultline
