#include "crossbar/analog_weights.h"

#include "common/error.h"

namespace faultline
{

AnalogWeights analogWeights(const Die& die, const CellMap& map, const Device& device)
{
    const DieGeometry& geometry = map.geometry();
    if (die.rows() < geometry.rows || die.columns() < geometry.columns)
        throw Error("Die " + die.name + " has " + std::to_string(die.rows()) + " x " +
                    std::to_string(die.columns()) + " cells; the network is mapped onto " +
                    std::to_string(geometry.rows) + " x " + std::to_string(geometry.columns) + ".");

    const CellGrid<float>& high = die.conductance[P];
    const CellGrid<float>& low = die.conductance[AP];
    AnalogWeights weights(static_cast<std::size_t>(map.weightLayers()));
    for (int layer = 0; layer < map.weightLayers(); ++layer) {
        AnalogLayer& values = weights[static_cast<std::size_t>(layer)];
        values.up.setZero(map.outputs(layer), map.inputs(layer));
        values.down.setZero(map.outputs(layer), map.inputs(layer));
    }
    for (const Tile& tile : map.tiles()) {
        AnalogLayer& values = weights[static_cast<std::size_t>(tile.layer)];
        const auto scale = static_cast<float>(1.0 / (device.conductance(P) - device.conductance(AP)) /
                                              map.copies(tile.layer));
        for (int j = 0; j < tile.outputs; ++j)
            for (int i = 0; i < tile.inputs; ++i) {
                const int plus = tile.row + 2 * j;
                const int minus = plus + 1;
                const int column = tile.column + i;
                values.up(tile.firstOutput + j, tile.firstInput + i) +=
                    (high(plus, column) - low(minus, column)) * scale;
                values.down(tile.firstOutput + j, tile.firstInput + i) +=
                    (low(plus, column) - high(minus, column)) * scale;
            }
    }
    return weights;
}

AnalogWeights analogWeights(const DieGroup& group, const CellMap& map, const Device& device)
{
    return group.dies.size() == 1 ? analogWeights(*group.dies.front(), map, device)
                                  : analogWeights(group.joined(), map, device);
}

AnalogWeights nominalWeights(const CellMap& map)
{
    AnalogWeights weights;
    for (int layer = 0; layer < map.weightLayers(); ++layer)
        weights.push_back({Eigen::MatrixXf::Constant(map.outputs(layer), map.inputs(layer), 1.0f),
                           Eigen::MatrixXf::Constant(map.outputs(layer), map.inputs(layer), -1.0f)});
    return weights;
}

} // namespace faultline
