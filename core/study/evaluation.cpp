#include "study/evaluation.h"

#include "common/error.h"
#include "crossbar/cell_map.h"

namespace faultline
{

std::vector<std::uint8_t> classify(const Run& run, const Die* die, const Wafer& wafer, const Dataset& images)
{
    const RunSettings& settings = run.settings;
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
