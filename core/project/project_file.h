#pragma once

#include <filesystem>
#include <string>

#include "project/project.h"

namespace faultline
{

/// Saves a project as one HDF5 file; its schema is in core/project/SCHEMA.md. Written beside the target,
/// closed, read back, synced and renamed, so that an old file stays whole when anything fails. Throws Error.
/// `journal` names the journal (Journal::id()) whose edits the project has.
void saveProject(const Project& project, const std::filesystem::path& file, const std::string& journal = "");

/// Throws Error for a file that is missing, truncated, not a project, of a newer version, or with a dataset
/// of the wrong shape; names the file and the place in it.
Project loadProject(const std::filesystem::path& file);

/// The journal whose edits a project file has; empty when it names none. Throws Error.
std::string journalIn(const std::filesystem::path& file);

/// A study without its wafer, in a file of its own: what a journal keeps of each run. As above, but not read
/// back.
void saveStudyPart(const Study& part, const std::filesystem::path& file);
Study loadStudyPart(const std::filesystem::path& file); ///< throws Error

} // namespace faultline
