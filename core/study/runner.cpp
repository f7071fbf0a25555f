#include "study/runner.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>

#include "common/error.h"
#include "common/stop.h"
#include "learning/circuit_die.h"
#include "study/evaluation.h"

namespace faultline
{
namespace
{

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What all runs share and none changes.
struct Bench {
    const Wafer& wafer;
    Dataset train, test;
    CellMap map;
    StudyResult before; // without runs: what they have in common
    std::vector<DieGroup> dies;
    std::vector<AnalogWeights> onDies; // in the order of dies; as transistors let them be seen
    Dataset calibration;               // of a circuit

    /// The place in dies of what a hardware-aware run trains on.
    std::size_t trainedOn(const RunSettings& settings) const
    {
        return static_cast<std::size_t>(std::ranges::find(dies, settings.die, &DieGroup::id) - dies.begin());
    }
    /// What statistics-aware training draws from.
    DefectStatistics drawn(const RunSettings& settings) const
    {
        return settings.circuit ? inCircuit(before.statistics, wafer.device, *settings.circuit)
                                : before.statistics;
    }
};

std::unique_ptr<DieSource> dieSource(const RunSettings& settings, const Bench& bench)
{
    std::unique_ptr<DieSource> source;
    const DieGroup* own = nullptr;
    switch (settings.mode) {
    case TrainingMode::Standard:
        return std::make_unique<NominalDie>(bench.map);
    case TrainingMode::HardwareAware:
        source = std::make_unique<FixedDie>(bench.onDies[bench.trainedOn(settings)]);
        own = &bench.dies[bench.trainedOn(settings)];
        break;
    case TrainingMode::StatisticsAware:
        source = std::make_unique<RandomDie>(bench.drawn(settings), bench.map, bench.wafer.device,
                                             settings.seed, settings.stream());
        break;
    }
    if (!settings.circuit)
        return source;
    const Device& device = bench.wafer.device;
    return std::make_unique<CircuitDie>(
        std::move(source), own ? own->joined() : Die("perfect", bench.map.geometry(), device), bench.map,
        device, *settings.circuit, bench.calibration, settings.seed, settings.stream());
}

/// The dies on which an epoch's test error is taken: those that are trained on, or a few drawn from the same
/// statistics, the same at every epoch, at draws that training never reaches. Behind the wires of a circuit
/// as training sees them, without converters and noise: what counts is evaluated at the end.
std::vector<AnalogWeights> watchedDies(const RunSettings& settings, const Bench& bench,
                                       const std::stop_token& stop)
{
    constexpr std::uint32_t drawn = 4, last = std::numeric_limits<std::uint32_t>::max();
    switch (settings.mode) {
    case TrainingMode::Standard:
        return {nominalWeights(bench.map)};
    case TrainingMode::HardwareAware:
        return {bench.onDies[bench.trainedOn(settings)]};
    case TrainingMode::StatisticsAware:
        break;
    }
    const DefectStatistics statistics = bench.drawn(settings);
    const auto each = static_cast<std::uint32_t>(bench.map.dies());
    std::vector<AnalogWeights> watched;
    for (std::uint32_t k = 0; k < drawn; ++k) {
        std::vector<Die> dies;
        DieGroup group;
        for (std::uint32_t die = 0; die < each; ++die)
            dies.push_back(drawDie(
                statistics, bench.wafer.geometry,
                RandomStream(settings.seed, RandomUse::TrainingDie, settings.stream(), last - k * each - die),
                stop));
        for (const Die& die : dies)
            group.dies.push_back(&die);
        watched.push_back(analogWeights(group, bench.map, bench.wafer.device));
    }
    return watched;
}

/// Percent of the test images, behind the run's circuit.
double errorBehind(const Run& run, const DieGroup& group, const Bench& bench, const std::stop_token& stop)
{
    const Die joined = group.joined();
    return errorPercent(bench.test.labels,
                        classify(run, &joined, bench.wafer, bench.test, bench.calibration, stop));
}

/// Trains and evaluates one network, from where `progress` stands; nothing if stopped. `progress` is then at
/// the end of the last epoch. `onEpoch` is told of each epoch.
std::optional<Run> performRun(RunCheckpoint& progress, const Bench& bench, const std::stop_token& stop,
                              const std::function<void(const RunCheckpoint&)>& onEpoch)
{
    const RunSettings& settings = progress.settings;
    auto start = Clock::now();
    const double secondsBefore = progress.trainSeconds;
    const auto source = dieSource(settings, bench);
    const std::vector<AnalogWeights> watched = watchedDies(settings, bench, stop);
    Trainer trainer(settings.network, settings.training, bench.train, *source, settings.seed,
                    settings.stream());
    if (!progress.curve.empty())
        trainer.restore(progress.trainer);
    while (!trainer.finished()) {
        const auto summary = trainer.runEpoch(stop);
        if (!summary)
            return std::nullopt;
        EpochRecord record{*summary, 0.0};
        for (const AnalogWeights& die : watched) {
            std::vector<DenseLayer<float>> layers = onDie(trainer.network(), die);
            source->attenuate(layers);
            record.testError +=
                errorPercent(layers, settings.network, bench.test) / static_cast<double>(watched.size());
        }
        progress.curve.push_back(record);
        progress.trainer = trainer.state();
        progress.trainSeconds = secondsBefore + secondsSince(start);
        onEpoch(progress);
    }
    Run run;
    run.settings = settings;
    run.curve = progress.curve;
    run.network = trainer.network();
    run.trainSeconds = progress.trainSeconds;

    start = Clock::now();
    const auto error = [&](const AnalogWeights& die) {
        return errorPercent(onDie(run.network, die), settings.network, bench.test);
    };
    run.perfectDieError = error(nominalWeights(bench.map));
    for (std::size_t k = 0; k < bench.dies.size(); ++k) {
        if (stop.stop_requested())
            return std::nullopt;
        run.dieErrors[bench.dies[k].id()] =
            settings.circuit ? errorBehind(run, bench.dies[k], bench, stop) : error(bench.onDies[k]);
    }
    run.evaluateSeconds = secondsSince(start);
    return run;
}

std::string hexadecimal(std::uint32_t number)
{
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", number);
    return text.data();
}

void requireChecksum(const std::string& images, std::uint32_t found, std::uint32_t expected)
{
    if (found != expected)
        throw Error(images, "", "checksum " + hexadecimal(found),
                    hexadecimal(expected) + ", that of the images which the study was made with");
}

/// `place`: where they were found.
void requireImages(const std::optional<ImageChecksums>& known, const ImageChecksums& found,
                   const std::string& place)
{
    if (!known)
        return;
    requireChecksum(place + "training images", found.train, known->train);
    requireChecksum(place + "test images", found.test, known->test);
}

Bench prepare(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data, const StudyResult& known)
{
    plan.validate(wafer);
    Bench bench{wafer,
                downsample(data.train, plan.side),
                downsample(data.test, plan.side),
                CellMap(plan.network.layers, wafer.geometry, plan.spare),
                {},
                plan.groupsOn(wafer),
                {},
                {}};
    if (plan.circuit)
        bench.calibration = firstImages(bench.train, calibrationImages);
    for (const DieGroup& group : bench.dies)
        bench.onDies.push_back(plan.circuit
                                   ? analogWeights(inCircuit(group.joined(), wafer.device, *plan.circuit),
                                                   bench.map, wafer.device)
                                   : analogWeights(group, bench.map, wafer.device));
    if (!known.images && known.runs.empty() && known.begun.empty()) {
        bench.before = beginning(plan, wafer, data);
    } else {
        requireImages(known.images, data);
        bench.before.statistics = known.statistics;
        bench.before.images = known.images;
    }
    return bench;
}

} // namespace

DefectStatistics trainingStatistics(const StudyPlan& plan, const Wafer& wafer)
{
    if (plan.statistics)
        return *plan.statistics;
    Wafer measured{wafer.name, wafer.description, wafer.geometry, wafer.device, {}};
    for (const int die : plan.diesOn(wafer))
        measured.dies.push_back(wafer.dies[static_cast<std::size_t>(die)]);
    return fitStatistics(measured);
}

StudyResult beginning(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data)
{
    StudyResult result;
    result.statistics = trainingStatistics(plan, wafer);
    result.images = checksums(data);
    return result;
}

void requireImages(const std::optional<ImageChecksums>& known, const DatasetPair& data)
{
    requireImages(known, checksums(data), data.name + ": ");
}

void requireTestImages(const std::optional<ImageChecksums>& known, const Dataset& test)
{
    if (known)
        requireChecksum("test images", test.checksum, known->test);
}

void merge(StudyResult& result, const StudyResult& part, const StudyPlan& plan, const Wafer& wafer)
{
    StudyResult merged;
    const StudyResult& first = result.runs.empty() && result.begun.empty() ? part : result;
    merged.statistics = first.statistics;
    merged.images = first.images;
    if (part.images)
        requireImages(merged.images, *part.images, "");
    const std::vector<RunSettings> all = runsOf(plan, wafer);
    for (const RunSettings& settings : all) {
        const Run* finished = nullptr;
        const RunCheckpoint* begun = nullptr;
        for (const StudyResult* source : std::array{&part, static_cast<const StudyResult*>(&result)}) {
            const auto run = std::ranges::find(source->runs, settings, &Run::settings);
            if (run != source->runs.end())
                finished = &*run;
            const auto checkpoint = std::ranges::find(source->begun, settings, &RunCheckpoint::settings);
            if (checkpoint != source->begun.end() &&
                (!begun || checkpoint->curve.size() > begun->curve.size()))
                begun = &*checkpoint;
        }
        if (finished) {
            merged.trainSeconds += finished->trainSeconds;
            merged.evaluateSeconds += finished->evaluateSeconds;
            merged.runs.push_back(*finished);
        } else if (begun) {
            merged.begun.push_back(*begun);
        }
    }
    merged.complete = merged.runs.size() == all.size();
    for (const StudyResult* source : std::array{static_cast<const StudyResult*>(&result), &part})
        for (const Run& run : source->runs) // on dies that have left the wafer
            if (std::ranges::find(all, run.settings) == all.end() &&
                std::ranges::find(merged.runs, run.settings, &Run::settings) == merged.runs.end())
                merged.runs.push_back(run);
    result = std::move(merged);
}

StudyResult runStudy(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data, int threads,
                     const std::stop_token& stop, const RunObserver& observer, const StudyResult& known,
                     const Shard& shard)
{
    const Bench bench = prepare(plan, wafer, data, known);
    const std::vector<RunSettings> settings = runsOf(plan, wafer);
    std::vector<std::optional<Run>> runs(settings.size());
    std::vector<RunCheckpoint> begun(settings.size()); // where the others stand, each its worker's

    std::vector<std::size_t> order; // of the runs that are still to be trained
    std::int64_t epochs = 0, finishedEpochs = 0;
    for (std::size_t k = 0; k < settings.size(); ++k) {
        const auto done = std::ranges::find(known.runs, settings[k], &Run::settings);
        if (done == known.runs.end() && !shard.contains(k))
            continue;
        epochs += settings[k].training.epochs;
        if (done == known.runs.end()) {
            order.push_back(k);
            const auto stopped = std::ranges::find(known.begun, settings[k], &RunCheckpoint::settings);
            begun[k] = stopped == known.begun.end() ? RunCheckpoint{settings[k], {}, {}} : *stopped;
            finishedEpochs += static_cast<std::int64_t>(begun[k].curve.size());
        } else {
            runs[k] = *done;
            finishedEpochs += settings[k].training.epochs;
        }
    }
    // The longest first, so that no thread is left with a long run at the end.
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::size_t k) { return settings[k].training.epochs; });

    std::mutex mutex; // guards all below, and finishedEpochs
    std::size_t next = 0;
    const std::int64_t knownEpochs = finishedEpochs;
    std::exception_ptr failure;
    const auto start = Clock::now();
    const auto tell = [&](std::size_t run, RunUpdate update) {
        if (!observer)
            return;
        update.run = static_cast<int>(run);
        update.runs = static_cast<int>(settings.size());
        update.fraction = static_cast<double>(finishedEpochs) / static_cast<double>(epochs);
        update.secondsLeft = finishedEpochs > knownEpochs
                                 ? secondsSince(start) * static_cast<double>(epochs - finishedEpochs) /
                                       static_cast<double>(finishedEpochs - knownEpochs)
                                 : -1.0;
        observer(update);
    };

    std::stop_source halt; // set by a person's stop or by a failed run
    const std::stop_callback forward(stop, [&halt] { halt.request_stop(); });
    const auto work = [&] {
        try {
            for (;;) {
                std::size_t index = 0;
                {
                    const std::lock_guard lock(mutex);
                    if (next == order.size() || halt.stop_requested())
                        return;
                    index = order[next++];
                    tell(index, {});
                }
                auto run =
                    performRun(begun[index], bench, halt.get_token(), [&](const RunCheckpoint& progress) {
                        const std::lock_guard lock(mutex);
                        ++finishedEpochs;
                        tell(index, {.state = RunUpdate::State::Epoch,
                                     .epoch = progress.curve.back(),
                                     .checkpoint = &progress});
                    });
                if (!run)
                    return;
                const std::lock_guard lock(mutex);
                tell(index,
                     {.state = RunUpdate::State::Finished, .epoch = run->curve.back(), .result = &*run});
                runs[index] = std::move(run);
            }
        } catch (const Stopped&) {
            return;
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            halt.request_stop();
        }
    };
    {
        const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        int count = std::clamp(threads > 0 ? threads : cores, 1, std::max(1, static_cast<int>(order.size())));
        if (plan.circuit)
            count = circuitThreads(count, bench.map, *plan.circuit);
        std::vector<std::jthread> workers;
        for (int k = 0; k < count; ++k)
            workers.emplace_back(work);
    }
    if (failure)
        std::rethrow_exception(failure);

    StudyResult result = bench.before;
    for (std::size_t k = 0; k < runs.size(); ++k) {
        if (runs[k]) {
            result.trainSeconds += runs[k]->trainSeconds;
            result.evaluateSeconds += runs[k]->evaluateSeconds;
            result.runs.push_back(std::move(*runs[k]));
        } else if (!begun[k].curve.empty()) {
            result.begun.push_back(std::move(begun[k]));
        }
    }
    result.complete = result.runs.size() == settings.size();
    return result;
}

} // namespace faultline
