#pragma once

#include <span>
#include <string>

#include "study/runner.h"

namespace faultline
{

/// study.json: plan, wafer, errors and seconds of a study. Form: "study.json" in ARCHITECTURE.md. Errors are
/// percent of the test images; equal numbers give equal text, and what is not known is null.
std::string studyJson(const StudyPlan& plan, const Wafer& wafer, const StudyResult& result);

/// dies.csv (RFC 4180): one row per die of the plan, or group of dies under the position of its first, with
/// its defect counts and its error in every mode, percent, mean and standard deviation over the repeats. What
/// is not known is empty.
std::string diesCsv(const StudyPlan& plan, const Wafer& wafer, const std::vector<Run>& runs);

/// The highest of the numbers that are known, as for the worst die of a mode; NaN when none is.
double worst(std::span<const double> errors);

} // namespace faultline
