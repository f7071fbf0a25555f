#include "study/runner.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "common/error.h"

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
    DefectStatistics statistics;
    std::vector<int> dies;
    std::vector<AnalogWeights> onDies; // in the order of dies
};

std::unique_ptr<DieSource> dieSource(const RunSettings& settings, const Bench& bench)
{
    switch (settings.mode) {
    case TrainingMode::Standard:
        return std::make_unique<NominalDie>(bench.map);
    case TrainingMode::HardwareAware:
        return std::make_unique<FixedDie>(analogWeights(
            bench.wafer.dies[static_cast<std::size_t>(settings.die)], bench.map, bench.wafer.device));
    case TrainingMode::StatisticsAware:
        return std::make_unique<RandomDie>(bench.statistics, bench.map, bench.wafer.device, settings.seed,
                                           settings.stream());
    }
    throw std::logic_error("unknown training mode");
}

/// The dies on which an epoch's test error is taken: the one that is trained on, or a few drawn from the same
/// statistics, the same at every epoch, at draws that training never reaches.
std::vector<AnalogWeights> watchedDies(TrainingMode mode, DieSource& source)
{
    constexpr std::uint32_t drawn = 4, last = std::numeric_limits<std::uint32_t>::max();
    std::vector<AnalogWeights> dies;
    for (std::uint32_t k = 0; k < (mode == TrainingMode::StatisticsAware ? drawn : 1); ++k)
        dies.push_back(source.die(last - k));
    return dies;
}

/// Trains and evaluates one network; nothing if stopped. `onEpoch` is told of each epoch.
std::optional<Run> performRun(const RunSettings& settings, const Bench& bench, const std::stop_token& stop,
                              const std::function<void(const EpochRecord&)>& onEpoch)
{
    const auto error = [&](const Network& network, const AnalogWeights& die) {
        return errorPercent(onDie(network, die), settings.network, bench.test);
    };

    Run run;
    run.settings = settings;
    auto start = Clock::now();
    const auto source = dieSource(settings, bench);
    const std::vector<AnalogWeights> watched = watchedDies(settings.mode, *source);
    Trainer trainer(settings.network, settings.training, bench.train, *source, settings.seed,
                    settings.stream());
    while (!trainer.finished()) {
        const auto summary = trainer.runEpoch(stop);
        if (!summary)
            return std::nullopt;
        EpochRecord record{*summary, 0.0};
        for (const AnalogWeights& die : watched)
            record.testError += error(trainer.network(), die) / static_cast<double>(watched.size());
        run.curve.push_back(record);
        onEpoch(record);
    }
    run.network = trainer.network();
    run.trainSeconds = secondsSince(start);

    start = Clock::now();
    run.perfectDieError = error(run.network, nominalWeights(bench.map));
    run.dieErrors.assign(bench.wafer.dies.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t k = 0; k < bench.dies.size(); ++k) {
        if (stop.stop_requested())
            return std::nullopt;
        run.dieErrors[static_cast<std::size_t>(bench.dies[k])] = error(run.network, bench.onDies[k]);
    }
    run.evaluateSeconds = secondsSince(start);
    return run;
}

Bench prepare(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data,
              const std::optional<DefectStatistics>& statistics)
{
    plan.validate(wafer);
    Bench bench{wafer,
                downsample(data.train, plan.side),
                downsample(data.test, plan.side),
                CellMap(plan.network.layers, wafer.geometry, plan.spare),
                {},
                plan.diesOn(wafer),
                {}};
    Wafer measured{wafer.name, wafer.description, wafer.geometry, wafer.device, {}};
    for (const int die : bench.dies) {
        measured.dies.push_back(wafer.dies[static_cast<std::size_t>(die)]);
        bench.onDies.push_back(analogWeights(measured.dies.back(), bench.map, wafer.device));
    }
    bench.statistics = statistics ? *statistics : fitStatistics(measured);
    return bench;
}

} // namespace

StudyResult runStudy(const StudyPlan& plan, const Wafer& wafer, const DatasetPair& data, int threads,
                     const std::stop_token& stop, const RunObserver& observer,
                     const std::optional<DefectStatistics>& statistics)
{
    const Bench bench = prepare(plan, wafer, data, statistics);
    const std::vector<RunSettings> settings = runsOf(plan, wafer);
    std::vector<std::optional<Run>> runs(settings.size());

    // The longest first, so that no thread is left with a long run at the end.
    std::vector<std::size_t> order(settings.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::size_t k) { return settings[k].training.epochs; });
    const int epochs =
        std::accumulate(settings.begin(), settings.end(), 0,
                        [](int sum, const RunSettings& run) { return sum + run.training.epochs; });

    std::mutex mutex; // guards all below
    std::size_t next = 0;
    int finishedEpochs = 0;
    std::exception_ptr failure;
    const auto start = Clock::now();
    const auto tell = [&](RunUpdate::State state, std::size_t run, const EpochRecord& epoch,
                          const Run* result) {
        if (!observer)
            return;
        RunUpdate update;
        update.state = state;
        update.epoch = epoch;
        update.result = result;
        update.run = static_cast<int>(run);
        update.runs = static_cast<int>(settings.size());
        update.fraction = static_cast<double>(finishedEpochs) / epochs;
        update.secondsLeft =
            finishedEpochs > 0 ? secondsSince(start) * (1.0 - update.fraction) / update.fraction : -1.0;
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
                    tell(RunUpdate::State::Started, index, {}, nullptr);
                }
                auto run =
                    performRun(settings[index], bench, halt.get_token(), [&](const EpochRecord& record) {
                        const std::lock_guard lock(mutex);
                        ++finishedEpochs;
                        tell(RunUpdate::State::Epoch, index, record, nullptr);
                    });
                if (!run)
                    return;
                const std::lock_guard lock(mutex);
                tell(RunUpdate::State::Finished, index, run->curve.back(), &*run);
                runs[index] = std::move(run);
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            halt.request_stop();
        }
    };
    {
        const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        const int count = std::clamp(threads > 0 ? threads : cores, 1, static_cast<int>(settings.size()));
        std::vector<std::jthread> workers;
        for (int k = 0; k < count; ++k)
            workers.emplace_back(work);
    }
    if (failure)
        std::rethrow_exception(failure);

    StudyResult result;
    result.statistics = bench.statistics;
    for (auto& run : runs)
        if (run) {
            result.trainSeconds += run->trainSeconds;
            result.evaluateSeconds += run->evaluateSeconds;
            result.runs.push_back(std::move(*run));
        }
    result.complete = result.runs.size() == settings.size();
    return result;
}

} // namespace faultline
