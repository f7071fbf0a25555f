#pragma once

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

#include "study/study.h"

namespace faultline
{

/// What a plan asks for, in JSON; without its dies and statistics, which belong to a wafer.
nlohmann::ordered_json planJson(const StudyPlan& plan);

/// A plan kept for later, as planJson() with the network's layers and the seed. Throws Error.
void writePlan(const StudyPlan& plan, const std::filesystem::path& file);
StudyPlan readPlan(const std::filesystem::path& file); ///< throws Error; for all dies of any wafer

} // namespace faultline
