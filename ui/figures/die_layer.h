#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <QString>

#include "crossbar/cell_map.h"
#include "learning/circuit_network.h"
#include "study/study.h"

namespace faultline
{

/// What of a die is shown: healthy cells in quiet greys with its defects in colour, or a number of each cell;
/// the last four while one tile of a network is read through the circuit.
enum class DieLayer {
    Defects,
    ConductanceP,
    ConductanceAP,
    Tmr,
    Weights,
    Damage,
    WordLine,
    BitLine,
    CellCurrent,
    CellPower
};
constexpr bool isOfRead(DieLayer layer)
{
    return layer >= DieLayer::WordLine;
}

/// How a layer's numbers are written.
struct LayerText {
    QString name;        ///< "G at P"
    QString unit;        ///< "µS"; empty for plain numbers
    double perUnit;      ///< a value in SI times this is a number in the unit
    int decimals;        ///< that are worth writing
    QString axis() const ///< "G at P (µS)"
    {
        return unit.isEmpty() ? name : QString("%1 (%2)").arg(name, unit);
    }
    QString text(double value) const; ///< without the unit
};
LayerText textOf(DieLayer layer);

/// A network as it lies on a die.
class MappedNetwork
{
public:
    /// `groups`: where a network that takes several dies stands. Throws Error when it is too large.
    MappedNetwork(const Run& run, const DieGeometry& die, const std::vector<DieGroup>& groups = {});

    const CellMap& map() const { return map_; }
    /// Which of the network's dies this one is, from 0; nothing when it holds no part of it.
    std::optional<int> partOn(const Die& die) const;
    std::optional<CellMap::Use> use(const Die& die, const CellIndex& cell) const;
    int written(const WeightIndex& weight) const; ///< +1 or -1
    /// What the pair of cells that `cell` belongs to is worth on a die: (G+ - G-) / (G_P - G_AP) with both
    /// cells as written. This pair's alone; the network sees the mean over the layer's copies. NaN for an
    /// unused cell and for one that the die does not have.
    double pairValue(const Die& die, const Device& device, const CellIndex& cell) const;

private:
    CellMap map_;
    std::map<int, int> parts_; ///< by Die::id, when it takes several dies
    std::vector<Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic>>
        positive_; ///< per layer: outputs x inputs
};

/// A number for each cell of a die.
struct Overlay {
    Overlay(DieLayer what = DieLayer::Defects) : layer(what) {} // NOLINT: a layer alone is an overlay

    DieLayer layer;
    Device device;                                ///< for Weights and Damage
    std::shared_ptr<const MappedNetwork> network; ///< for Weights and Damage
    std::shared_ptr<const TileRead> read;         ///< for layers of a read, of the die that is shown

    /// Volt, ampere and watt for layers of a read; siemens for conductances (of G at P for Defects),
    /// otherwise a plain number: TMR = G_P / G_AP - 1, the weight, |weight - ideal|. NaN where the cell has
    /// none.
    double value(const Die& die, const CellIndex& cell) const;
    /// Rows above and below a changed cell that change with it: a weight is a pair.
    int reach() const { return layer == DieLayer::Weights || layer == DieLayer::Damage ? 1 : 0; }
};

} // namespace faultline
