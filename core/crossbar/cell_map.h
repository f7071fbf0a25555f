#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wafer/die_group.h"

namespace faultline
{

struct WeightIndex {
    int layer = 0;
    int output = 0;
    int input = 0;
    bool operator==(const WeightIndex&) const = default;
};

/// A rectangle of one layer's weights on the crossbar. The G+ cell of weight (firstOutput + j, firstInput +
/// i) is at (row + 2 j, column + i); its G- cell is one row below.
struct Tile {
    int layer = 0;
    int copy = 0; ///< 0 for the layer itself, 1 and up for its further copies
    int firstOutput = 0, outputs = 0;
    int firstInput = 0, inputs = 0;
    int row = 0, column = 0;

    int rows() const { return 2 * outputs; }
};

/// What is done with the cells that a network leaves over.
enum class Spare : std::uint8_t { Unused, Copies };

/// "unused", "copies".
std::string_view name(Spare spare);
Spare spareFromName(std::string_view name); ///< throws Error

/// Which two cells hold which weight. All weights of one input share a column; a differential pair is two
/// neighbouring rows (G+ above G-); a layer is one rectangle, or a few whose partial sums are added
/// digitally. A layer may stand there several times; the digital periphery then averages its copies, and
/// a defect counts by that much less: layer ensemble averaging, O. Yousuf et al., Nat. Commun. 16, 1250
/// (2025).
///
/// A network that does not fit on one die stands on as many as it needs, side by side (DieGroup). A
/// rectangle may lie across the joint of two dies: the two parts of a row's current are then sensed apart and
/// added digitally, and both cells of a pair are on the same die.
class CellMap
{
public:
    /// Lays out a dense network with `layers` neurons (inputs first, at least two numbers) on dies of this
    /// geometry. Spare cells then take further copies of whole layers, the last layer's first: it is small,
    /// and its defects cost the most. Throws Error that says what the network needs and what there is when it
    /// is too large for any number of dies.
    CellMap(std::span<const int> layers, const DieGeometry& die, Spare spare = Spare::Copies);

    const std::vector<int>& layers() const { return layers_; }
    int dies() const { return geometry_.columns / die_.columns; } ///< that the network takes
    const DieGeometry& die() const { return die_; }               ///< each of them
    const DieGeometry& geometry() const { return geometry_; }     ///< all of them, side by side
    const std::vector<Tile>& tiles() const { return tiles_; }
    /// The tiles cut at the joints of dies, in their order: what is read at once, each on one die.
    std::vector<Tile> tilesOnDies() const;
    int dieOf(const Tile& tile) const { return tile.column / die_.columns; } ///< of its first column
    int weightLayers() const { return static_cast<int>(layers_.size()) - 1; }
    int outputs(int layer) const { return layers_[static_cast<std::size_t>(layer) + 1]; }
    int inputs(int layer) const { return layers_[static_cast<std::size_t>(layer)]; }
    int copies(int layer) const { return copies_[static_cast<std::size_t>(layer)]; }
    int junctions() const; ///< cells in use, all copies

    CellIndex plus(const WeightIndex& weight, int copy = 0) const;
    CellIndex minus(const WeightIndex& weight, int copy = 0) const;

    /// The weight that a cell belongs to and the sign with which it counts; nothing for an unused cell.
    struct Use {
        WeightIndex weight;
        int copy = 0;
        int sign = 0; ///< +1 for G+, -1 for G-
    };
    std::optional<Use> use(const CellIndex& cell) const;

private:
    std::vector<int> layers_;
    DieGeometry die_, geometry_;
    std::vector<Tile> tiles_;
    std::vector<int> copies_;
    CellGrid<int> tileOf_; ///< -1: unused
};

/// "196-40-10", of the neurons of a network's layers.
std::string shapeText(std::span<const int> layers);

/// The cells that a network with `layers` neurons takes without copies.
std::int64_t junctionsOf(std::span<const int> layers);

/// The dies that a network with `layers` neurons takes (CellMap::dies()), or the largest number that there is
/// when it is too large for any.
int diesPerNetwork(std::span<const int> layers, const DieGeometry& die);

} // namespace faultline
