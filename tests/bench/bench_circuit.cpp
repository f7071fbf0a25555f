// What a circuit costs: 36 dies x 10 000 images behind resistive wires, beside the ideal evaluation in the
// same run, on one core; then with converters, noise and bias.
#include <cstdio>
#include <string>

#include "project/project.h"
#include "study/circuit_study.h"
#include "timing.h"

using namespace faultline;

int main()
{
    const Project project = demoProject();
    const Wafer& wafer = project.wafer;
    const Dataset test = downsample(loadTestImages(project.dataset), project.plan.side);
    const NetworkShape& shape = project.plan.network;
    const CellMap map(shape.layers, wafer.geometry, project.plan.spare);
    const Network network =
        initialNetwork(shape, RandomStream(1, RandomUse::Initialise)); // as fast as a trained one

    std::printf("%zu dies x %d images, one core; seconds\n", wafer.dies.size(), test.size());
    double ideal = 0.0;
    for (const Die& die : wafer.dies)
        ideal +=
            secondsOf([&] { classify(onDie(network, analogWeights(die, map, wafer.device)), shape, test); });
    std::printf("%-28s %10s %10s %10s %22s\n", "circuit", "solve", "evaluate", "per image",
                "evaluate / ideal");
    std::printf("%-28s %10s %10.3f %8.2f us %22.2f\n", "ideal", "", ideal,
                1e6 * ideal / static_cast<double>(wafer.dies.size()) / test.size(), 1.0);

    const auto report = [&](const char* name, const CircuitOptions& options, std::size_t dies, int images) {
        Dataset part = test;
        part.images = test.images.leftCols(images);
        part.labels.resize(static_cast<std::size_t>(images));
        double solve = 0.0, evaluate = 0.0;
        for (std::size_t k = 0; k < dies; ++k) {
            std::optional<CircuitNetwork> onDie;
            solve +=
                secondsOf([&] { onDie.emplace(network, wafer.dies[k], map, wafer.device, options, part); });
            evaluate += secondsOf([&] { onDie->classify(part, {1, static_cast<std::uint32_t>(k)}); });
        }
        const double reads = static_cast<double>(dies) * images;
        std::printf("%-28s %10.3f %10.3f %8.2f us %22.2f\n", name, solve, evaluate, 1e6 * evaluate / reads,
                    evaluate / reads / (ideal / static_cast<double>(wafer.dies.size()) / test.size()));
        std::fflush(stdout);
    };
    CircuitOptions options;
    options.wires = {.columnSegment = 1.0, .rowSegment = 1.0, .source = 10.0, .sense = 10.0};
    report("wires", options, wafer.dies.size(), test.size());
    options.series = 500.0;
    options.temperature = 350.0;
    report("+ transistors, temperature", options, wafer.dies.size(), test.size());
    options.dac.bits = options.adc.bits = 8;
    options.dac.range = options.adc.range = ConverterRange::Fixed; // no calibration
    options.adc.fullScale = 1e-2;
    report("+ converters of 8 bits", options, wafer.dies.size(), test.size());
    options.relativeNoise = 0.01;
    report("+ read noise", options, wafer.dies.size(), test.size());
    options.biasHalfVoltage = 0.5;
    report("+ bias (1 die, 200 images)", options, 1, 200);
}
