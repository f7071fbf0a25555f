#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/require.h"
#include "common/statistics.h"
#include "crossbar/cell_map.h"

namespace faultline
{
namespace
{

constexpr std::array<std::string_view, allModes.size()> modeNames{"standard", "hardware-aware",
                                                                  "statistics-aware"};

/// Mean and standard deviation of one number of each run of a mode.
template <class Value>
std::pair<double, double> overRuns(const std::vector<const Run*>& runs, const Value& value)
{
    std::vector<double> values;
    for (const Run* run : runs)
        values.push_back(value(*run));
    return {mean(values), standardDeviation(values)};
}

ModeErrors modeErrors(TrainingMode mode, const std::vector<int>& dies, const std::vector<const Run*>& runs)
{
    ModeErrors errors{mode, {}, {}, {}};
    for (const int die : dies) {
        const auto onThisDie = [die](const Run& run) { return run.dieErrors[static_cast<std::size_t>(die)]; };
        std::vector<const Run*> own = runs;
        if (mode == TrainingMode::HardwareAware) {
            const auto trainedHere = [die](const Run* run) { return run->settings.die == die; };
            const auto others = std::stable_partition(own.begin(), own.end(), trainedHere);
            errors.otherDies.push_back(overRuns({others, own.end()}, onThisDie).first);
            own.erase(others, own.end());
        }
        const auto [dieMean, dieSpread] = overRuns(own, onThisDie);
        errors.dieMean.push_back(dieMean);
        errors.dieSpread.push_back(dieSpread);
    }
    return errors;
}

} // namespace

std::string_view name(TrainingMode mode)
{
    return modeNames[static_cast<std::size_t>(mode)];
}

TrainingMode modeFromName(std::string_view text)
{
    for (const TrainingMode mode : allModes)
        if (name(mode) == text)
            return mode;
    throw Error("There is no training mode \"" + std::string(text) +
                "\"; choose standard, hardware-aware or statistics-aware.");
}

void StudyPlan::validate(const Wafer& wafer) const
{
    network.validate();
    training.validate();
    statisticsAware.validate();
    if (modes.empty())
        throw Error("Choose at least one training mode.");
    require(repeats >= 1 && repeats <= 1000, "The number of repeats", repeats, "1 to 1000");
    if (network.layers.front() != side * side)
        throw Error("The network has " + std::to_string(network.layers.front()) + " inputs, but images of " +
                    std::to_string(side) + " x " + std::to_string(side) + " pixels need " +
                    std::to_string(side * side) + ".");
    if (network.layers.back() != classCount)
        throw Error("The network has " + std::to_string(network.layers.back()) + " outputs, but there are " +
                    std::to_string(classCount) + " classes.");
    if (wafer.dies.empty())
        throw Error("The wafer has no dies.");
    for (const int die : dies)
        if (die < 0 || die >= static_cast<int>(wafer.dies.size()))
            throw Error("There is no die number " + std::to_string(die + 1) + "; the wafer has " +
                        std::to_string(wafer.dies.size()) + ".");
    static_cast<void>(CellMap(network.layers, wafer.geometry, spare)); // throws when the network does not fit
}

std::vector<int> StudyPlan::diesOn(const Wafer& wafer) const
{
    std::vector<int> chosen = dies;
    if (chosen.empty())
        for (int die = 0; die < static_cast<int>(wafer.dies.size()); ++die)
            chosen.push_back(die);
    return chosen;
}

std::string RunSettings::name(const Wafer& wafer) const
{
    const std::string what = mode == TrainingMode::HardwareAware
                                 ? wafer.dies[static_cast<std::size_t>(die)].name
                                 : std::to_string(repeat + 1);
    return std::string(faultline::name(mode)) + " " + what;
}

std::uint32_t RunSettings::stream() const
{
    return static_cast<std::uint32_t>(mode) << 28 | static_cast<std::uint32_t>(die + 1) << 10 |
           static_cast<std::uint32_t>(repeat);
}

std::vector<RunSettings> runsOf(const StudyPlan& plan, const Wafer& wafer)
{
    std::vector<RunSettings> runs;
    for (const TrainingMode mode : allModes) {
        if (std::ranges::find(plan.modes, mode) == plan.modes.end())
            continue;
        RunSettings settings;
        settings.mode = mode;
        settings.network = plan.network;
        settings.side = plan.side;
        settings.spare = plan.spare;
        settings.training = mode == TrainingMode::StatisticsAware ? plan.statisticsAware : plan.training;
        settings.seed = plan.seed;
        if (mode == TrainingMode::HardwareAware) {
            for (const int die : plan.diesOn(wafer)) {
                settings.die = die;
                runs.push_back(settings);
            }
        } else {
            for (int repeat = 0; repeat < plan.repeats; ++repeat) {
                settings.repeat = repeat;
                runs.push_back(settings);
            }
        }
    }
    return runs;
}

StudySummary summarise(const StudyPlan& plan, const Wafer& wafer, const std::vector<Run>& runs)
{
    StudySummary summary;
    summary.dies = plan.diesOn(wafer);
    for (const TrainingMode mode : allModes) {
        std::vector<const Run*> ofMode;
        for (const Run& run : runs)
            if (run.settings.mode == mode)
                ofMode.push_back(&run);
        if (ofMode.empty())
            continue;
        if (mode == TrainingMode::Standard) {
            const auto [baseline, spread] =
                overRuns(ofMode, [](const Run& run) { return run.perfectDieError; });
            summary.baselineError = baseline;
            summary.baselineSpread = spread;
        }
        summary.modes.push_back(modeErrors(mode, summary.dies, ofMode));
    }
    return summary;
}

} // namespace faultline
