// How time and memory grow with images, weights, dies, arrays and cores: a table for each, and the slope of
// its logarithms beside it (1: in proportion). Synthetic images, a quarter of whose pixels are above zero.
//   bench_scaling

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "own_process.h"
#include "study/runner.h"
#include "timing.h"

using namespace faultline;

namespace
{

Dataset syntheticImages(int side, int count)
{
    RandomStream random(1, RandomUse::Test);
    Dataset dataset{side, side, {}, {}};
    dataset.images.resize(Eigen::Index{side} * side, count);
    for (int image = 0; image < count; ++image) {
        dataset.labels.push_back(static_cast<std::uint8_t>(random.below(classCount)));
        dataset.images.startVec(image);
        for (int pixel = 0; pixel < side * side; ++pixel)
            if (random.below(4) == 0)
                dataset.images.insertBack(pixel, image) = static_cast<float>(0.5 + 0.5 * random.uniform());
    }
    dataset.images.finalize();
    return dataset;
}

/// About as good as the demo wafer's dies.
DefectStatistics someStatistics(const Device& device)
{
    DefectStatistics statistics;
    statistics.level[P] = {device.conductance(P), 0.05};
    statistics.level[AP] = {device.conductance(AP), 0.05};
    statistics.shorts = {0.002, 2.0};
    statistics.stuckP = {0.001, 2.0};
    statistics.shortConductance = {4 * device.conductance(P), 0.2};
    return statistics;
}

Wafer someWafer(const DieGeometry& geometry, int dies)
{
    Wafer wafer{"scaling", "synthetic", geometry, {}, {}};
    for (int k = 0; k < dies; ++k) {
        wafer.dies.push_back(drawDie(someStatistics(wafer.device), geometry,
                                     RandomStream(1, RandomUse::WaferDraw, static_cast<std::uint32_t>(k))));
        wafer.dies.back().name = std::to_string(k + 1);
        wafer.dies.back().id = k + 1;
        wafer.dies.back().position = {k / 32, k % 32};
    }
    return wafer;
}

struct Case {
    std::string name;
    double size;
    std::function<double()> work;
};

void table(const std::string& title, const char* column, const std::vector<Case>& cases)
{
    std::printf("%s\n%-27s %10s %8s %10s %8s\n", title.c_str(), column, "seconds", "slope", "MB", "slope");
    std::optional<std::pair<double, Cost>> previous;
    for (const Case& one : cases) {
        const Cost cost = costOf(one.work);
        if (previous) {
            const double step = std::log(one.size / previous->first);
            std::printf("%-27s %10.4f %8.2f %10.0f %8.2f\n", one.name.c_str(), cost.seconds,
                        std::log(cost.seconds / previous->second.seconds) / step, cost.megabytes,
                        std::log(cost.megabytes / previous->second.megabytes) / step);
        } else {
            std::printf("%-27s %10.4f %8s %10.0f\n", one.name.c_str(), cost.seconds, "", cost.megabytes);
        }
        std::fflush(stdout);
        previous = {one.size, cost};
    }
    std::printf("\n");
}

/// The shortest of five: others use the machine too.
double shortest(const std::function<double()>& seconds)
{
    double least = seconds();
    for (int more = 0; more < 4; ++more)
        least = std::min(least, seconds());
    return least;
}

double epochSeconds(const std::vector<int>& layers, int side, int images, const DieGeometry& geometry)
{
    const Dataset train = syntheticImages(side, images);
    const CellMap map(layers, geometry, Spare::Unused);
    RandomDie source(someStatistics({}), map, {}, 1, 0);
    Trainer trainer({layers, Activation::Tanh}, {}, train, source, 1, 0);
    return shortest([&] { return trainer.runEpoch()->seconds; });
}

/// "2 dies"
std::string diesFor(const std::vector<int>& layers, const DieGeometry& die)
{
    const int dies = diesPerNetwork(layers, die);
    return std::to_string(dies) + (dies == 1 ? " die" : " dies");
}

void run()
{
    const std::vector<int> demo{196, 40, 10}, spanning{784, 512, 256, 10};
    std::vector<Case> cases;
    for (const int images : {7500, 15000, 30000, 60000, 120000})
        cases.push_back({std::to_string(images), static_cast<double>(images),
                         [=] { return epochSeconds(demo, 14, images, DieGeometry{}); }});
    table("An epoch of 196-40-10, a random die per batch", "images", cases);

    cases.clear();
    const auto square = [](int side) {
        return DieGeometry{.rows = side, .columns = side, .kernelRows = 32, .kernelColumns = 32};
    };
    for (const std::vector<int>& layers :
         {std::vector{784, 40, 10}, {784, 128, 10}, {784, 256, 10}, {784, 512, 10}, spanning})
        cases.push_back({shapeText(layers) + ", " + diesFor(layers, square(1024)),
                         static_cast<double>(junctionsOf(layers)) / 2.0,
                         [=] { return epochSeconds(layers, 28, 10000, square(1024)); }});
    table("An epoch of 10 000 images, random dies of 1024 x 1024 per batch", "network (by its weights)",
          cases);

    cases.clear();
    for (const DieGeometry& die : {square(1024), square(512), square(256), DieGeometry{}})
        cases.push_back(
            {std::to_string(die.rows) + " x " + std::to_string(die.columns) + ", " + diesFor(spanning, die),
             static_cast<double>(diesPerNetwork(spanning, die)),
             [=] { return epochSeconds(spanning, 28, 10000, die); }});
    table("An epoch of 784-512-256-10, 10 000 images, random dies per batch", "die (by their number)", cases);

    const auto evaluation = [](const std::vector<int>& layers, int side, int dies) {
        return [=] {
            const Wafer wafer = someWafer(DieGeometry{}, dies);
            const Dataset test = syntheticImages(side, 1000);
            const CellMap map(layers, wafer.geometry);
            StudyPlan plan;
            plan.network = {layers, Activation::Tanh};
            const Network network = initialNetwork(plan.network, RandomStream(1, RandomUse::Initialise));
            return shortest([&] {
                return secondsOf([&] {
                    for (const DieGroup& group : plan.groupsOn(wafer))
                        errorPercent(onDie(network, analogWeights(group, map, wafer.device)), plan.network,
                                     test);
                });
            });
        };
    };
    cases.clear();
    for (const int dies : {10, 100, 1000})
        cases.push_back({std::to_string(dies), static_cast<double>(dies), evaluation(demo, 14, dies)});
    table("Mapping and evaluating 196-40-10 on every die of 100 x 200, 1 000 images", "dies", cases);

    cases.clear();
    for (const int dies : {125, 250, 500, 1000})
        cases.push_back({std::to_string(dies), static_cast<double>(dies), evaluation(spanning, 28, dies)});
    table("Mapping and evaluating 784-512-256-10 on every " + diesFor(spanning, DieGeometry{}) +
              " of 100 x 200, 1 000 images",
          "dies", cases);

    cases.clear();
    for (const int side : {128, 256, 512, 1024})
        cases.push_back(
            {std::to_string(side) + " x " + std::to_string(side), static_cast<double>(side) * side, [=] {
                 const DieGeometry geometry = square(side);
                 const std::vector<int> layers{side, side / 2 - 20, 10};
                 const CellMap map(layers, geometry, Spare::Unused);
                 const Wafer wafer = someWafer(geometry, 4);
                 return shortest([&] {
                     return secondsOf([&] {
                         for (const Die& die : wafer.dies)
                             analogWeights(die, map, wafer.device);
                     });
                 });
             }});
    table("Weights of four full dies", "array", cases);

    std::printf("A study of 16 hardware-aware runs of 5 epochs\n%-27s %10s %8s %10s %10s\n", "threads",
                "seconds", "speed-up", "processor", "MB");
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    double alone = 0.0;
    for (int threads = 1; threads <= cores; threads *= 2) {
        const Cost cost = costOf([=] {
            StudyPlan plan;
            plan.modes = {TrainingMode::HardwareAware};
            plan.training.epochs = 5;
            const Wafer wafer = someWafer(DieGeometry{}, 16);
            const DatasetPair data{"synthetic", syntheticImages(14, 20000), syntheticImages(14, 2000)};
            return secondsOf([&] { runStudy(plan, wafer, data, threads); });
        });
        alone = threads == 1 ? cost.seconds : alone;
        std::printf("%-27d %10.4f %8.2f %10.4f %10.0f\n", threads, cost.seconds, alone / cost.seconds,
                    cost.processorSeconds, cost.megabytes);
    }
}

} // namespace

int main()
try {
    run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
