#include "crossbar/cell_map.h"

#include <algorithm>

#include "common/error.h"

namespace faultline
{
namespace
{

/// More pieces than this would cost more digital additions than the layer saves in wires.
constexpr int maxPieces = 16;

/// More copies than this gain little: what a defect still costs falls with their number.
constexpr int maxCopies = 8;

std::string shapeText(std::span<const int> layers)
{
    std::string text;
    for (const int size : layers)
        text += (text.empty() ? "" : "-") + std::to_string(size);
    return text;
}

int dividedUp(int total, int parts)
{
    return (total + parts - 1) / parts;
}

/// Cells in use, with sums over rectangles in constant time.
class Occupancy
{
public:
    explicit Occupancy(const DieGeometry& geometry)
        : used_(CellGrid<int>::Zero(geometry.rows, geometry.columns)),
          sums_(CellGrid<int>::Zero(geometry.rows + 1, geometry.columns + 1))
    {
    }

    /// First free place from the top left, with a pair's G+ on an even row.
    std::optional<CellIndex> place(int rows, int columns)
    {
        for (int row = 0; row + rows <= used_.rows(); row += 2)
            for (int column = 0; column + columns <= used_.cols(); ++column)
                if (isFree(row, column, rows, columns)) {
                    used_.block(row, column, rows, columns) = 1;
                    sumUp();
                    return CellIndex{row, column};
                }
        return std::nullopt;
    }

private:
    bool isFree(int row, int column, int rows, int columns) const
    {
        return sums_(row + rows, column + columns) - sums_(row, column + columns) -
                   sums_(row + rows, column) + sums_(row, column) ==
               0;
    }

    void sumUp()
    {
        for (Eigen::Index row = 0; row < used_.rows(); ++row)
            for (Eigen::Index column = 0; column < used_.cols(); ++column)
                sums_(row + 1, column + 1) =
                    used_(row, column) + sums_(row, column + 1) + sums_(row + 1, column) - sums_(row, column);
    }

    CellGrid<int> used_;
    CellGrid<int> sums_;
};

/// A layer of weights and how many pieces it is cut into.
struct Cut {
    int layer, outputs, inputs;
    int outputParts, inputParts;
};

/// The layer's rectangles; nothing if they do not fit.
std::optional<std::vector<Tile>> place(Occupancy& occupancy, const Cut& cut, int copy)
{
    const int tileOutputs = dividedUp(cut.outputs, cut.outputParts);
    const int tileInputs = dividedUp(cut.inputs, cut.inputParts);
    Occupancy trial = occupancy;
    std::vector<Tile> tiles;
    for (int output = 0; output < cut.outputs; output += tileOutputs)
        for (int input = 0; input < cut.inputs; input += tileInputs) {
            Tile tile{.layer = cut.layer,
                      .copy = copy,
                      .firstOutput = output,
                      .outputs = std::min(tileOutputs, cut.outputs - output),
                      .firstInput = input,
                      .inputs = std::min(tileInputs, cut.inputs - input)};
            const auto corner = trial.place(tile.rows(), tile.inputs);
            if (!corner)
                return std::nullopt;
            tile.row = corner->row;
            tile.column = corner->column;
            tiles.push_back(tile);
        }
    occupancy = std::move(trial);
    return tiles;
}

/// All ways to cut a layer, fewest pieces first; cuts between outputs first, since they need no digital
/// addition.
std::vector<Cut> cuts(int layer, int outputs, int inputs)
{
    std::vector<Cut> all;
    for (int pieces = 1; pieces <= maxPieces; ++pieces)
        for (int inputParts = 1; inputParts <= pieces; ++inputParts) {
            const int outputParts = pieces / inputParts;
            if (outputParts * inputParts == pieces && outputParts <= outputs && inputParts <= inputs)
                all.push_back({layer, outputs, inputs, outputParts, inputParts});
        }
    return all;
}

} // namespace

std::string_view name(Spare spare)
{
    return spare == Spare::Copies ? "copies" : "unused";
}

Spare spareFromName(std::string_view text)
{
    for (const Spare spare : {Spare::Unused, Spare::Copies})
        if (name(spare) == text)
            return spare;
    throw Error("Spare cells can be \"copies\" or \"unused\", not \"" + std::string(text) + "\".");
}

CellMap::CellMap(std::span<const int> layers, const DieGeometry& geometry, Spare spare)
    : layers_(layers.begin(), layers.end()),
      geometry_(geometry)
{
    geometry.validate();
    if (layers_.size() < 2 || std::ranges::any_of(layers_, [](int size) { return size < 1; }))
        throw Error("A network needs at least two layers with one neuron or more each; this one is " +
                    shapeText(layers_) + ".");

    Occupancy occupancy(geometry);
    std::vector<Cut> chosen;
    const auto placeCopy = [&](const Cut& cut, int copy) {
        const auto tiles = place(occupancy, cut, copy);
        if (tiles)
            tiles_.insert(tiles_.end(), tiles->begin(), tiles->end());
        return tiles.has_value();
    };
    for (int layer = 0; layer < weightLayers(); ++layer) {
        const std::vector<Cut> all = cuts(layer, outputs(layer), inputs(layer));
        const auto fits = std::ranges::find_if(all, [&](const Cut& cut) { return placeCopy(cut, 0); });
        if (fits == all.end())
            refuse(layer);
        chosen.push_back(*fits);
    }
    copies_.assign(chosen.size(), 1);
    if (spare == Spare::Copies)
        for (std::size_t layer = chosen.size(); layer-- > 0;)
            while (copies_[layer] < maxCopies && placeCopy(chosen[layer], copies_[layer]))
                ++copies_[layer];

    tileOf_.setConstant(geometry.rows, geometry.columns, -1);
    for (std::size_t index = 0; index < tiles_.size(); ++index) {
        const Tile& tile = tiles_[index];
        tileOf_.block(tile.row, tile.column, tile.rows(), tile.inputs) = static_cast<std::int16_t>(index);
    }
}

void CellMap::refuse(int layer) const
{
    long long weights = 0;
    for (int l = 0; l < weightLayers(); ++l)
        weights += static_cast<long long>(outputs(l)) * inputs(l);
    throw Error("A " + shapeText(layers_) + " network does not fit: it needs " + std::to_string(2 * weights) +
                " junctions in rectangles of 2 rows per output and 1 column per input, at most " +
                std::to_string(maxPieces) + " for a layer; the die has " + std::to_string(geometry_.cells()) +
                " junctions in " + std::to_string(geometry_.rows) + " rows and " +
                std::to_string(geometry_.columns) + " columns. Layer " + std::to_string(layer + 1) + " (" +
                std::to_string(inputs(layer)) + " to " + std::to_string(outputs(layer)) + ") found no room.");
}

int CellMap::junctions() const
{
    int count = 0;
    for (const Tile& tile : tiles_)
        count += tile.rows() * tile.inputs;
    return count;
}

CellIndex CellMap::plus(const WeightIndex& weight, int copy) const
{
    const auto holds = [&](const Tile& tile) {
        return tile.layer == weight.layer && tile.copy == copy && weight.output >= tile.firstOutput &&
               weight.output < tile.firstOutput + tile.outputs && weight.input >= tile.firstInput &&
               weight.input < tile.firstInput + tile.inputs;
    };
    const auto tile = std::ranges::find_if(tiles_, holds);
    if (tile == tiles_.end())
        throw Error("There is no weight (" + std::to_string(weight.output) + ", " +
                    std::to_string(weight.input) + ") in layer " + std::to_string(weight.layer + 1) +
                    " of a " + shapeText(layers_) + " network.");
    return {tile->row + 2 * (weight.output - tile->firstOutput),
            tile->column + weight.input - tile->firstInput};
}

CellIndex CellMap::minus(const WeightIndex& weight, int copy) const
{
    CellIndex cell = plus(weight, copy);
    ++cell.row;
    return cell;
}

std::optional<CellMap::Use> CellMap::use(const CellIndex& cell) const
{
    const int index = tileOf_(cell.row, cell.column);
    if (index < 0)
        return std::nullopt;
    const Tile& tile = tiles_[static_cast<std::size_t>(index)];
    const int row = cell.row - tile.row;
    return Use{{tile.layer, tile.firstOutput + row / 2, tile.firstInput + cell.column - tile.column},
               tile.copy,
               row % 2 == 0 ? +1 : -1};
}

} // namespace faultline
