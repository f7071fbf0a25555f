#pragma once

#include <filesystem>
#include <string>

#include "project/project.h"

// The folder of a study has study.faultline and, made from it, study.json, dies.csv and figures/. Beside a
// study.faultline these are taken for its own: a study that goes on writes them again, and where another one
// takes its place they are kept with it.
namespace faultline::cli
{

/// Throws Error when a study's results would replace files that are of no study here; `force` lets them.
void expectOwnResults(const std::filesystem::path& folder, bool force);

/// Keeps a project that is of another study under another name beside its file, and what was made from it
/// likewise; says so after the words `what`. Throws Error.
void keepAside(const Project& other, const std::filesystem::path& file, const std::string& what);

} // namespace faultline::cli
