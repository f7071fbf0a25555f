#include "figures/die_layer.h"

#include <cmath>

#include "common/error.h"
#include "figures/axis.h"

namespace faultline
{

LayerText textOf(DieLayer layer)
{
    switch (layer) {
    case DieLayer::Defects:
        return {"Defects", "µS", 1e6, 1};
    case DieLayer::ConductanceP:
        return {"G at P", "µS", 1e6, 1};
    case DieLayer::ConductanceAP:
        return {"G at AP", "µS", 1e6, 1};
    case DieLayer::Tmr:
        return {"TMR", "%", 100.0, 0};
    case DieLayer::Weights:
        return {"Weight", {}, 1.0, 2};
    case DieLayer::WordLine:
        return {"Word-line voltage", "mV", 1e3, 2};
    case DieLayer::BitLine:
        return {"Bit-line voltage", "mV", 1e3, 3};
    case DieLayer::CellCurrent:
        return {"Cell current", "µA", 1e6, 2};
    case DieLayer::CellPower:
        return {"Cell power", "µW", 1e6, 3};
    case DieLayer::Damage:
        break;
    }
    return {"|weight − ideal|", {}, 1.0, 2};
}

QString LayerText::text(double value) const
{
    return printed(value * perUnit, decimals);
}

MappedNetwork::MappedNetwork(const Run& run, const DieGeometry& die, const std::vector<DieGroup>& groups)
    : map_(run.settings.network.layers, die, run.settings.spare)
{
    for (const DieGroup& group : groups)
        for (std::size_t part = 0; part < group.dies.size(); ++part)
            parts_[group.dies[part]->id] = static_cast<int>(part);
    if (static_cast<int>(run.network.layers.size()) != map_.weightLayers())
        throw Error("The network's weights are not known.");
    for (const Network::Layer& layer : run.network.layers)
        positive_.emplace_back(layer.latent.array() >= 0.0F);
}

int MappedNetwork::written(const WeightIndex& weight) const
{
    return positive_[static_cast<std::size_t>(weight.layer)](weight.output, weight.input) ? 1 : -1;
}

std::optional<int> MappedNetwork::partOn(const Die& die) const
{
    if (map_.dies() == 1)
        return 0;
    const auto found = parts_.find(die.id);
    return found == parts_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<CellMap::Use> MappedNetwork::use(const Die& die, const CellIndex& cell) const
{
    const auto part = partOn(die);
    if (!part || cell.row >= map_.die().rows || cell.column >= map_.die().columns)
        return std::nullopt;
    return map_.use({cell.row, cell.column + *part * map_.die().columns});
}

double MappedNetwork::pairValue(const Die& die, const Device& device, const CellIndex& cell) const
{
    const auto use = this->use(die, cell);
    if (!use)
        return NAN;
    const CellIndex plus{use->sign > 0 ? cell.row : cell.row - 1, cell.column};
    const CellIndex minus{plus.row + 1, plus.column};
    if (!die.contains(minus))
        return NAN;
    const bool up = written(use->weight) > 0;
    const auto& gPlus = die.conductance[up ? P : AP];
    const auto& gMinus = die.conductance[up ? AP : P];
    return (static_cast<double>(gPlus(plus.row, plus.column)) - gMinus(minus.row, minus.column)) /
           (device.conductance(P) - device.conductance(AP));
}

namespace
{

double valueOf(DieLayer layer, const CrossbarState& state, const CellIndex& cell)
{
    const auto& [row, column] = cell;
    if (row >= state.cellCurrent.rows() || column >= state.cellCurrent.cols())
        return NAN;
    switch (layer) {
    case DieLayer::WordLine:
        return state.columnVoltage(row, column);
    case DieLayer::BitLine:
        return state.rowVoltage(row, column);
    case DieLayer::CellCurrent:
        return state.cellCurrent(row, column);
    default:
        return state.cellVoltage(row, column) * state.cellCurrent(row, column);
    }
}

} // namespace

double Overlay::value(const Die& die, const CellIndex& cell) const
{
    const auto conductance = [&](Level level) -> double {
        return die.conductance[level](cell.row, cell.column);
    };
    switch (layer) {
    case DieLayer::Defects:
    case DieLayer::ConductanceP:
        return conductance(P);
    case DieLayer::ConductanceAP:
        return conductance(AP);
    case DieLayer::Tmr:
        return conductance(AP) > 0.0 ? conductance(P) / conductance(AP) - 1.0 : NAN;
    case DieLayer::Weights:
        return network ? network->pairValue(die, device, cell) : NAN;
    case DieLayer::Damage: {
        if (!network)
            return NAN;
        const double value = network->pairValue(die, device, cell);
        return std::isnan(value) ? NAN : std::abs(value - network->written(network->use(die, cell)->weight));
    }
    case DieLayer::WordLine:
    case DieLayer::BitLine:
    case DieLayer::CellCurrent:
    case DieLayer::CellPower:
        return read ? valueOf(layer, read->state, cell) : NAN;
    }
    return NAN;
}

} // namespace faultline
