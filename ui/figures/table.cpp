#include "figures/table.h"

#include <array>
#include <charconv>
#include <cmath>

namespace faultline
{

namespace
{

std::string text(const std::string& value)
{
    if (value.find_first_of(",\"\n\r") == std::string::npos)
        return value;
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string text(double value)
{
    if (std::isnan(value))
        return {};
    std::array<char, 32> digits;
    const auto [end, _] = std::to_chars(digits.begin(), digits.end(), value);
    return {digits.begin(), end};
}

} // namespace

std::string csv(const Table& table)
{
    std::string out;
    const auto line = [&out](const auto& cells, const auto& write) {
        const char* separator = "";
        for (const auto& cell : cells) {
            out += separator;
            out += write(cell);
            separator = ",";
        }
        out += '\n';
    };
    line(table.columns, [](const std::string& name) { return text(name); });
    for (const auto& row : table.rows)
        line(row, [](const Table::Cell& cell) {
            return std::visit([](const auto& value) { return text(value); }, cell);
        });
    return out;
}

} // namespace faultline
