#pragma once

#include <filesystem>
#include <string>

#include "study/runner.h"

namespace faultline
{

/// study.json: plan, wafer, errors and seconds of a study. Form: "study.json" in ARCHITECTURE.md.
std::string studyJson(const StudyPlan& plan, const Wafer& wafer, const StudyResult& result);

/// dies.csv: one row per die with its defect counts and its error in every mode.
std::string diesCsv(const StudyPlan& plan, const Wafer& wafer, const std::vector<Run>& runs);

/// Writes a text file as a whole or not at all (a temporary file beside it, then a rename). Throws Error.
void writeTextFile(const std::filesystem::path& file, const std::string& text);

} // namespace faultline
