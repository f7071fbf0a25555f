#include "crossbar/cell_map.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "common/error.h"

namespace faultline
{
namespace
{

/// More pieces than this, beyond those that the number of rows asks for, would cost more digital additions
/// than the layer saves in wires.
constexpr int maxPieces = 16;

/// More copies than this gain little: what a defect still costs falls with their number.
constexpr int maxCopies = 8;

/// Most junctions of the dies that one network may take: two of the largest.
constexpr std::int64_t maxCells = 2LL * DieGeometry::maximumSide * DieGeometry::maximumSide;

/// Most pieces that the number of rows may ask for.
constexpr int maxStrips = 4096;

int dividedUp(int total, int parts)
{
    return (total + parts - 1) / parts;
}

/// Tiles on a crossbar of these sides.
class Floor
{
public:
    Floor(int rows, int columns) : rows_(rows), columns_(columns) {}

    /// Puts the tile into the first free place in the order of rows, then columns, with a pair's G+ on an
    /// even row. Such a place has the top or another tile right above it, and the side or another tile to its
    /// left. Returns whether there is one.
    bool place(Tile& tile)
    {
        for (const int row : tops_) {
            if (row + tile.rows() > rows_)
                return false;
            const int column = firstGap(row, tile.rows(), tile.inputs);
            if (column + tile.inputs > columns_)
                continue;
            tile.row = row;
            tile.column = column;
            tiles_.push_back(tile);
            tops_.insert(row + tile.rows());
            return true;
        }
        return false;
    }

    const std::vector<Tile>& tiles() const { return tiles_; } ///< in the order of their placing
    int width() const                                         ///< columns up to the last one in use
    {
        int width = 0;
        for (const Tile& tile : tiles_)
            width = std::max(width, tile.column + tile.inputs);
        return width;
    }

private:
    /// The first column from which so many are free in all of these rows.
    int firstGap(int row, int rows, int columns) const
    {
        std::vector<std::pair<int, int>> taken; // from, to
        for (const Tile& tile : tiles_)
            if (tile.row < row + rows && row < tile.row + tile.rows())
                taken.emplace_back(tile.column, tile.column + tile.inputs);
        std::ranges::sort(taken);
        int column = 0;
        for (const auto& [from, to] : taken) {
            if (from - column >= columns)
                break;
            column = std::max(column, to);
        }
        return column;
    }

    int rows_, columns_;
    std::vector<Tile> tiles_;
    std::set<int> tops_{0};
};

/// A layer of weights and how many pieces it is cut into.
struct Cut {
    int layer, outputs, inputs;
    int outputParts, inputParts;
};

/// Places the rectangles of a layer, or none of them if they do not all fit.
bool place(Floor& floor, const Cut& cut, int copy)
{
    const int tileOutputs = dividedUp(cut.outputs, cut.outputParts);
    const int tileInputs = dividedUp(cut.inputs, cut.inputParts);
    Floor trial = floor;
    for (int output = 0; output < cut.outputs; output += tileOutputs)
        for (int input = 0; input < cut.inputs; input += tileInputs) {
            Tile tile{.layer = cut.layer,
                      .copy = copy,
                      .firstOutput = output,
                      .outputs = std::min(tileOutputs, cut.outputs - output),
                      .firstInput = input,
                      .inputs = std::min(tileInputs, cut.inputs - input)};
            if (!trial.place(tile))
                return false;
        }
    floor = std::move(trial);
    return true;
}

/// All ways to cut a layer for so many rows, fewest pieces first; cuts between outputs first, since they need
/// no digital addition.
std::vector<Cut> cuts(int layer, int outputs, int inputs, int rows)
{
    const int strips = dividedUp(outputs, rows / 2);
    std::vector<Cut> all;
    for (int pieces = strips; pieces < strips + maxPieces; ++pieces)
        for (int inputParts = 1; inputParts <= maxPieces; ++inputParts) {
            const int outputParts = pieces / inputParts;
            if (outputParts * inputParts == pieces && outputParts >= strips && outputParts <= outputs &&
                inputParts <= inputs)
                all.push_back({layer, outputs, inputs, outputParts, inputParts});
        }
    return all;
}

/// A network without copies, and how each of its layers is cut.
struct Layout {
    Floor floor;
    std::vector<Cut> chosen;
};

/// Nothing when it does not fit.
std::optional<Layout> layOut(std::span<const int> layers, int rows, int columns)
{
    Layout layout{Floor(rows, columns), {}};
    for (std::size_t layer = 0; layer + 1 < layers.size(); ++layer) {
        const std::vector<Cut> all = cuts(static_cast<int>(layer), layers[layer + 1], layers[layer], rows);
        const auto fits =
            std::ranges::find_if(all, [&](const Cut& cut) { return place(layout.floor, cut, 0); });
        if (fits == all.end())
            return std::nullopt;
        layout.chosen.push_back(*fits);
    }
    return layout;
}

bool isNetwork(std::span<const int> layers)
{
    return layers.size() >= 2 && std::ranges::all_of(layers, [](int size) { return size >= 1; });
}

[[noreturn]] void refuse(std::span<const int> layers, const DieGeometry& die)
{
    throw Error(
        "A " + shapeText(layers) + " network is too large: it needs " + std::to_string(junctionsOf(layers)) +
        " junctions, 2 rows for each output of a layer, and a die has " + std::to_string(die.cells()) +
        " in " + std::to_string(die.rows) + " rows. One network takes " + std::to_string(maxCells) +
        " junctions at most, and a layer " + std::to_string(maxStrips) + " pieces above each other.");
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

std::string shapeText(std::span<const int> layers)
{
    std::string text;
    for (const int size : layers)
        text += (text.empty() ? "" : "-") + std::to_string(size);
    return text;
}

std::int64_t junctionsOf(std::span<const int> layers)
{
    std::int64_t weights = 0;
    for (std::size_t layer = 0; layer + 1 < layers.size(); ++layer)
        weights += static_cast<std::int64_t>(layers[layer]) * layers[layer + 1];
    return 2 * weights;
}

int diesPerNetwork(std::span<const int> layers, const DieGeometry& die)
{
    constexpr int tooMany = std::numeric_limits<int>::max();
    if (!isNetwork(layers))
        return tooMany;
    const std::int64_t least =
        std::max<std::int64_t>(1, (junctionsOf(layers) + die.cells() - 1) / die.cells());
    const int widest = *std::ranges::max_element(layers);
    if (least > maxCells / die.cells() || die.rows < 2 || dividedUp(widest, die.rows / 2) > maxStrips)
        return tooMany;
    // On a crossbar without end the first way to cut a layer fits, all rectangles beside each other.
    const int width = layOut(layers, die.rows, tooMany)->floor.width();
    int tooFew = static_cast<int>(least) - 1, enough = dividedUp(width, die.columns);
    while (enough - tooFew > 1) {
        const int dies = std::midpoint(tooFew, enough);
        (layOut(layers, die.rows, dies * die.columns) ? enough : tooFew) = dies;
    }
    return enough > maxCells / die.cells() ? tooMany : enough;
}

CellMap::CellMap(std::span<const int> layers, const DieGeometry& die, Spare spare)
    : layers_(layers.begin(), layers.end()),
      die_(die)
{
    die.validate();
    if (!isNetwork(layers))
        throw Error("A network needs at least two layers with one neuron or more each; this one is " +
                    shapeText(layers_) + ".");
    const int dies = diesPerNetwork(layers, die);
    if (dies > maxCells / die.cells())
        refuse(layers, die);
    geometry_ = sideBySide(die, dies);

    auto [floor, chosen] = *layOut(layers, geometry_.rows, geometry_.columns);
    copies_.assign(chosen.size(), 1);
    if (spare == Spare::Copies)
        for (std::size_t layer = chosen.size(); layer-- > 0;)
            while (copies_[layer] < maxCopies && place(floor, chosen[layer], copies_[layer]))
                ++copies_[layer];
    tiles_ = floor.tiles();

    tileOf_.setConstant(geometry_.rows, geometry_.columns, -1);
    for (std::size_t index = 0; index < tiles_.size(); ++index) {
        const Tile& tile = tiles_[index];
        tileOf_.block(tile.row, tile.column, tile.rows(), tile.inputs) = static_cast<int>(index);
    }
}

std::vector<Tile> CellMap::tilesOnDies() const
{
    std::vector<Tile> parts;
    for (const Tile& tile : tiles_)
        for (int done = 0; done < tile.inputs;) {
            Tile part = tile;
            part.firstInput += done;
            part.column += done;
            part.inputs = std::min(tile.inputs - done, die_.columns - part.column % die_.columns);
            done += part.inputs;
            parts.push_back(part);
        }
    return parts;
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
