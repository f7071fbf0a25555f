#include "wafer/die.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "common/require.h"

namespace faultline
{

std::string_view name(Defect defect)
{
    switch (defect) {
    case Defect::None:
        return "none";
    case Defect::Short:
        return "short";
    case Defect::Open:
        return "open";
    case Defect::StuckP:
        return "stuck-P";
    case Defect::StuckAP:
        return "stuck-AP";
    }
    throw Error("defect label " + std::to_string(static_cast<int>(defect)) + " is not known");
}

std::string_view name(Level level)
{
    return level == P ? "P" : "AP";
}

void DieGeometry::validate() const
{
    const auto validateSide = [](const std::string& lines, int count, int inKernel) {
        require(count >= 1 && count <= maximumSide, "number of " + lines, count,
                "from 1 to " + std::to_string(maximumSide));
        require(inKernel >= 1 && count % inKernel == 0, "number of " + lines + " in a kernel", inKernel,
                "a divisor of the die's " + std::to_string(count));
    };
    validateSide("rows", rows, kernelRows);
    validateSide("columns", columns, kernelColumns);
}

void Device::validate() const
{
    // Within these, the difference of the two conductances and its inverse are numbers.
    require(parallelResistance >= 1e-24 && parallelResistance <= 1e24, "resistance R_P", parallelResistance,
            "more than 0 ohm (1e-24 to 1e24)");
    require(tmr >= 1e-9 && tmr <= 1e9, "TMR", tmr, "more than 0 (1.5 is 150 %; 1e-9 to 1e9)");
}

Die::Die(std::string dieName, const DieGeometry& geometry, const Device& device) : name(std::move(dieName))
{
    for (int level = 0; level < levelCount; ++level) {
        const auto nominal = static_cast<float>(device.conductance(static_cast<Level>(level)));
        conductance.push_back(CellGrid<float>::Constant(geometry.rows, geometry.columns, nominal));
    }
    defect = CellGrid<Defect>::Constant(geometry.rows, geometry.columns, Defect::None);
}

CellIndex TesterAxes::of(const CellIndex& cell, int rows, int columns) const
{
    CellIndex at{rowsFlipped ? rows - 1 - cell.row : cell.row,
                 columnsFlipped ? columns - 1 - cell.column : cell.column};
    if (transposed)
        std::swap(at.row, at.column);
    return {at.row + firstIndex, at.column + firstIndex};
}

bool Die::isMeasured(Eigen::Index cell) const
{
    return !std::ranges::binary_search(acquisition.missing, cell);
}

DefectCounts Die::counts() const
{
    DefectCounts counts{};
    for (Defect label : defect.reshaped())
        ++counts[static_cast<std::size_t>(label)];
    for (const int cell : acquisition.missing)
        --counts[static_cast<std::size_t>(defect.data()[cell])];
    return counts;
}

int Die::defectCount() const
{
    return measuredCells() - counts()[static_cast<std::size_t>(Defect::None)];
}

int Die::measuredCells() const
{
    return static_cast<int>(defect.size()) - static_cast<int>(acquisition.missing.size());
}

CellState Die::cell(const CellIndex& at) const
{
    CellState state{defect(at.row, at.column), {}, isMeasured(at.row * columns() + at.column)};
    for (std::size_t level = 0; level < conductance.size(); ++level)
        state.conductance[level] = conductance[level](at.row, at.column);
    return state;
}

void Die::setCell(const CellIndex& at, const CellState& state)
{
    defect(at.row, at.column) = state.defect;
    for (std::size_t level = 0; level < conductance.size(); ++level)
        conductance[level](at.row, at.column) = state.conductance[level];
    const int cell = at.row * columns() + at.column;
    auto& missing = acquisition.missing;
    const auto place = std::ranges::lower_bound(missing, cell);
    const bool isMissing = place != missing.end() && *place == cell;
    if (state.measured && isMissing)
        missing.erase(place);
    else if (!state.measured && !isMissing)
        missing.insert(place, cell);
}

void Die::setDefect(int row, int column, Defect label, float siemens)
{
    defect(row, column) = label;
    for (auto& grid : conductance)
        grid(row, column) = siemens;
}

std::optional<Level> Wafer::assumedLevel() const
{
    for (const Die& die : dies)
        if (die.acquisition.assumed)
            return die.acquisition.assumed;
    return {};
}

bool Wafer::isFullyMeasured() const
{
    return std::ranges::all_of(dies, [](const Die& die) { return die.acquisition.missing.empty(); });
}

const Die* Wafer::find(int id) const
{
    const auto found = std::ranges::find(dies, id, &Die::id);
    return found == dies.end() ? nullptr : &*found;
}

void Wafer::add(Die die)
{
    die.id = 0;
    for (const Die& other : dies)
        die.id = std::max(die.id, other.id + 1);
    dies.push_back(std::move(die));
}

void Wafer::validate() const
{
    geometry.validate();
    device.validate();
    std::set<int> ids;
    std::set<std::string> names;
    for (const Die& die : dies) {
        if (die.rows() != geometry.rows || die.columns() != geometry.columns)
            throw Error("Die " + die.name + " has " + std::to_string(die.rows()) + " x " +
                        std::to_string(die.columns()) + " cells; those of this wafer have " +
                        std::to_string(geometry.rows) + " x " + std::to_string(geometry.columns) + ".");
        require(die.id >= 0 && die.id <= Die::maximumId, "Number of die " + die.name, die.id,
                "from 0 to " + std::to_string(Die::maximumId));
        if (!ids.insert(die.id).second)
            throw Error("Two dies have the number " + std::to_string(die.id) + ".");
        if (!names.insert(die.name).second)
            throw Error("Two dies have the name \"" + die.name + "\".");
    }
}

} // namespace faultline
