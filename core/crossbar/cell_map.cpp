#include "crossbar/cell_map.h"

#include <algorithm>

#include "common/error.h"

namespace faultline
{
namespace
{

/// More pieces than this would cost more digital additions than the layer saves in wires.
constexpr int maxPieces = 16;

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

/// One layer cut into outputParts x inputParts rectangles; nothing if they do not fit.
std::optional<std::vector<Tile>> placeLayer(Occupancy& occupancy, int layer, int outputs, int inputs,
                                            int outputParts, int inputParts)
{
    const int tileOutputs = dividedUp(outputs, outputParts);
    const int tileInputs = dividedUp(inputs, inputParts);
    Occupancy trial = occupancy;
    std::vector<Tile> tiles;
    for (int output = 0; output < outputs; output += tileOutputs)
        for (int input = 0; input < inputs; input += tileInputs) {
            Tile tile{.layer = layer,
                      .firstOutput = output,
                      .outputs = std::min(tileOutputs, outputs - output),
                      .firstInput = input,
                      .inputs = std::min(tileInputs, inputs - input)};
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

/// With as few pieces as possible; cuts between outputs first, since they need no digital addition.
std::optional<std::vector<Tile>> placeLayer(Occupancy& occupancy, int layer, int outputs, int inputs)
{
    for (int pieces = 1; pieces <= maxPieces; ++pieces)
        for (int inputParts = 1; inputParts <= pieces; ++inputParts) {
            const int outputParts = pieces / inputParts;
            if (outputParts * inputParts != pieces || outputParts > outputs || inputParts > inputs)
                continue;
            if (auto tiles = placeLayer(occupancy, layer, outputs, inputs, outputParts, inputParts))
                return tiles;
        }
    return std::nullopt;
}

} // namespace

CellMap::CellMap(std::span<const int> layers, const DieGeometry& geometry)
    : layers_(layers.begin(), layers.end()),
      geometry_(geometry)
{
    geometry.validate();
    if (layers_.size() < 2 || std::ranges::any_of(layers_, [](int size) { return size < 1; }))
        throw Error("A network needs at least two layers with one neuron or more each; this one is " +
                    shapeText(layers_) + ".");

    Occupancy occupancy(geometry);
    for (int layer = 0; layer < weightLayers(); ++layer) {
        const auto tiles = placeLayer(occupancy, layer, outputs(layer), inputs(layer));
        if (!tiles) {
            long long weights = 0;
            for (int l = 0; l < weightLayers(); ++l)
                weights += static_cast<long long>(outputs(l)) * inputs(l);
            throw Error(
                "A " + shapeText(layers_) + " network does not fit: it needs " + std::to_string(2 * weights) +
                " junctions in rectangles of 2 rows per output and 1 "
                "column per input, at most " +
                std::to_string(maxPieces) + " for a layer; the die has " + std::to_string(geometry.cells()) +
                " junctions in " + std::to_string(geometry.rows) + " rows and " +
                std::to_string(geometry.columns) + " columns. Layer " + std::to_string(layer + 1) + " (" +
                std::to_string(inputs(layer)) + " to " + std::to_string(outputs(layer)) + ") found no room.");
        }
        tiles_.insert(tiles_.end(), tiles->begin(), tiles->end());
    }

    tileOf_.setConstant(geometry.rows, geometry.columns, -1);
    for (std::size_t index = 0; index < tiles_.size(); ++index) {
        const Tile& tile = tiles_[index];
        tileOf_.block(tile.row, tile.column, tile.rows(), tile.inputs) = static_cast<std::int16_t>(index);
    }
}

int CellMap::junctions() const
{
    int count = 0;
    for (const Tile& tile : tiles_)
        count += tile.rows() * tile.inputs;
    return count;
}

CellIndex CellMap::plus(const WeightIndex& weight) const
{
    const auto holds = [&](const Tile& tile) {
        return tile.layer == weight.layer && weight.output >= tile.firstOutput &&
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

CellIndex CellMap::minus(const WeightIndex& weight) const
{
    CellIndex cell = plus(weight);
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
               row % 2 == 0 ? +1 : -1};
}

} // namespace faultline
