#include "cli/text.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace faultline::cli
{
namespace
{

/// Characters of a UTF-8 text: every byte that does not continue one.
std::size_t width(const std::string& text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

} // namespace

std::string fixed(double value, int digits)
{
    if (std::isnan(value))
        return "-";
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

std::string general(double value)
{
    if (std::isnan(value))
        return "-";
    std::ostringstream text;
    text << value;
    return text.str();
}

std::string grouped(std::int64_t number)
{
    std::string text = std::to_string(number);
    for (auto end = static_cast<std::ptrdiff_t>(text.size()) - 3; end > 0; end -= 3)
        text.insert(text.begin() + end, ' ');
    return text;
}

std::string duration(double seconds)
{
    const auto whole = static_cast<long long>(std::lround(seconds));
    std::ostringstream text;
    text << std::setfill('0');
    if (whole >= 3600)
        text << whole / 3600 << ':' << std::setw(2);
    text << whole / 60 % 60 << ':' << std::setw(2) << whole % 60;
    return text.str();
}

std::string joined(const std::vector<std::string>& words, const char* separator)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : separator) + word;
    return text;
}

std::ostream& operator<<(std::ostream& out, const TextTable& table)
{
    std::vector<std::size_t> widths(table.rows_.front().size());
    for (const auto& row : table.rows_)
        for (std::size_t column = 0; column < widths.size(); ++column)
            widths[column] = std::max(widths[column], width(row[column]));
    for (const auto& row : table.rows_) {
        std::string line = "  ";
        for (std::size_t column = 0; column < widths.size(); ++column) {
            const std::string padding(widths[column] - width(row[column]), ' ');
            line += column == 0 ? row[column] + padding : "  " + padding + row[column];
        }
        out << line << '\n';
    }
    return out;
}

} // namespace faultline::cli
