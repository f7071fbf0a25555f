#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbar/circuit_options.h"
#include "learning/trainer.h"
#include "wafer/defect_statistics.h"

namespace faultline
{

enum class TrainingMode { Standard, HardwareAware, StatisticsAware };
inline constexpr std::array allModes{TrainingMode::Standard, TrainingMode::HardwareAware,
                                     TrainingMode::StatisticsAware};

/// "standard", "hardware-aware", "statistics-aware".
std::string_view name(TrainingMode mode);
TrainingMode modeFromName(std::string_view name); ///< throws Error

/// The pixels of an image of that side, and so the inputs of a network for it. Throws Error for a side that
/// no layer has room for.
int pixelsOf(int side);

/// What to train and on which dies: networks x modes x dies x repeats. A network that does not fit on one die
/// takes a group of them, which then stands wherever a die does.
struct StudyPlan {
    NetworkShape network;
    int side = 14; ///< images are averaged down to side x side pixels; network.layers[0] is side * side
    Spare spare = Spare::Copies; ///< what the cells do that the network leaves over
    std::vector<TrainingMode> modes{allModes.begin(), allModes.end()};
    std::vector<int> dies; ///< Die::id; empty means all that are included
    int repeats = 3;       ///< networks per mode; hardware-aware training has one network per die
    std::uint64_t seed = 1;
    TrainingOptions training; ///< standard and hardware-aware
    TrainingOptions statisticsAware = TrainingOptions::statisticsAware();
    /// What statistics-aware training draws from; fitted to the plan's dies when absent.
    std::optional<DefectStatistics> statistics;
    /// Die::id of what the statistics were fitted to, if they were kept apart from the dies to judge on
    /// (holdOut()). Decides no numbers: plans that differ in nothing else are equal.
    std::vector<int> fittedDies;
    /// What dies are read through, by hardware-aware and statistics-aware training, whose perfect dies are
    /// read through it too, and when networks are evaluated; ideal when absent.
    std::optional<CircuitOptions> circuit;

    /// The plan's dies that are on the wafer, as indices into Wafer::dies.
    std::vector<int> diesOn(const Wafer& wafer) const;
    /// Of a plan that holds dies out, the ids of its dies that the statistics were not fitted to.
    std::vector<int> heldOut(const Wafer& wafer) const;
    /// What the networks are written to: each of the plan's dies, or as many in succession as a network
    /// takes. Without a group that has lost a die, and without the dies that are left over at the end.
    std::vector<DieGroup> groupsOn(const Wafer& wafer) const;
    /// Whatever a network of this plan can be written to: every single die of the wafer, or the plan's
    /// groups.
    std::vector<DieGroup> placesOn(const Wafer& wafer) const;
    /// The dies at the end that are too few for a group.
    std::vector<const Die*> leftOver(const Wafer& wafer) const;
    /// The id by which results name what a die is part of: its own, or that of the first die of its group.
    /// Nothing when the die is in no group. Says so of dies that have left the wafer too.
    std::optional<int> groupOf(int die, const Wafer& wafer) const;
    /// The same plan with its dies by id, those that are included unless it names some: what a study keeps,
    /// since groups must stay as they are while dies are added and excluded.
    StudyPlan pinned(const Wafer& wafer) const;
    /// Whether the other has the same runs on the same dies, whichever of the two is pinned.
    bool isSameOn(const Wafer& wafer, const StudyPlan& other) const
    {
        return pinned(wafer) == other.pinned(wafer);
    }
    /// Throws Error that says in the user's words what is wrong, with the plan on any wafer and on this one;
    /// OptionError with the place in JSON of an option of training or of the circuit.
    void validate() const;
    void validate(const Wafer& wafer) const;
    bool operator==(const StudyPlan& other) const; ///< whether both give the same results
    /// Whether the origin of the statistics is the same, too.
    bool isIdentical(const StudyPlan& other) const
    {
        return *this == other && fittedDies == other.fittedDies;
    }
};

/// The ids of dies by their names and ranges of them, "D01" or "D01..D09". Throws Error for a name that is
/// not on the wafer.
std::vector<int> diesNamed(const Wafer& wafer, const std::vector<std::string>& names);
/// The names of dies by their ids, without those that have left the wafer.
std::vector<std::string> namesOfDies(const Wafer& wafer, const std::vector<int>& ids);

/// All that decides one training run, besides the wafer, the statistics and the images.
struct RunSettings {
    TrainingMode mode = TrainingMode::Standard;
    int die = -1;                 ///< Die::id of the die trained on (hardware-aware); -1 otherwise
    std::vector<int> furtherDies; ///< the ids of the others when it is a group of dies
    int repeat = 0;               ///< 0, 1, ... of the same mode
    NetworkShape network;
    int side = 14;
    Spare spare = Spare::Copies;
    TrainingOptions training;
    std::uint64_t seed = 1;
    std::optional<CircuitOptions> circuit; ///< as the plan's

    /// "standard 1", "hardware-aware D07", "hardware-aware D01+D02".
    std::string name(const Wafer& wafer) const;
    std::vector<int> diesTrainedOn() const; ///< hardware-aware: their ids
    /// Keys the run's random streams. Made of mode, die and repeat, so that a run gives the same network in
    /// every study that it is part of.
    std::uint32_t stream() const;
    void validate() const; ///< throws Error
    bool operator==(const RunSettings&) const = default;
};

/// One point of a run's curve.
struct EpochRecord {
    EpochSummary summary;
    /// Percent of the test images: on the die trained on, or for statistics-aware training the mean over a
    /// few dies drawn from the statistics, the same ones after every epoch.
    double testError = 0.0;
};

/// A training run and what became of it on the dies.
struct Run {
    RunSettings settings;
    std::vector<EpochRecord> curve;
    Network network;
    double perfectDieError = 0.0;    ///< percent of the test images on a perfect die, without a circuit
    std::map<int, double> dieErrors; ///< percent, by Die::id or DieGroup::id, where evaluated
    double trainSeconds = 0.0, evaluateSeconds = 0.0;

    double errorOn(std::optional<int> group) const; ///< percent, by id; NaN where not evaluated
    /// The mean of its errors on dies, percent: on its own die alone when hardware-aware.
    double meanDieError() const;
};

/// The runs of a plan in their fixed order: repeats of standard, one hardware-aware per die, repeats of
/// statistics-aware.
std::vector<RunSettings> runsOf(const StudyPlan& plan, const Wafer& wafer);

/// Errors of one mode over the plan's dies or groups of dies, percent; each value a mean over repeats with
/// their standard deviation.
struct ModeErrors {
    TrainingMode mode;
    std::vector<double> dieMean; ///< one per entry of StudySummary::dies; hardware-aware: each on its own
    std::vector<double> dieSpread;
    /// Hardware-aware only: mean error of the other dies' networks on each die, the price of specialising.
    std::vector<double> otherDies;
};

/// The study's result in numbers: what charts, study.json and dies.csv show.
struct StudySummary {
    std::vector<DieGroup> dies;          ///< single dies, unless a network takes several
    std::optional<double> baselineError; ///< mean of the standard networks on a perfect die, percent
    double baselineSpread = 0.0;         ///< standard deviation over the repeats
    std::vector<ModeErrors> modes;       ///< only modes with finished runs
};
/// Errors on dies that have left the wafer are left out.
StudySummary summarise(const StudyPlan& plan, const Wafer& wafer, const std::vector<Run>& runs);

} // namespace faultline
