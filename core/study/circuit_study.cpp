#include "study/circuit_study.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "common/csv.h"
#include "common/error.h"
#include "common/require.h"
#include "common/statistics.h"
#include "common/stop.h"
#include "study/runner.h"

namespace faultline
{
namespace
{

/// Beyond the uses of common/random.h: the dies of a sweep. index: the repeat.
constexpr auto sweepDie = static_cast<RandomUse>(17);

/// Calls work(k) for k from 0 to count - 1 on so many threads; false when stopped.
template <class Work>
bool forAll(std::size_t count, int threads, const CircuitBench& bench, const Work& work)
{
    std::atomic<std::size_t> next = 0;
    std::size_t done = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto loop = [&] {
        for (std::size_t k = next++; k < count && !bench.stop.stop_requested(); k = next++) {
            try {
                work(k);
            } catch (const Stopped&) {
                return;
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
                next = count;
                return;
            }
            const std::lock_guard lock(mutex);
            ++done;
            if (bench.progress)
                bench.progress(static_cast<double>(done) / static_cast<double>(count));
        }
    };
    {
        std::vector<std::jthread> workers;
        for (std::size_t k = 0; k < std::min(static_cast<std::size_t>(threads), count); ++k)
            workers.emplace_back(loop);
    }
    if (failure)
        std::rethrow_exception(failure);
    return done == count;
}

CellMap mapOf(const RunSettings& settings, const CircuitBench& bench)
{
    return {settings.network.layers, bench.wafer.geometry, settings.spare};
}

/// As many as were asked for and as there is memory for.
int threadsFor(std::span<const Pairing> pairs, const CircuitOptions& options, const CircuitBench& bench)
{
    int threads = bench.threads > 0 ? bench.threads
                                    : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    for (const Pairing& pair : pairs)
        threads = circuitThreads(threads, mapOf(pair.run->settings, bench), options);
    return threads;
}

CircuitNetwork networkOn(const Pairing& pair, const CircuitOptions& options, const CircuitBench& bench)
{
    return {
        pair.run->network, pair.place.joined(), mapOf(pair.run->settings, bench), bench.wafer.device, options,
        bench.calibration, bench.stop};
}

/// A die that is none of the wafer's.
Die elsewhere(Die die)
{
    die.id = -1;
    return die;
}

double errorOf(const CircuitNetwork& network, const Pairing& pair, const CircuitBench& bench,
               std::uint32_t repeat = 0)
{
    RunSettings settings = pair.run->settings;
    settings.seed = bench.noiseSeed.value_or(settings.seed);
    const NoiseKey noise = noiseKey(settings, pair.place.id(), repeat);
    return errorPercent(bench.test.labels, network.classify(bench.test, noise, bench.stop));
}

std::vector<const Run*> runsOf(std::span<const Pairing> pairs)
{
    std::vector<const Run*> runs;
    for (const Pairing& pair : pairs)
        if (std::ranges::find(runs, pair.run) == runs.end())
            runs.push_back(pair.run);
    return runs;
}

bool has(const CircuitOptions& options, Effect effect)
{
    switch (effect) {
    case Effect::Die:
        return true;
    case Effect::Series:
        return options.series > 0.0;
    case Effect::Temperature:
        return options.temperature != CircuitOptions::referenceTemperature;
    case Effect::Bias:
        return options.isBiasDependent();
    case Effect::Wires:
        return options.wires.columnSegment > 0.0 || options.wires.rowSegment > 0.0 ||
               options.wires.source > 0.0 || options.wires.sense > 0.0;
    case Effect::Dac:
        return options.dac.bits > 0;
    case Effect::Noise:
        return options.isNoisy();
    case Effect::Adc:
        return options.adc.bits > 0;
    }
    return false;
}

/// Makes one effect that of `from`.
void add(Effect effect, const CircuitOptions& from, CircuitOptions& options)
{
    switch (effect) {
    case Effect::Die:
        break;
    case Effect::Series:
        options.series = from.series;
        break;
    case Effect::Temperature:
        options.temperature = from.temperature;
        options.spinWaveCoefficient = from.spinWaveCoefficient;
        break;
    case Effect::Bias:
        options.biasHalfVoltage = from.biasHalfVoltage;
        break;
    case Effect::Wires:
        options.wires = from.wires;
        break;
    case Effect::Dac:
        options.dac = from.dac;
        break;
    case Effect::Noise:
        options.relativeNoise = from.relativeNoise;
        options.absoluteNoise = from.absoluteNoise;
        break;
    case Effect::Adc:
        options.adc = from.adc;
        break;
    }
}

/// An ideal circuit that is read as the other is.
CircuitOptions idealised(const CircuitOptions& options)
{
    CircuitOptions ideal;
    ideal.readVoltage = options.readVoltage;
    ideal.readTime = options.readTime;
    ideal.unused = options.unused;
    return ideal;
}

/// As a field of CSV or of a message: the shortest number that is read back unchanged.
std::string number(double value)
{
    return nlohmann::json(value).dump();
}

} // namespace

std::vector<Pairing> pairings(std::span<const Run* const> runs, std::span<const Die* const> dies,
                              bool onOtherDies)
{
    std::vector<Pairing> all;
    if (dies.empty())
        return all;
    const DieGeometry geometry{dies.front()->rows(), dies.front()->columns()};
    for (const Run* run : runs) {
        const bool isFree = run->settings.mode != TrainingMode::HardwareAware;
        DieGroup own;
        for (const int id : isFree ? std::vector<int>{} : run->settings.diesTrainedOn())
            for (const Die* die : dies)
                if (die->id == id)
                    own.dies.push_back(die);
        const auto each = static_cast<std::size_t>(diesPerNetwork(run->settings.network.layers, geometry));
        if (own.dies.size() == each)
            all.push_back({run, own});
        for (std::size_t first = 0; (isFree || onOtherDies) && first + each <= dies.size(); first += each) {
            const DieGroup place{{dies.begin() + static_cast<std::ptrdiff_t>(first),
                                  dies.begin() + static_cast<std::ptrdiff_t>(first + each)}};
            if (place.dies != own.dies)
                all.push_back({run, place});
        }
    }
    return all;
}

double worstLoss(std::span<const LineLoss> lines)
{
    double worst = 0.0;
    for (const LineLoss& line : lines)
        worst = std::max(worst, line.loss);
    return worst;
}

std::string_view name(Effect effect)
{
    switch (effect) {
    case Effect::Die:
        return "defects and variation";
    case Effect::Series:
        return "access transistors";
    case Effect::Temperature:
        return "temperature";
    case Effect::Bias:
        return "bias";
    case Effect::Wires:
        return "wires";
    case Effect::Dac:
        return "DAC";
    case Effect::Noise:
        return "read noise";
    case Effect::Adc:
        return "ADC";
    }
    return {};
}

std::optional<std::vector<CircuitOutcome>>
readThroughCircuit(std::span<const Pairing> pairs, const CircuitOptions& options, const CircuitBench& bench)
{
    options.validate();
    const Dataset few = firstImages(bench.test, costImages);
    std::vector<CircuitOutcome> outcomes(pairs.size());
    const bool complete = forAll(pairs.size(), threadsFor(pairs, options, bench), bench, [&](std::size_t k) {
        const auto& [run, place] = pairs[k];
        const CircuitNetwork network = networkOn(pairs[k], options, bench);
        const AnalogWeights alone = analogWeights(place, mapOf(run->settings, bench), bench.wafer.device);
        outcomes[k] = {.idealError =
                           errorPercent(onDie(run->network, alone), run->settings.network, bench.test),
                       .error = errorOf(network, pairs[k], bench),
                       .cost = network.readCost(few, bench.stop),
                       .rows = network.rowLosses(),
                       .columns = network.columnLosses()};
    });
    return complete ? std::optional(std::move(outcomes)) : std::nullopt;
}

std::optional<Waterfall> waterfall(std::span<const Pairing> pairs, const CircuitOptions& options,
                                   const CircuitBench& bench)
{
    options.validate();
    const Die perfect = elsewhere({"perfect", bench.wafer.geometry, bench.wafer.device});

    // A job reads one network on one die through one circuit; groups of jobs give a mean each.
    struct Job {
        Pairing pair;
        CircuitOptions options;
        std::size_t group;
    };
    std::vector<Job> jobs;
    std::size_t groups = 0;
    const auto addGroup = [&](const CircuitOptions& circuit, std::span<const Pairing> members) {
        for (const Pairing& member : members)
            jobs.push_back({member, circuit, groups});
        ++groups;
    };
    std::vector<Pairing> onPerfect;
    for (const Run* run : runsOf(pairs))
        onPerfect.push_back({run,
                             {std::vector<const Die*>(
                                 static_cast<std::size_t>(mapOf(run->settings, bench).dies()), &perfect)}});
    Waterfall result;
    result.pairings = static_cast<int>(pairs.size());
    CircuitOptions soFar = idealised(options);
    addGroup(soFar, onPerfect);
    for (const Effect effect : allEffects) {
        if (!has(options, effect))
            continue;
        result.steps.push_back({.effect = effect});
        add(effect, options, soFar);
        addGroup(soFar, pairs);
        CircuitOptions alone = idealised(options);
        add(effect, options, alone);
        if (effect != Effect::Die)
            addGroup(alone, onPerfect);
    }
    std::vector<double> errors(jobs.size());
    const bool complete = forAll(jobs.size(), threadsFor(pairs, options, bench), bench, [&](std::size_t k) {
        const Job& job = jobs[k];
        errors[k] = errorOf(networkOn(job.pair, job.options, bench), job.pair, bench);
    });
    if (!complete)
        return std::nullopt;

    std::vector<std::vector<double>> byGroup(groups);
    for (std::size_t k = 0; k < jobs.size(); ++k)
        byGroup[jobs[k].group].push_back(errors[k]);
    auto group = byGroup.begin();
    result.ideal = mean(*group);
    result.idealSpread = standardDeviation(*group);
    double before = result.ideal;
    for (Waterfall::Step& step : result.steps) {
        ++group;
        step.error = mean(*group);
        step.spread = standardDeviation(*group);
        step.cost = step.error - before;
        before = step.error;
        step.costAlone = step.effect == Effect::Die ? step.cost : mean(*++group) - result.ideal;
    }
    return result;
}

void SweepPlan::validate() const
{
    circuit.validate();
    constexpr int most = 1000;
    require(repeats >= 1 && repeats <= most, "number of repeats", repeats, "from 1 to 1000");
    require(axes.size() == 1 || axes.size() == 2, "number of varied parameters", axes.size(), "1 or 2");
    require(axes.front().parameter != axes.back().parameter || axes.size() == 1, "second parameter",
            axes.back().parameter.name(), "another one than the first");
    for (const SweepAxis& axis : axes) {
        require(!axis.values.empty(), "number of values of " + axis.parameter.name(), 0, "at least 1");
        for (const double value : axis.values) {
            if (axis.parameter.isOfDies()) {
                require(value >= 0.0 && std::isfinite(value), axis.parameter.name(), value, "0 or more");
                continue;
            }
            CircuitOptions options = circuit;
            axis.parameter.setIn(options, value);
            options.validate();
        }
    }
}

std::optional<std::vector<SweepPoint>> sweep(std::span<const Pairing> pairs, const SweepPlan& plan,
                                             const CircuitBench& bench)
{
    plan.validate();
    const bool drawsDies =
        std::ranges::any_of(plan.axes, [](const SweepAxis& axis) { return axis.parameter.isOfDies(); });
    const DefectStatistics ownStatistics =
        drawsDies ? trainingStatistics({}, bench.wafer) : DefectStatistics{}; // of the dies that are included

    struct Job {
        Pairing pair; // without dies when they are drawn
        std::size_t point;
        std::uint32_t repeat;
    };
    std::vector<SweepPoint> points;
    std::vector<CircuitOptions> circuits;
    std::vector<DefectStatistics> statistics;
    std::vector<Job> jobs;
    const std::vector<double> none{0.0};
    for (const double first : plan.axes.front().values)
        for (const double second : plan.axes.size() == 2 ? plan.axes.back().values : none) {
            const std::size_t index = points.size();
            points.push_back({.values = {first, second}});
            points.back().values.resize(plan.axes.size());
            circuits.push_back(plan.circuit);
            statistics.push_back(ownStatistics);
            for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
                const SweepParameter& parameter = plan.axes[axis].parameter;
                const double value = points.back().values[axis];
                if (parameter.isOfDies())
                    parameter.setIn(statistics.back(), value, bench.wafer.device);
                else
                    parameter.setIn(circuits.back(), value);
            }
            const int repeats = drawsDies || circuits.back().isNoisy() ? plan.repeats : 1;
            for (std::uint32_t repeat = 0; repeat < static_cast<std::uint32_t>(repeats); ++repeat) {
                if (drawsDies)
                    for (const Run* run : runsOf(pairs))
                        jobs.push_back({{run, {}}, index, repeat});
                else
                    for (const Pairing& pair : pairs)
                        jobs.push_back({pair, index, repeat});
            }
        }

    std::vector<double> errors(jobs.size());
    int threads = threadsFor(pairs, plan.circuit, bench);
    for (const CircuitOptions& circuit : circuits)
        threads = std::min(threads, threadsFor(pairs, circuit, bench));
    const bool complete = forAll(jobs.size(), threads, bench, [&](std::size_t k) {
        const Job& job = jobs[k];
        Pairing pair = job.pair;
        const int count = drawsDies ? mapOf(pair.run->settings, bench).dies() : 0;
        std::vector<Die> drawn;
        for (int die = 0; die < count; ++die)
            drawn.push_back(elsewhere(
                drawDie(statistics[job.point], bench.wafer.geometry,
                        RandomStream(bench.seed, sweepDie, job.repeat, static_cast<std::uint32_t>(die)),
                        bench.stop)));
        for (const Die& die : drawn)
            pair.place.dies.push_back(&die);
        errors[k] = errorOf(networkOn(pair, circuits[job.point], bench), pair, bench, job.repeat);
    });
    if (!complete)
        return std::nullopt;
    std::vector<std::vector<double>> byPoint(points.size());
    for (std::size_t k = 0; k < jobs.size(); ++k)
        byPoint[jobs[k].point].push_back(errors[k]);
    for (std::size_t k = 0; k < points.size(); ++k) {
        points[k].count = static_cast<int>(byPoint[k].size());
        points[k].mean = mean(byPoint[k]);
        points[k].spread = standardDeviation(byPoint[k]);
    }
    return points;
}

nlohmann::json toJson(const Waterfall& waterfall)
{
    nlohmann::json steps = nlohmann::json::array();
    for (const Waterfall::Step& step : waterfall.steps)
        steps.push_back({{"effect", name(step.effect)},
                         {"error_percent", step.error},
                         {"spread_percent", step.spread},
                         {"cost_points", step.cost},
                         {"cost_alone_points", step.costAlone}});
    return {{"ideal_error_percent", waterfall.ideal},
            {"ideal_spread_percent", waterfall.idealSpread},
            {"networks_on_dies", waterfall.pairings},
            {"steps", steps}};
}

std::string csv(const Waterfall& waterfall)
{
    CsvWriter csv;
    csv.line("effect", "error_percent", "spread_percent", "cost_points", "cost_alone_points");
    csv.line("ideal", number(waterfall.ideal), number(waterfall.idealSpread), 0, 0);
    for (const Waterfall::Step& step : waterfall.steps)
        csv.line(name(step.effect), number(step.error), number(step.spread), number(step.cost),
                 number(step.costAlone));
    return csv.text();
}

nlohmann::json toJson(const SweepPlan& plan, std::span<const SweepPoint> points)
{
    nlohmann::json axes = nlohmann::json::array(), list = nlohmann::json::array();
    for (const SweepAxis& axis : plan.axes)
        axes.push_back({{"parameter", axis.parameter.name()}, {"values", axis.values}});
    for (const SweepPoint& point : points)
        list.push_back({{"values", point.values},
                        {"error_percent", point.mean},
                        {"spread_percent", point.spread},
                        {"count", point.count}});
    return {{"circuit", toJson(plan.circuit)}, {"repeats", plan.repeats}, {"axes", axes}, {"points", list}};
}

std::string csv(const SweepPlan& plan, std::span<const SweepPoint> points)
{
    CsvWriter csv;
    for (const SweepAxis& axis : plan.axes)
        csv.add(axis.parameter.name());
    csv.line("error_percent", "spread_percent", "count");
    for (const SweepPoint& point : points) {
        for (const double value : point.values)
            csv.add(number(value));
        csv.line(number(point.mean), number(point.spread), point.count);
    }
    return csv.text();
}

} // namespace faultline
