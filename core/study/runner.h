#pragma once

#include <functional>
#include <stop_token>

#include "study/study.h"

namespace faultline
{

/// What the runner tells while it works, from its worker threads and under its own lock: calls never overlap.
struct RunUpdate {
    enum class State { Started, Epoch, Finished };
    State state = State::Started;
    int run = 0;                 ///< index into runsOf(plan)
    int runs = 0;                ///< how many there are
    EpochRecord epoch;           ///< valid for Epoch and Finished
    const Run* result = nullptr; ///< valid for Finished, during the call
    double fraction = 0.0;       ///< of the whole study's epochs, 0 to 1
    double secondsLeft = 0.0;    ///< estimate; negative while unknown
};
using RunObserver = std::function<void(const RunUpdate&)>;

struct StudyResult {
    DefectStatistics statistics; ///< fitted to the plan's dies; what statistics-aware training drew from
    std::vector<Run> runs;       ///< the finished ones, in the order of runsOf()
    bool complete = false;       ///< false when stopped
    double trainSeconds = 0.0, evaluateSeconds = 0.0; ///< summed over the runs
};

/// Runs a plan on `threads` worker threads (0: one per core). Every network is evaluated on every die of the
/// plan. The result is the same for any number of threads. When stopped, returns the finished runs within 100
/// ms. `statistics`: what statistics-aware training draws from; fitted to the plan's dies when absent.
StudyResult runStudy(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data, int threads,
                     const std::stop_token& stop = {}, const RunObserver& observer = {},
                     const std::optional<DefectStatistics>& statistics = {});

} // namespace faultline
