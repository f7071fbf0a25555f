#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace faultline::cli
{

/// "3.14" for (3.14159, 2); "-" for a number that is not known.
std::string fixed(double value, int digits);
/// Up to six significant digits: "0.002", "inf"; "-" for a number that is not known.
std::string general(double value);
/// "1 070 080"
std::string grouped(std::int64_t number);
/// "0:07", "12:30", "1:02:03"
std::string duration(double seconds);
/// "a, b, c"
std::string joined(const std::vector<std::string>& words, const char* separator = ", ");

/// Rows of cells under a header, in aligned columns: the first one to the left, numbers to the right.
class TextTable
{
public:
    explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    friend std::ostream& operator<<(std::ostream& out, const TextTable& table);

private:
    std::vector<std::vector<std::string>> rows_; // all of the header's length
};

} // namespace faultline::cli
