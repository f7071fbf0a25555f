#include "figures/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace faultline
{

namespace
{

std::string quotedField(std::string value)
{
    if (value.find_first_of(",\"\n\r") == std::string::npos)
        return value;
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"')
            out += '"';
        out += c;
    }
    return out + '"';
}

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

std::string separated(const Table& table, char separator, std::string (*text)(std::string))
{
    std::string out;
    const auto line = [&](const auto& cells, const auto& write) {
        bool first = true;
        for (const auto& cell : cells) {
            if (!first)
                out += separator;
            first = false;
            out += write(cell);
        }
        out += '\n';
    };
    line(table.columns, text);
    for (const auto& row : table.rows)
        line(row, [text](const Table::Cell& cell) {
            const auto* number = std::get_if<double>(&cell);
            return number ? digits(*number) : text(std::get<std::string>(cell));
        });
    return out;
}

} // namespace

std::string csv(const Table& table)
{
    return separated(table, ',', quotedField);
}

std::string tsv(const Table& table)
{
    return separated(table, '\t', onOneLine);
}

} // namespace faultline
