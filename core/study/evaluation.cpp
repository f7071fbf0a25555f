#include "study/evaluation.h"

#include "common/error.h"
#include "crossbar/cell_map.h"
#include "learning/circuit_network.h"

namespace faultline
{

CellMap mapOnOneDie(std::span<const int> layers, const DieGeometry& die, Spare spare)
{
    CellMap map(layers, die, spare);
    if (map.dies() > 1)
        throw Error("Circuits are read one die at a time, and this network takes " +
                    std::to_string(map.dies()) + " dies.");
    return map;
}

std::vector<std::uint8_t> classify(const Run& run, const Die* die, const Wafer& wafer, const Dataset& images,
                                   const Dataset& calibration)
{
    const RunSettings& settings = run.settings;
    if (die && settings.circuit) {
        constexpr std::uint32_t spread = 0x9E3779B9; // other noise for each run and die
        const NoiseKey noise{settings.seed,
                             settings.stream() + spread * static_cast<std::uint32_t>(die->id + 1)};
        const CellMap map = mapOnOneDie(settings.network.layers, wafer.geometry, settings.spare);
        return CircuitNetwork(run.network, *die, map, wafer.device, *settings.circuit, calibration)
            .classify(images, noise);
    }
    const CellMap map(settings.network.layers, wafer.geometry, settings.spare);
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
