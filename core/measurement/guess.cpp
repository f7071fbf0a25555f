#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>

#include "common/statistics.h"
#include "common/text.h"
#include "measurement/import.h"
#include "measurement/source.h"
#include "measurement/units.h"

namespace faultline
{

namespace fs = std::filesystem;
using namespace measured;

namespace
{

/// Their median, without what instruments send for no number.
double typical(std::span<const double> values)
{
    std::vector<double> numbers;
    std::ranges::copy_if(values, std::back_inserter(numbers),
                         [](double value) { return std::abs(value) < leastMark; });
    return std::abs(quantile(numbers, 0.5));
}

/// What a name without a unit says holds only if the numbers agree.
Quantity quantityOf(const Named& named, double typicalValue, double readVoltage)
{
    if (named.quantity)
        return *named.quantity;
    const Quantity quantity = measured::quantityOf(typicalValue, named.kind);
    return isPlausible(typicalValue, quantity, readVoltage)
               ? quantity
               : measured::quantityOf(typicalValue, std::nullopt);
}

/// The one column that holds the values, of several by what their names mean; 0 where none or two could be.
int valueColumn(const std::vector<std::string>& header, const std::vector<int>& candidates)
{
    const auto rank = [&](int column) {
        const std::string& words = header[static_cast<std::size_t>(column) - 1];
        if (const auto kind = namedUnit(words, true).kind)
            return static_cast<int>(*kind); // resistances first, which are computed from currents
        const std::string word = lower(words);
        return word.starts_with("value") || word.starts_with("measured") || word.starts_with("reading") ? 3
                                                                                                        : 4;
    };
    if (candidates.empty())
        return 0;
    const int best = *std::ranges::min_element(candidates, {}, rank);
    const auto equal = std::ranges::count(candidates, rank(best), rank);
    return equal == 1 ? best : 0;
}

/// Letters and digits alone, in lower case: "Die, name" is "diename".
std::string plainWord(std::string_view words)
{
    std::string word = lower(words);
    std::erase_if(word, [](unsigned char c) { return c < 0x80 && std::isalnum(c) == 0; });
    return word;
}

/// Columns of a table by the words of its header. No value where it could be several. X and Y are those of
/// the cell, or of the die where the cell has a row and a column besides.
TableColumns columnsNamed(const std::vector<std::string>& header)
{
    TableColumns columns;
    int x = 0, y = 0;
    std::array<std::vector<int>, levelCount> ofState;
    std::vector<int> others;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        const std::string word = plainWord(header[i]);
        const auto isOneOf = [&](std::initializer_list<std::string_view> words) {
            return std::ranges::find(words, word) != words.end();
        };
        const std::string words = lower(header[i]);
        const auto state = splitState(words.substr(0, words.find_first_of(" \n[("))).level;
        if (isOneOf({"waferrow", "dierow", "diey", "wafery", "chiprow", "chipy", "ydie", "ywafer"}))
            columns.waferRow = number;
        else if (isOneOf({"wafercolumn", "wafercol", "diecolumn", "diecol", "diex", "waferx", "chipcolumn",
                          "chipcol", "chipx", "xdie", "xwafer"}))
            columns.waferColumn = number;
        else if (isOneOf({"die", "chip", "diename", "dieid", "chipname", "chipid", "sample", "device"}))
            columns.die = number;
        else if (isOneOf({"row", "cellrow", "rowindex", "rownumber", "wordline", "wl", "devy", "celly",
                          "devicey", "zeile"}))
            columns.row = number;
        else if (isOneOf({"column", "col", "cellcolumn", "cellcol", "columnindex", "colindex", "columnnumber",
                          "bitline", "bl", "devx", "cellx", "devicex", "spalte"}))
            columns.column = number;
        else if (isOneOf({"x"}))
            x = number;
        else if (isOneOf({"y"}))
            y = number;
        else if (isOneOf({"state", "level", "written", "zustand"}))
            columns.state = number;
        else if (state)
            ofState[static_cast<std::size_t>(*state)].push_back(number);
        else
            others.push_back(number);
    }
    if (columns.row > 0 && columns.column > 0 && columns.waferRow == 0 && columns.waferColumn == 0) {
        columns.waferRow = x > 0 ? y : 0;
        columns.waferColumn = y > 0 ? x : 0;
    } else {
        columns.row = columns.row > 0 ? columns.row : y;
        columns.column = columns.column > 0 ? columns.column : x;
    }
    columns.parallel = valueColumn(header, ofState[P]);
    columns.antiparallel = valueColumn(header, ofState[AP]);
    if (columns.parallel > 0 || columns.antiparallel > 0)
        columns.state = 0;
    else if (ofState[P].empty() && ofState[AP].empty())
        columns.value = valueColumn(header, others);
    return columns;
}

/// The place of a die stays while its cells are measured: a row and column that never change are the die's
/// where X and Y do.
void tellPlacesApart(const std::vector<std::vector<std::string>>& header,
                     const std::vector<std::vector<std::string>>& lines, TableColumns& columns)
{
    const auto isCalled = [&](int column, std::string_view word) {
        return std::ranges::any_of(header, [&](const auto& names) {
            const auto index = static_cast<std::size_t>(column) - 1;
            return column > 0 && index < names.size() && plainWord(names[index]) == word;
        });
    };
    if (!isCalled(columns.waferRow, "y") || !isCalled(columns.waferColumn, "x"))
        return;
    const auto stays = [&](int column) {
        const auto index = static_cast<std::size_t>(column) - 1;
        return std::ranges::all_of(lines, [&](const auto& line) {
            return index < line.size() && index < lines.front().size() && line[index] == lines.front()[index];
        });
    };
    if (stays(columns.row) && stays(columns.column) &&
        !(stays(columns.waferRow) && stays(columns.waferColumn))) {
        std::swap(columns.row, columns.waferRow);
        std::swap(columns.column, columns.waferColumn);
    }
}

/// Columns of a table without a header: [die,] row, column, then a state and a value, or one or two values.
TableColumns columnsGuessed(const std::vector<std::vector<std::string>>& lines, char decimal)
{
    const std::size_t count = lines.front().size();
    if (count < 3 || count > 5 || lines.size() <= count)
        return {};
    const auto all = [&](std::size_t column, const auto& fits) {
        return std::ranges::all_of(
            lines, [&](const auto& line) { return line.size() == count && fits(line[column]); });
    };
    const auto isIndex = [&](std::size_t column) {
        return all(column, [&](const std::string& field) {
            const auto value = measuredNumber(field, decimal);
            return value && *value >= 0.0 && *value <= DieGeometry::maximumSide &&
                   *value == std::floor(*value);
        });
    };
    const auto isState = [&](std::size_t column) {
        return all(column, [](const std::string& field) { return stateNamed(field).has_value(); }) &&
               !isIndex(column);
    };
    const auto number = [](std::size_t column) { return static_cast<int>(column) + 1; };
    const bool states = isState(count - 2);
    const std::size_t values = states ? 2 : count == 3 || (count == 4 && !isIndex(0)) ? 1 : 2;
    const std::size_t row = count - values - 2;
    if (row > 1 || !isIndex(row) || !isIndex(row + 1))
        return {};
    std::set<std::vector<std::string>> cells;
    for (const auto& line : lines)
        cells.insert({line.begin(), line.end() - (states ? 1 : static_cast<std::ptrdiff_t>(values))});
    if (cells.size() < lines.size())
        return {};
    TableColumns columns;
    columns.die = row == 1 ? 1 : 0;
    columns.row = number(row);
    columns.column = number(row + 1);
    if (states) {
        columns.state = number(count - 2);
        columns.value = number(count - 1);
    } else if (values == 1) {
        columns.value = number(count - 1);
    } else {
        columns.parallel = number(count - 2);
        columns.antiparallel = number(count - 1);
    }
    return columns;
}

/// The first lines of a table: the names above its columns, and the lines of numbers.
struct TableSample {
    std::vector<std::vector<std::string>> header, lines;
};

TableSample sampleOf(const Source& source, const TextFormat& format)
{
    constexpr std::size_t sampled = 400;
    TableSample sample;
    sample.lines = firstLines(source.bytes, format, sampled);
    const auto headers = std::min(static_cast<std::ptrdiff_t>(format.headerLines), std::ssize(sample.lines));
    sample.header.assign(sample.lines.begin(), sample.lines.begin() + headers);
    for (auto& names : sample.header)
        if (!names.empty()) // a header in a comment, as numpy.savetxt writes it
            names.front().erase(0, names.front().find_first_not_of("#%! "));
    sample.lines.erase(sample.lines.begin(), sample.lines.begin() + headers);
    std::erase_if(sample.lines,
                  [](const auto& fields) { return std::ranges::all_of(fields, &std::string::empty); });
    const auto endsEmpty = [](const auto& fields) { return !fields.empty() && fields.back().empty(); };
    while (!sample.lines.empty() && std::ranges::all_of(sample.lines, endsEmpty))
        for (auto& fields : sample.lines) // separators at the ends of all lines make no column
            fields.pop_back();
    return sample;
}

double valueIn(const std::vector<std::string>& line, int column, char decimal)
{
    const auto index = static_cast<std::size_t>(column) - 1;
    return index < line.size() ? measuredNumber(line[index], decimal).value_or(nan) : nan;
}

double typicalOf(const TableSample& sample, int column, char decimal)
{
    std::vector<double> values;
    if (column > 0)
        for (const auto& line : sample.lines)
            values.push_back(valueIn(line, column, decimal));
    return typical(values);
}

QuantityGuess quantityOf(const TableSample& sample, const ImportRecipe& recipe)
{
    const int column = recipe.columns.firstValue();
    const std::vector<std::string> names = columnNames(sample.header, recipe.text.headerLines);
    const auto index = static_cast<std::size_t>(column) - 1;
    const Named named = namedUnit(column > 0 && index < names.size() ? names[index] : "", true);
    return {quantityOf(named, typicalOf(sample, column, recipe.text.decimal), recipe.readVoltage),
            named.quantity.has_value()};
}

/// Settles layout, columns and quantity of a table; false when it is none.
bool guessTable(const Source& source, ImportRecipe& recipe)
{
    const char decimal = recipe.text.decimal;
    const TableSample sample = sampleOf(source, recipe.text);
    const auto& [header, lines] = sample;
    if (lines.empty())
        return false;
    TableColumns columns;
    for (const auto& names : header) // a line of units may follow that of the names
        if (const TableColumns these = columnsNamed(names); these.row > 0 && these.column > 0)
            columns = these;
    const bool named = columns.row > 0;
    if (!named)
        columns = columnsGuessed(lines, decimal);
    if (columns.row == 0)
        return false;
    tellPlacesApart(header, lines, columns);

    recipe.layout = TextLayout::Table;
    recipe.text.labelColumns = 0;
    recipe.firstIndex = 1;
    for (const auto& line : lines)
        if (valueIn(line, columns.row, decimal) == 0.0 || valueIn(line, columns.column, decimal) == 0.0)
            recipe.firstIndex = 0;
    recipe.columns = columns;
    recipe.quantity = quantityOf(sample, recipe).quantity;
    const bool secondIsLarger =
        typicalOf(sample, columns.antiparallel, decimal) > typicalOf(sample, columns.firstValue(), decimal);
    if (!named && columns.antiparallel > 0 && secondIsLarger != isResistance(recipe.quantity))
        std::swap(recipe.columns.parallel, recipe.columns.antiparallel);
    if (columns.value > 0 && columns.state == 0)
        recipe.states = {nameOf(source.file, recipe).level.value_or(P)};
    return true;
}

/// Names above words and numbers, but which is which?
ImportRecipe asksForColumns(ImportRecipe recipe)
{
    recipe.layout = TextLayout::Table;
    recipe.text.labelColumns = 0;
    return recipe;
}

/// A matrix numbers its columns, if it names them at all: names of several words are those of a table.
bool namesATable(const std::vector<std::vector<std::string>>& lines, std::size_t headers)
{
    if (headers == 0 || lines.size() <= headers)
        return false;
    const auto& names = lines[headers - 1];
    if (names.size() != lines[headers].size())
        return false;
    std::set<std::string> words;
    for (std::string name : names) {
        std::erase_if(name, [](unsigned char c) { return std::isdigit(c) != 0; });
        words.insert(lower(name));
    }
    words.erase("");
    return words.size() > 2; // one may be that of the rows' labels
}
} // namespace

QuantityGuess guessQuantity(const fs::path& file, const ImportRecipe& recipe)
{
    const Source source = load(file);
    return source.form == Form::Text ? quantityOf(sampleOf(source, recipe.text), recipe) : QuantityGuess{};
}

ImportRecipe guessRecipe(const fs::path& file, const DieGeometry* expected)
{
    const Source source = load(file);
    ImportRecipe recipe;
    Named quantity;
    if (source.form == Form::Text) {
        recipe.text = guessTextFormat(source.bytes);
        if (guessTable(source, recipe))
            return recipe;
        const auto headers = static_cast<std::size_t>(recipe.text.headerLines);
        const auto lines = firstLines(source.bytes, recipe.text, headers + 1);
        if (namesATable(lines, headers))
            return asksForColumns(recipe);
        std::string header;
        for (std::size_t line = 0; line < std::min(headers, lines.size()); ++line)
            for (const std::string& field : lines[line])
                header += field + " ";
        if (headers > 0)
            quantity = namedUnit(header, false);
    }
    Arrays found;
    try {
        found = arraysOf(source, recipe);
    } catch (const Error&) {
        if (source.form != Form::Text || recipe.text.headerLines == 0)
            throw;
        return asksForColumns(recipe);
    }
    const NumberArray& array = found.arrays.front();
    if (!quantity.kind)
        quantity = namedUnit(found.unit, false);
    if (!quantity.kind) {
        quantity = array.name.empty() ? namedUnit(file.stem().string(), false) : namedUnit(array.name, true);
        if (quantity.quantity && !isPlausible(typical(array.values), *quantity.quantity, recipe.readVoltage))
            quantity = {};
    }
    recipe.quantity = quantityOf(quantity, typical(array.values), recipe.readVoltage);

    const std::optional<Level> named =
        splitPath(array.name).level ? splitPath(array.name).level : nameOf(file, recipe).level;
    if (!named && array.shape.size() == 2)
        recipe.states = {P};
    const Axes axes = axesOf(array, named || array.shape.size() == 2 ? 1 : 2, file.string());
    if (axes.states == 2) {
        const auto middle = [&](std::size_t state) {
            const CellGrid<double> slice = axes.slice(array, 0, state);
            return typical({slice.data(), static_cast<std::size_t>(slice.size())});
        };
        const bool secondIsLarger = middle(1) > middle(0);
        recipe.states =
            secondIsLarger != isResistance(recipe.quantity) ? std::vector{AP, P} : std::vector{P, AP};
    }
    const auto fits = [&](std::size_t rows, std::size_t columns) {
        return static_cast<std::size_t>(expected->rows) == rows &&
               static_cast<std::size_t>(expected->columns) == columns;
    };
    recipe.transpose = found.columnMajor;
    if (expected && fits(axes.columns, axes.rows) != fits(axes.rows, axes.columns))
        recipe.transpose = fits(axes.columns, axes.rows);
    return recipe;
}

} // namespace faultline
