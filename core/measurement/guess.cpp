#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>
#include <set>

#include "common/statistics.h"
#include "measurement/import.h"
#include "measurement/source.h"

namespace faultline
{

namespace fs = std::filesystem;
using namespace measured;

namespace
{

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// What a word of a header or a name says of a quantity.
std::optional<Quantity> quantityNamed(std::string_view words)
{
    static const std::regex kiloohm("(^|[^a-z])k(ilo-?)?(ohms?|\xCE\xA9|\xE2\x84\xA6)", std::regex::icase);
    static const std::regex ohm("ohms?($|[^a-z])|\xCE\xA9|\xE2\x84\xA6", std::regex::icase);
    // Not "us", which are microseconds.
    static const std::regex microsiemens(
        "(^|[^a-zA-Z])(u|\xC2\xB5|\xCE\xBC)S($|[^a-zA-Z])|[mM]icro-?[sS]iemens");
    static const std::regex microampere("(^|[^a-zA-Z])(u|\xC2\xB5|\xCE\xBC)A($|[^a-zA-Z])|[mM]icro-?[aA]mp");
    static const std::regex siemens("siemens|conductance|(^|[^a-z])g[_ ]?(p|ap)?($|[^a-z])|\\[s\\]|\\(s\\)",
                                    std::regex::icase);
    static const std::regex ampere("ampere|current|(^|[^a-z])i[_ ]?(p|ap)?($|[^a-z])|\\[a\\]|\\(a\\)",
                                   std::regex::icase);
    const auto holds = [&](const std::regex& pattern) {
        return std::regex_search(words.begin(), words.end(), pattern);
    };
    if (holds(kiloohm))
        return Quantity::KiloOhm;
    if (holds(ohm))
        return Quantity::Ohm;
    if (holds(microsiemens))
        return Quantity::MicroSiemens;
    if (holds(microampere))
        return Quantity::MicroAmpere;
    if (holds(siemens))
        return Quantity::Siemens;
    if (holds(ampere))
        return Quantity::Ampere;
    return std::nullopt;
}

/// A junction has some 100 ohm to 10 megaohm.
Quantity quantityOf(double typicalValue)
{
    if (typicalValue >= 100.0)
        return Quantity::Ohm;
    return typicalValue >= 0.1 ? Quantity::KiloOhm : Quantity::Siemens;
}

double typical(std::span<const double> values)
{
    return std::abs(quantile(values, 0.5));
}

/// The first lines of a text as fields.
std::vector<std::vector<std::string>> firstLines(std::string_view text, const TextFormat& format,
                                                 std::size_t count)
{
    std::size_t end = 0;
    for (std::size_t line = 0; line < count && end != text.npos; ++line)
        end = text.find('\n', end == 0 ? 0 : end + 1);
    std::vector<std::vector<std::string>> lines;
    forEachLine(text.substr(0, end), format, [&](int, std::span<const std::string_view> fields) {
        lines.emplace_back(fields.begin(), fields.end());
    });
    return lines;
}

/// Columns of a table by the words of its header.
TableColumns columnsNamed(const std::vector<std::string>& header)
{
    TableColumns columns;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        const std::string word = lower(header[i]);
        const auto isOneOf = [&](std::initializer_list<std::string_view> words) {
            return std::ranges::find(words, word) != words.end();
        };
        const auto state = splitState(word.substr(0, word.find_first_of(" [("))).level;
        if (isOneOf({"wafer_row", "wafer row", "die_row", "die_y", "wafer_y"}))
            columns.waferRow = number;
        else if (isOneOf({"wafer_column", "wafer column", "wafer_col", "die_column", "die_x", "wafer_x"}))
            columns.waferColumn = number;
        else if (isOneOf({"die", "chip", "die_name", "die_id", "die id", "sample", "device"}))
            columns.die = number;
        else if (isOneOf({"row", "y", "cell_row"}))
            columns.row = number;
        else if (isOneOf({"column", "col", "x", "cell_column"}))
            columns.column = number;
        else if (isOneOf({"state", "level", "written"}))
            columns.state = number;
        else if (state == P && columns.parallel == 0)
            columns.parallel = number;
        else if (state == AP && columns.antiparallel == 0)
            columns.antiparallel = number;
        else if (columns.value == 0)
            columns.value = number;
    }
    if (columns.parallel > 0 || columns.antiparallel > 0)
        columns.value = columns.state = 0;
    return columns;
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

/// Settles layout, columns and quantity of a table; false when it is none.
bool guessTable(const Source& source, ImportRecipe& recipe, std::optional<Quantity>& quantity)
{
    constexpr std::size_t sampled = 400;
    TextFormat format = recipe.text;
    auto lines = firstLines(source.bytes, format, sampled);
    std::erase_if(lines, [](const auto& fields) { return fields.empty(); });
    const auto headers = std::min(static_cast<std::size_t>(format.headerLines), lines.size());
    std::vector<std::string> header = headers > 0 ? lines[headers - 1] : std::vector<std::string>();
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(headers));
    if (lines.empty())
        return false;
    TableColumns columns = columnsNamed(header);
    const bool named = columns.row > 0 && columns.column > 0 &&
                       (columns.value > 0 || columns.parallel > 0 || columns.antiparallel > 0);
    if (!named)
        columns = columnsGuessed(lines, format.decimal);
    if (columns.row == 0)
        return false;

    recipe.layout = TextLayout::Table;
    recipe.text.labelColumns = 0;
    std::vector<double> first, second;
    recipe.firstIndex = 1;
    const int valueColumn = columns.value > 0 ? columns.value : std::max(columns.parallel, 1);
    for (const auto& line : lines) {
        const auto value = [&](int column) {
            const auto index = static_cast<std::size_t>(column) - 1;
            return index < line.size() ? measuredNumber(line[index], format.decimal).value_or(nan) : nan;
        };
        if (value(columns.row) == 0.0 || value(columns.column) == 0.0)
            recipe.firstIndex = 0;
        first.push_back(value(valueColumn));
        if (columns.antiparallel > 0)
            second.push_back(value(columns.antiparallel));
    }
    std::string words;
    for (const std::string& word : header)
        words += word + " ";
    quantity = quantityNamed(words);
    if (!quantity)
        quantity = quantityOf(typical(first));
    const bool secondIsLarger = typical(second) > typical(first);
    if (!named && columns.antiparallel > 0 && secondIsLarger != isResistance(*quantity))
        std::swap(columns.parallel, columns.antiparallel);
    if (columns.value > 0 && columns.state == 0)
        recipe.states = {nameOf(source.file, recipe).level.value_or(P)};
    recipe.columns = columns;
    return true;
}
} // namespace

ImportRecipe guessRecipe(const fs::path& file, const DieGeometry* expected)
{
    const Source source = load(file);
    ImportRecipe recipe;
    std::optional<Quantity> quantity;
    if (source.form == Form::Text) {
        recipe.text = guessTextFormat(source.bytes);
        if (guessTable(source, recipe, quantity)) {
            recipe.quantity = *quantity;
            return recipe;
        }
        std::string header;
        for (const auto& fields :
             firstLines(source.bytes, recipe.text, static_cast<std::size_t>(recipe.text.headerLines)))
            for (const std::string& field : fields)
                header += field + " ";
        if (recipe.text.headerLines > 0)
            quantity = quantityNamed(header);
    }
    const Arrays found = arraysOf(source, recipe);
    const NumberArray& array = found.arrays.front();
    if (!quantity)
        quantity = quantityNamed(found.unit);
    if (!quantity && !found.unit.empty())
        quantity = found.unit == "S"   ? std::optional(Quantity::Siemens)
                   : found.unit == "A" ? std::optional(Quantity::Ampere)
                                       : std::nullopt;
    if (!quantity)
        quantity = quantityNamed(array.name.empty() ? file.stem().string() : array.name);
    recipe.quantity = quantity ? *quantity : quantityOf(typical(array.values));

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
