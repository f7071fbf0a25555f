#pragma once

#include <string>
#include <variant>
#include <vector>

namespace faultline
{

/// The numbers behind a figure.
struct Table {
    using Cell = std::variant<std::string, double>; ///< a NaN is an empty cell
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
};

/// RFC 4180, but with plain line feeds; numbers with a decimal point and as many digits as they need.
std::string csv(const Table& table);

/// Separated by tabs, as spreadsheets take it from the clipboard. Tabs and line feeds in text become spaces.
std::string tsv(const Table& table);

} // namespace faultline
