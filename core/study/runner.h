#pragma once

#include <functional>
#include <stop_token>

#include "study/study.h"

namespace faultline
{

/// A run between two of its epochs.
struct RunCheckpoint {
    RunSettings settings;
    std::vector<EpochRecord> curve; ///< of the finished epochs
    TrainerState trainer;
    double trainSeconds = 0.0; ///< so far
};

/// What the runner tells while it works, from its worker threads and under its own lock: calls never overlap.
struct RunUpdate {
    enum class State { Started, Epoch, Finished };
    State state = State::Started;
    int run = 0;                               ///< index into runsOf(plan)
    int runs = 0;                              ///< how many there are
    EpochRecord epoch;                         ///< valid for Epoch and Finished
    const Run* result = nullptr;               ///< valid for Finished, during the call
    const RunCheckpoint* checkpoint = nullptr; ///< valid for Epoch, during the call
    double fraction = 0.0;                     ///< of the whole study's epochs, 0 to 1
    double secondsLeft = 0.0;                  ///< estimate; negative while unknown
};
using RunObserver = std::function<void(const RunUpdate&)>;

struct StudyResult {
    DefectStatistics statistics; ///< what statistics-aware training drew from
    /// Of the images of all its runs; nothing when not known, as in files of before they were kept.
    std::optional<ImageChecksums> images;
    std::vector<Run> runs;            ///< the finished ones, in the order of runsOf()
    std::vector<RunCheckpoint> begun; ///< those that were stopped, at the end of their last epoch
    bool complete = false;            ///< false when stopped
    double trainSeconds = 0.0, evaluateSeconds = 0.0; ///< summed over the runs
};

/// A plan and what has become of it so far.
struct Study {
    std::string name;
    StudyPlan plan;
    StudyResult result;
};

/// A part of a study that a machine of its own trains: every `count`-th run, from the `index`-th on.
struct Shard {
    int index = 1; ///< 1 to count
    int count = 1;
    bool contains(std::size_t run) const ///< index into runsOf()
    {
        return run % static_cast<std::size_t>(count) == static_cast<std::size_t>(index - 1);
    }
};

/// What all runs of a study have in common, before the first of them.
StudyResult beginning(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data);

/// Throws Error when a study is known (StudyResult::images) to have been made with other images.
void requireImages(const std::optional<ImageChecksums>& known, const DatasetPair& data);
void requireTestImages(const std::optional<ImageChecksums>& known, const Dataset& test);

/// Adds the runs of a result of the same plan that `result` has not, in the order of runsOf(). A finished run
/// replaces one that was begun, and a later epoch an earlier one. Throws Error for runs that are known to
/// have had other images.
void merge(StudyResult& result, const StudyResult& part, const StudyPlan& plan, const Wafer& wafer);

/// What statistics-aware training of a plan draws from: the plan's own statistics, or those fitted to its
/// dies.
DefectStatistics trainingStatistics(const StudyPlan& plan, const Wafer& wafer);

/// Runs a plan on `threads` worker threads (0: one per core). Every network is evaluated on every die of the
/// Runs a plan on `threads` worker threads (0: one per core). Every network is evaluated on every die of the
/// plan. The result is the same for any number of threads. When stopped, returns within 100 ms the finished
/// runs and the last epoch of those that were begun; `known` is such a result of the same plan, to go on from
/// as if it had never stopped: its finished runs are kept, the others trained from where they stood; or its
/// beginning(), which is then not sought again. Runs outside `shard` are not trained. Throws Error when
/// `known` is known to have had other images than `data`.
StudyResult runStudy(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data, int threads,
                     const std::stop_token& stop = {}, const RunObserver& observer = {},
                     const StudyResult& known = {}, const Shard& shard = {});

} // namespace faultline
