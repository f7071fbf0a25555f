#include "formats/csv_matrix.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "common/csv.h"
#include "common/error.h"
#include "common/files.h"
#include "common/text.h"
#include "formats/delimited_text.h"

namespace faultline
{

namespace
{

char firstSeparator(std::string_view line)
{
    for (const char separator : {';', ',', '\t'})
        if (line.find(separator) != line.npos)
            return separator;
    return ' ';
}

std::optional<double> finiteNumber(std::string_view text)
{
    double number = 0.0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end || !std::isfinite(number))
        return std::nullopt;
    return number;
}

} // namespace

Eigen::MatrixXd readCsvMatrix(const std::filesystem::path& file)
{
    constexpr std::size_t most = std::size_t{1} << 29; // 4096 x 4096 numbers with all their digits
    const std::string bytes = readWholeFile(file, most);
    const std::string_view text =
        std::string_view(bytes).substr(0, bytes.find_last_not_of(" \r\n") + 1); // blank lines at the end
    TextFormat format;
    format.separator = firstSeparator(text.substr(0, text.find('\n')));
    std::vector<double> numbers;
    std::size_t rows = 0, columns = 0;
    forEachLine(text, format, [&](int line, std::span<const std::string_view> fields) {
        static constexpr std::array<std::string_view, 1> blank{};
        if (fields.empty())
            fields = blank;
        const std::string place = "line " + std::to_string(line);
        for (std::size_t column = 0; column < fields.size(); ++column) {
            const auto number = finiteNumber(fields[column]);
            if (!number)
                throw Error(file.string(), place + ", column " + std::to_string(column + 1),
                            inQuotes(fields[column]), "a number");
            numbers.push_back(*number);
        }
        if (rows++ == 0)
            columns = fields.size();
        if (fields.size() != columns)
            throw Error(file.string(), place, std::to_string(fields.size()) + " numbers",
                        std::to_string(columns) + " as in line 1");
    });
    if (rows == 0)
        throw Error(file.string(), "", "no numbers", "a matrix, one row per line");
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(numbers.data(), static_cast<Eigen::Index>(rows),
                                      static_cast<Eigen::Index>(columns));
}

std::string csvMatrix(const Eigen::MatrixXd& matrix)
{
    CsvWriter csv;
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
        for (Eigen::Index column = 0; column < matrix.cols(); ++column)
            csv.add(matrix(row, column));
        csv.endLine();
    }
    return csv.text();
}

} // namespace faultline
