#pragma once

#include "study/study.h"

namespace faultline
{

/// The plan of an honest test of statistics-aware training: its statistics are fitted to some of the plan's
/// dies, and the networks are judged on the others alone, which neither statistics nor training has seen.
/// `evaluated`: how many dies those are, drawn by the seed. Throws Error unless at least one die is left on
/// either side.
StudyPlan holdOut(StudyPlan plan, const Wafer& wafer, int evaluated, std::uint64_t seed);

} // namespace faultline
