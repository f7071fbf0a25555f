#pragma once

#include <array>
#include <string_view>

#include "measurement/export.h"
#include "study/study.h"

namespace faultline
{

/// What goes from a project back to a tester or to other programs; see measurement/export.h for the files.
enum class Exported { Dies, Weights, Programming };
inline constexpr std::array allExported{Exported::Dies, Exported::Weights, Exported::Programming};
std::string_view name(Exported what); ///< "dies", "weights", "programming"

/// One of a study's runs with the plan, which says what dies it can be written to.
struct TrainedNetwork {
    StudyPlan plan;
    Run run;
};

/// The files of the wafer's dies, or of what a network's weights are worth on each of them (on each group of
/// them when it takes several), or of what to write into their junctions for it, as the tester counts them.
/// The wafer must outlive them. Throws Error for weights and programming without a network, and for the
/// programming of dies that were measured in several directions.
[[nodiscard]] std::vector<OutputFile> exportData(Exported what, const Wafer& wafer,
                                                 const TrainedNetwork* network,
                                                 const std::filesystem::path& folder, ArrayFormat format);

} // namespace faultline
