#include "figures/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/csv.h"

namespace faultline
{

namespace
{

std::string onOneLine(std::string value)
{
    std::ranges::replace_if(
        value, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return value;
}

std::string digits(double value)
{
    if (std::isnan(value))
        return {};
    std::array<char, 32> text;
    const auto [end, _] = std::to_chars(text.begin(), text.end(), value);
    return {text.begin(), end};
}

} // namespace

std::string csv(const Table& table)
{
    CsvWriter csv;
    for (const std::string& column : table.columns)
        csv.add(column);
    csv.endLine();
    for (const auto& row : table.rows) {
        for (const Table::Cell& cell : row)
            std::visit([&csv](const auto& value) { csv.add(value); }, cell);
        csv.endLine();
    }
    return csv.text();
}

std::string tsv(const Table& table)
{
    std::string text;
    const auto line = [&text](const auto& cells, const auto& words) {
        for (const auto& cell : cells) {
            text += &cell == &cells.front() ? "" : "\t";
            text += words(cell);
        }
        text += '\n';
    };
    line(table.columns, onOneLine);
    for (const auto& row : table.rows)
        line(row, [](const Table::Cell& cell) {
            const auto* number = std::get_if<double>(&cell);
            return number ? digits(*number) : onOneLine(std::get<std::string>(cell));
        });
    return text;
}

} // namespace faultline
