#include "study/evaluation.h"

#include <algorithm>
#include <cmath>

#include <unistd.h>

#include "common/error.h"
#include "crossbar/cell_map.h"

namespace faultline
{

int circuitThreads(int threads, const CellMap& map, const CircuitOptions& options)
{
    constexpr double part = 0.75, gigabyte = 1e9;
    const double memory =
        part * static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    const double each =
        map.dies() * WireNetwork::bytes(map.die().rows, map.die().columns) +
        (options.isBiasDependent() ? WireNetwork::bytes(map.die().rows, map.die().columns) : 0);
    if (each > memory)
        throw Error("The circuit of " + std::to_string(map.dies()) + " dies of " +
                    std::to_string(map.die().rows) + " x " + std::to_string(map.die().columns) + " takes " +
                    std::to_string(std::lround(each / gigabyte)) + " GB, more than the " +
                    std::to_string(std::lround(memory / gigabyte)) + " GB that this machine has to spare.");
    return std::clamp(static_cast<int>(std::min(memory / each, 1e6)), 1, std::max(1, threads));
}

NoiseKey noiseKey(const RunSettings& run, int place, std::uint32_t repeat)
{
    constexpr std::uint32_t spread = 0x9E3779B9; // takes places further apart than runs are
    constexpr int upperHalf = 32;                // of the seed: repeats never meet
    return {run.seed + (static_cast<std::uint64_t>(repeat) << upperHalf),
            run.stream() + spread * static_cast<std::uint32_t>(place + 1)};
}

std::vector<std::uint8_t> classify(const Run& run, const Die* die, const Wafer& wafer, const Dataset& images,
                                   const Dataset& calibration, const std::stop_token& stop)
{
    const RunSettings& settings = run.settings;
    const CellMap map(settings.network.layers, wafer.geometry, settings.spare);
    if (die && settings.circuit)
        return CircuitNetwork(run.network, *die, map, wafer.device, *settings.circuit, calibration, stop)
            .classify(images, noiseKey(settings, die->id), stop);
    const AnalogWeights weights = die ? analogWeights(*die, map, wafer.device) : nominalWeights(map);
    return classify(onDie(run.network, weights), settings.network, images);
}

double errorPercent(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given)
{
    const ConfusionMatrix matrix = confusion(labels, given);
    return 100.0 * (1.0 - static_cast<double>(matrix.matrix().trace()) / matrix.sum());
}

ConfusionMatrix confusion(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given)
{
    ConfusionMatrix matrix = ConfusionMatrix::Zero();
    for (std::size_t image = 0; image < labels.size(); ++image)
        ++matrix(labels[image], given[image]);
    return matrix;
}

} // namespace faultline
