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

ModeErrors modeErrors(TrainingMode mode, const Wafer& wafer, const std::vector<int>& dies,
                      const std::vector<const Run*>& runs)
{
    ModeErrors errors{mode, {}, {}, {}};
    for (const int index : dies) {
        const Die& die = wafer.dies[static_cast<std::size_t>(index)];
        const auto onThisDie = [&die](const Run& run) { return run.errorOn(die); };
        std::vector<const Run*> own = runs;
        if (mode == TrainingMode::HardwareAware) {
            const auto trainedHere = [&die](const Run* run) { return run->settings.die == die.id; };
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

/// The index of a die in the wafer's list by its name.
int dieNamed(const Wafer& wafer, const std::string& name)
{
    const auto found = std::ranges::find(wafer.dies, name, &Die::name);
    if (found != wafer.dies.end())
        return static_cast<int>(found - wafer.dies.begin());
    std::string names;
    for (const Die& die : wafer.dies)
        names += (names.empty() ? "" : ", ") + die.name;
    throw Error("There is no die \"" + name + "\"; the wafer has " + (names.empty() ? "none" : names) + ".");
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
    wafer.validate();
    for (const int die : dies)
        if (!wafer.find(die))
            throw Error("The plan asks for a die, number " + std::to_string(die) +
                        ", that is not on the wafer.");
    if (diesOn(wafer).empty())
        throw Error(wafer.dies.empty() ? "The wafer has no dies." : "All dies of the wafer are excluded.");
    static_cast<void>(CellMap(network.layers, wafer.geometry, spare)); // throws when the network does not fit
}

std::vector<int> StudyPlan::diesOn(const Wafer& wafer) const
{
    std::vector<int> chosen;
    for (const int id : dies)
        if (const Die* die = wafer.find(id))
            chosen.push_back(static_cast<int>(die - wafer.dies.data()));
    if (dies.empty())
        for (std::size_t die = 0; die < wafer.dies.size(); ++die)
            if (wafer.dies[die].included)
                chosen.push_back(static_cast<int>(die));
    return chosen;
}

std::vector<int> diesNamed(const Wafer& wafer, const std::vector<std::string>& names)
{
    std::vector<int> dies;
    for (const std::string& name : names) {
        const std::size_t dots = name.find("..");
        const int first = dieNamed(wafer, name.substr(0, dots));
        const int last = dots == std::string::npos ? first : dieNamed(wafer, name.substr(dots + 2));
        if (last < first)
            throw Error("The range " + name + " ends before it starts.");
        for (int index = first; index <= last; ++index) {
            const int die = wafer.dies[static_cast<std::size_t>(index)].id;
            if (std::ranges::find(dies, die) == dies.end())
                dies.push_back(die);
        }
    }
    return dies;
}

std::string RunSettings::name(const Wafer& wafer) const
{
    if (mode != TrainingMode::HardwareAware)
        return std::string(faultline::name(mode)) + " " + std::to_string(repeat + 1);
    const Die* trainedOn = wafer.find(die);
    return std::string(faultline::name(mode)) + " " + (trainedOn ? trainedOn->name : "on a removed die");
}

std::uint32_t RunSettings::stream() const
{
    return static_cast<std::uint32_t>(mode) << 28 | static_cast<std::uint32_t>(die + 1) << 10 |
           static_cast<std::uint32_t>(repeat);
}

double Run::errorOn(const Die& die) const
{
    const auto found = dieErrors.find(die.id);
    return found == dieErrors.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

double Run::meanDieError() const
{
    std::vector<double> errors;
    for (const auto& [die, error] : dieErrors)
        if (settings.mode != TrainingMode::HardwareAware || die == settings.die)
            errors.push_back(error);
    return mean(errors);
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
                settings.die = wafer.dies[static_cast<std::size_t>(die)].id;
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
        summary.modes.push_back(modeErrors(mode, wafer, summary.dies, ofMode));
    }
    return summary;
}

} // namespace faultline
