#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
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

ModeErrors modeErrors(TrainingMode mode, const std::vector<DieGroup>& dies,
                      const std::vector<const Run*>& runs)
{
    ModeErrors errors{mode, {}, {}, {}};
    for (const DieGroup& group : dies) {
        const int id = group.id();
        const auto onThisDie = [id](const Run& run) { return run.errorOn(id); };
        std::vector<const Run*> own = runs;
        if (mode == TrainingMode::HardwareAware) {
            const auto trainedHere = [id](const Run* run) { return run->settings.die == id; };
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

/// The ids of the dies that a plan's networks are written to, in as many per element as a network takes;
/// fewer in the last one when they do not come out even.
std::vector<std::vector<int>> groupIds(const StudyPlan& plan, const Wafer& wafer)
{
    std::vector<int> ids = plan.dies;
    if (ids.empty())
        for (const int die : plan.diesOn(wafer))
            ids.push_back(wafer.dies[static_cast<std::size_t>(die)].id);
    const auto each = static_cast<std::size_t>(diesPerNetwork(plan.network.layers, wafer.geometry));
    std::vector<std::vector<int>> groups;
    for (std::size_t k = 0; k < ids.size(); ++k) {
        if (k % each == 0)
            groups.emplace_back();
        groups.back().push_back(ids[k]);
    }
    return groups;
}

/// Without the dies that have left the wafer.
std::vector<const Die*> diesOf(const std::vector<int>& ids, const Wafer& wafer)
{
    std::vector<const Die*> dies;
    for (const int id : ids)
        if (const Die* die = wafer.find(id))
            dies.push_back(die);
    return dies;
}

constexpr int maximumRepeats = 1000; // a run's stream has 10 bits for them

void validateNetwork(const NetworkShape& network, int side)
{
    const int pixels = pixelsOf(side);
    network.validate();
    if (network.layers.front() != pixels)
        throw Error("The network has " + std::to_string(network.layers.front()) + " inputs, but images of " +
                    std::to_string(side) + " x " + std::to_string(side) + " pixels need " +
                    std::to_string(pixels) + ".");
    if (network.layers.back() != classCount)
        throw Error("The network has " + std::to_string(network.layers.back()) + " outputs, but there are " +
                    std::to_string(classCount) + " classes.");
}

/// Ids that any wafer could have, each once.
void validateIds(const std::vector<int>& dies)
{
    std::set<int> known;
    for (const int die : dies) {
        require(die >= 0 && die <= Die::maximumId, "The number of a die", die,
                "0 to " + std::to_string(Die::maximumId));
        if (!known.insert(die).second)
            throw Error("Die number " + std::to_string(die) + " is named twice.");
    }
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

int pixelsOf(int side)
{
    constexpr int largest = 256; // whose square is NetworkShape's largest layer
    require(side >= 1 && side <= largest, "The side of the images", side, "1 to 256 pixels");
    return side * side;
}

void StudyPlan::validate() const
{
    within("training", [&] { training.validate(); });
    within("statistics_aware_training", [&] { statisticsAware.validate(); });
    if (modes.empty())
        throw Error("Choose at least one training mode.");
    require(repeats >= 1 && repeats <= maximumRepeats, "The number of repeats", repeats,
            "1 to " + std::to_string(maximumRepeats));
    validateNetwork(network, side);
    validateIds(dies);
    validateIds(fittedDies);
    if (statistics)
        statistics->validate();
    if (circuit)
        within("circuit", [&] { circuit->validate(); });
}

void StudyPlan::validate(const Wafer& wafer) const
{
    validate();
    wafer.validate();
    for (const int die : dies)
        if (!wafer.find(die))
            throw Error("The plan asks for a die, number " + std::to_string(die) +
                        ", that is not on the wafer.");
    if (diesOn(wafer).empty())
        throw Error(wafer.dies.empty() ? "The wafer has no dies." : "All dies of the wafer are excluded.");
    const CellMap map(network.layers, wafer.geometry, spare); // throws when the network is too large
    if (groupsOn(wafer).empty())
        throw Error("A " + shapeText(network.layers) + " network does not fit: it needs " +
                    std::to_string(junctionsOf(network.layers)) + " junctions, and so " +
                    std::to_string(map.dies()) + " dies of " + std::to_string(wafer.geometry.cells()) +
                    " side by side; the plan has " + std::to_string(diesOn(wafer).size()) + ".");
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

std::vector<DieGroup> StudyPlan::groupsOn(const Wafer& wafer) const
{
    const auto each = static_cast<std::size_t>(diesPerNetwork(network.layers, wafer.geometry));
    std::vector<DieGroup> groups;
    for (const std::vector<int>& ids : groupIds(*this, wafer)) {
        DieGroup group{diesOf(ids, wafer)};
        if (group.dies.size() == each)
            groups.push_back(std::move(group));
    }
    return groups;
}

std::vector<int> StudyPlan::heldOut(const Wafer& wafer) const
{
    std::vector<int> unseen;
    if (!fittedDies.empty())
        for (const int index : diesOn(wafer)) {
            const int id = wafer.dies[static_cast<std::size_t>(index)].id;
            if (std::ranges::find(fittedDies, id) == fittedDies.end())
                unseen.push_back(id);
        }
    return unseen;
}

bool StudyPlan::operator==(const StudyPlan& other) const
{
    const auto numbers = [](const StudyPlan& plan) {
        // Names each field, so that a new one cannot be forgotten.
        const auto& [network, side, spare, modes, dies, repeats, seed, training, statisticsAware, statistics,
                     fittedDies, circuit] = plan;
        return std::tie(network, side, spare, modes, dies, repeats, seed, training, statisticsAware,
                        statistics, circuit);
    };
    return numbers(*this) == numbers(other);
}

std::vector<DieGroup> StudyPlan::placesOn(const Wafer& wafer) const
{
    if (diesPerNetwork(network.layers, wafer.geometry) > 1)
        return groupsOn(wafer);
    std::vector<DieGroup> single;
    for (const Die& die : wafer.dies)
        single.push_back({{&die}});
    return single;
}

std::vector<const Die*> StudyPlan::leftOver(const Wafer& wafer) const
{
    const auto each = static_cast<std::size_t>(diesPerNetwork(network.layers, wafer.geometry));
    const std::vector<std::vector<int>> groups = groupIds(*this, wafer);
    if (groups.empty() || groups.back().size() == each)
        return {};
    return diesOf(groups.back(), wafer);
}

std::optional<int> StudyPlan::groupOf(int die, const Wafer& wafer) const
{
    const auto each = static_cast<std::size_t>(diesPerNetwork(network.layers, wafer.geometry));
    if (each == 1)
        return die;
    for (const std::vector<int>& ids : groupIds(*this, wafer))
        if (ids.size() == each && std::ranges::find(ids, die) != ids.end())
            return ids.front();
    return std::nullopt;
}

StudyPlan StudyPlan::pinned(const Wafer& wafer) const
{
    StudyPlan plan = *this;
    if (!dies.empty())
        return plan;
    for (const int die : diesOn(wafer))
        plan.dies.push_back(wafer.dies[static_cast<std::size_t>(die)].id);
    return plan;
}

std::vector<std::string> namesOfDies(const Wafer& wafer, const std::vector<int>& ids)
{
    std::vector<std::string> names;
    for (const Die* die : diesOf(ids, wafer))
        names.push_back(die->name);
    return names;
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
    const std::string start = std::string(faultline::name(mode)) + " ";
    if (mode != TrainingMode::HardwareAware)
        return start + std::to_string(repeat + 1);
    const DieGroup group{diesOf(diesTrainedOn(), wafer)};
    return start + (group.dies.size() == 1 + furtherDies.size() ? group.name() : "on a removed die");
}

std::vector<int> RunSettings::diesTrainedOn() const
{
    std::vector<int> ids{die};
    ids.insert(ids.end(), furtherDies.begin(), furtherDies.end());
    return ids;
}

std::uint32_t RunSettings::stream() const
{
    return static_cast<std::uint32_t>(mode) << 28 | static_cast<std::uint32_t>(die + 1) << 10 |
           static_cast<std::uint32_t>(repeat);
}

void RunSettings::validate() const
{
    validateNetwork(network, side);
    within("training", [&] { training.validate(); });
    require(repeat >= 0 && repeat < maximumRepeats, "The repeat", repeat,
            "0 to " + std::to_string(maximumRepeats - 1));
    if (mode == TrainingMode::HardwareAware)
        validateIds(diesTrainedOn());
    else if (die != -1 || !furtherDies.empty())
        throw Error("A " + std::string(faultline::name(mode)) + " run names die " + std::to_string(die) +
                    ", but only hardware-aware ones are trained on dies.");
    if (circuit)
        within("circuit", [&] { circuit->validate(); });
}

double Run::errorOn(std::optional<int> group) const
{
    const auto found = group ? dieErrors.find(*group) : dieErrors.end();
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
        settings.circuit = plan.circuit;
        if (mode == TrainingMode::HardwareAware) {
            for (const DieGroup& group : plan.groupsOn(wafer)) {
                settings.die = group.id();
                settings.furtherDies.clear();
                for (std::size_t k = 1; k < group.dies.size(); ++k)
                    settings.furtherDies.push_back(group.dies[k]->id);
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
    summary.dies = plan.groupsOn(wafer);
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
