#include "measurement/table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "common/error.h"
#include "common/statistics.h"
#include "common/text.h"

namespace faultline::measured
{

namespace
{

/// Reads one line after the other into the dies that they name.
class TableReader
{
public:
    TableReader(const Source& source, const ImportRecipe& recipe) : source_(source), recipe_(recipe) {}

    using Add = std::function<void(const DieOfTable&, Level, const CellGrid<double>&)>;

    TableFacts read(const Add& add)
    {
        const NamedState fileName = nameOf(source_.file, recipe_);
        forEachLine(source_.bytes, recipe_.text, [&](int line, std::span<const std::string_view> fields) {
            if (line > recipe_.text.headerLines && !std::ranges::all_of(fields, &std::string_view::empty))
                addLine(line, fields, fileName);
        });
        if (entries_.empty())
            throw Error(source_.file.string(), "", "no numbers", "a table with a line for each cell");
        nameByPlace(fileName.name);
        for (std::size_t i = 0; i < dies_.size(); ++i)
            for (const Level level : {AP, P})
                if (dies_[i].measured[static_cast<std::size_t>(level)])
                    add(dies_[i], level, gridOf(i, level));
        return {repeated_, fileName.isWord && recipe_.columns.state == 0};
    }

private:
    struct Entry {
        std::uint32_t die;
        Level level;
        int row, column; // from 0
        int line;
        double value;
    };

    [[noreturn]] void refuse(int line, int column, std::string_view found, const std::string& expected) const
    {
        throw Error(source_.file.string(),
                    "line " + std::to_string(line) + ", column " + std::to_string(column), inQuotes(found),
                    expected);
    }

    int wholeNumber(int line, std::span<const std::string_view> fields, int column, int least, int most,
                    std::string_view hint = {}) const
    {
        const std::string_view field = fields[static_cast<std::size_t>(column) - 1];
        const auto value = measuredNumber(field, recipe_.text.decimal);
        if (!value || !(*value >= least && *value <= most) || *value != std::floor(*value))
            refuse(line, column, field,
                   "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                       std::string(hint));
        return static_cast<int>(*value);
    }
    int cellNumber(int line, std::span<const std::string_view> fields, int column) const
    {
        const int first = recipe_.firstIndex;
        return wholeNumber(
                   line, fields, column, first, DieGeometry::maximumSide + first - 1,
                   first == 0 ? "" : "; a table that counts from 0 has the first index 0 (--first-index)") -
               first;
    }
    int waferNumber(int line, std::span<const std::string_view> fields, int column) const
    {
        constexpr int farthest = 999;
        return wholeNumber(line, fields, column, -farthest, farthest);
    }

    void addLine(int line, std::span<const std::string_view> fields, const NamedState& fileName)
    {
        const TableColumns& columns = recipe_.columns;
        if (columnCount_ == 0) {
            columnCount_ = fields.size();
            firstLine_ = line;
            const int most =
                std::max({columns.die, columns.row, columns.column, columns.state, columns.value,
                          columns.parallel, columns.antiparallel, columns.waferRow, columns.waferColumn});
            if (static_cast<std::size_t>(most) > columnCount_)
                throw Error(source_.file.string(), "line " + std::to_string(line),
                            std::to_string(columnCount_) + " fields",
                            std::to_string(most) + " as the recipe's columns say");
        }
        while (fields.size() > columnCount_ && fields.back().empty())
            fields = fields.first(fields.size() - 1);
        if (fields.size() != columnCount_)
            throw Error(source_.file.string(), "line " + std::to_string(line),
                        std::to_string(fields.size()) + " fields",
                        std::to_string(columnCount_) + " as in line " + std::to_string(firstLine_));
        const auto field = [&](int column) { return fields[static_cast<std::size_t>(column) - 1]; };
        const bool placed = columns.waferRow > 0 && columns.waferColumn > 0;
        if (placed && columns.die == 0)
            place_ = "X" + std::to_string(waferNumber(line, fields, columns.waferColumn)) + "Y" +
                     std::to_string(waferNumber(line, fields, columns.waferRow));
        const std::uint32_t die = dieNamed(columns.die > 0 ? field(columns.die)
                                           : placed        ? std::string_view(place_)
                                                           : std::string_view(fileName.name));
        const int row = cellNumber(line, fields, columns.row);
        const int column = cellNumber(line, fields, columns.column);
        if (placed)
            dies_[die].position = WaferPosition{waferNumber(line, fields, columns.waferRow),
                                                waferNumber(line, fields, columns.waferColumn)};
        const auto add = [&](int valueColumn, Level level) {
            const auto value = measuredNumber(field(valueColumn), recipe_.text.decimal);
            if (!value)
                refuse(line, valueColumn, field(valueColumn), "a number");
            dies_[die].measured[static_cast<std::size_t>(level)] = true;
            entries_.push_back({die, level, row, column, line, *value});
            rows_ = std::max(rows_, row + 1);
            columns_ = std::max(columns_, column + 1);
        };
        if (columns.parallel > 0)
            add(columns.parallel, P);
        if (columns.antiparallel > 0)
            add(columns.antiparallel, AP);
        if (columns.value > 0) {
            std::optional<Level> level = fileName.level;
            if (columns.state > 0) {
                level = stateNamed(field(columns.state));
                if (!level)
                    refuse(line, columns.state, field(columns.state), "a state, P or AP");
            } else if (!level && recipe_.states.size() == 1) {
                level = recipe_.states.front();
            }
            if (!level)
                throw Error(source_.file.string(), "line " + std::to_string(line), "a value without a state",
                            "a column of states, P or AP in the file's name, or a "
                            "recipe with one state");
            add(columns.value, *level);
        }
    }

    std::uint32_t dieNamed(std::string_view name)
    {
        if (dies_.empty() || dies_[lastDie_].name != name) {
            const auto [found, isNew] =
                index_.try_emplace(std::string(name), static_cast<std::uint32_t>(dies_.size()));
            if (isNew)
                dies_.push_back({std::string(name), {}, {}});
            lastDie_ = found->second;
        }
        return lastDie_;
    }

    /// A file of one die alone gives it its name.
    void nameByPlace(const std::string& fileName)
    {
        if (recipe_.columns.die == 0 && dies_.size() == 1)
            dies_.front().name = fileName;
    }

    /// Cells without a line are missing.
    CellGrid<double> gridOf(std::size_t die, Level level)
    {
        if (sorted_.empty()) {
            sorted_.resize(dies_.size() * levelCount);
            for (const Entry& entry : entries_)
                sorted_[std::size_t{entry.die} * levelCount + static_cast<std::size_t>(entry.level)]
                    .push_back(&entry);
        }
        CellGrid<double> grid = CellGrid<double>::Constant(rows_, columns_, nan);
        CellGrid<int> lines = CellGrid<int>::Zero(rows_, columns_);
        std::map<std::pair<int, int>, std::vector<double>> again; // all values of cells that have several
        for (const Entry* entry : sorted_[die * levelCount + static_cast<std::size_t>(level)]) {
            int& first = lines(entry->row, entry->column);
            double& value = grid(entry->row, entry->column);
            if (first == 0) {
                first = entry->line;
                value = entry->value;
                continue;
            }
            if (recipe_.repeated == Repeated::None)
                throw Error(
                    source_.file.string(), "line " + std::to_string(entry->line),
                    "a second value of one cell and state",
                    "one; the first is in line " + std::to_string(first) +
                        ". Where cells are measured again, choose the value that stands: first, last, "
                        "median or worst (--repeated)");
            ++repeated_;
            std::vector<double>& values = again[{entry->row, entry->column}];
            if (values.empty())
                values.push_back(value);
            values.push_back(entry->value);
        }
        if (!again.empty()) {
            const double usual = quantile(finite({grid.data(), static_cast<std::size_t>(grid.size())}), 0.5);
            for (const auto& [cell, values] : again)
                grid(cell.first, cell.second) = standing(values, usual);
        }
        return grid;
    }

    static std::vector<double> finite(std::span<const double> values)
    {
        std::vector<double> result;
        std::ranges::copy_if(values, std::back_inserter(result),
                             [](double value) { return std::abs(value) < leastMark; });
        return result;
    }

    /// The one of several values that the recipe takes. Those that miss count only where all do.
    double standing(const std::vector<double>& values, double usual) const
    {
        const std::vector<double> numbers = finite(values);
        switch (recipe_.repeated) {
        case Repeated::First:
            return values.front();
        case Repeated::Median:
            return numbers.empty() ? values.back() : quantile(numbers, 0.5);
        case Repeated::Worst: { // farthest, by orders of magnitude, from what the die's cells have
            const auto distance = [&](double value) {
                return std::isnan(value) ? -1.0 : std::abs(std::log(std::abs(value / usual)));
            };
            return *std::ranges::max_element(values, {}, distance);
        }
        default:
            return values.back();
        }
    }

    const Source& source_;
    const ImportRecipe& recipe_;
    std::vector<DieOfTable> dies_;
    std::map<std::string, std::uint32_t> index_;
    std::uint32_t lastDie_ = 0;
    std::vector<Entry> entries_;
    std::vector<std::vector<const Entry*>> sorted_;
    std::size_t columnCount_ = 0;
    int firstLine_ = 0, rows_ = 0, columns_ = 0;
    long repeated_ = 0;
    std::string place_; ///< of the line's die, as its name
};

} // namespace

TableFacts
readTable(const Source& source, const ImportRecipe& recipe,
          const std::function<void(const DieOfTable& die, Level level, const CellGrid<double>& values)>& add)
{
    return TableReader(source, recipe).read(add);
}

} // namespace faultline::measured
