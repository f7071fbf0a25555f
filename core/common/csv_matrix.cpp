#include "common/csv_matrix.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/files.h"

namespace faultline
{

namespace
{

constexpr std::string_view blanks = " \r"; // not tabs: they separate

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? text.substr(0, 0)
                              : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// A line's numbers as texts, without the blanks around them. Between runs of blanks nothing is empty.
std::vector<std::string_view> fields(std::string_view line, char separator)
{
    std::vector<std::string_view> result;
    for (bool more = true; more;) {
        const auto end = line.find(separator);
        more = end != line.npos;
        const std::string_view field = trimmed(line.substr(0, end));
        if (separator != ' ' || !field.empty())
            result.push_back(field);
        if (more)
            line.remove_prefix(end + 1);
    }
    if (result.empty())
        result.emplace_back();
    return result;
}

char separatorOf(std::string_view line)
{
    for (const char separator : {';', ',', '\t'})
        if (line.find(separator) != line.npos)
            return separator;
    return ' ';
}

std::string quoted(std::string_view text)
{
    constexpr std::size_t longest = 40;
    return '"' + std::string(text.substr(0, longest)) + (text.size() > longest ? "...\"" : "\"");
}

} // namespace

Eigen::MatrixXd readCsvMatrix(const std::filesystem::path& file)
{
    const std::string bytes = readWholeFile(file);
    std::string_view rest = bytes;
    if (rest.starts_with("\xEF\xBB\xBF")) // spreadsheets mark UTF-8 so
        rest.remove_prefix(3);
    rest = rest.substr(0, rest.find_last_not_of(" \r\n") + 1);
    if (rest.empty())
        throw Error(file.string(), "", "no numbers", "a matrix, one row per line");

    const char separator = separatorOf(rest.substr(0, rest.find('\n')));
    std::vector<double> numbers;
    std::size_t rows = 0, columns = 0;
    for (const std::string_view line : fields(rest, '\n')) {
        ++rows;
        const std::vector<std::string_view> texts = fields(line, separator);
        for (std::size_t column = 0; column < texts.size(); ++column) {
            const std::string_view text = texts[column];
            const char* end = text.data() + text.size();
            double number = 0.0;
            const auto read = std::from_chars(text.data(), end, number);
            if (read.ec != std::errc() || read.ptr != end || !std::isfinite(number))
                throw Error(file.string(),
                            "line " + std::to_string(rows) + ", column " + std::to_string(column + 1),
                            quoted(text), "a number");
            numbers.push_back(number);
        }
        if (rows == 1)
            columns = texts.size();
        if (texts.size() != columns)
            throw Error(file.string(), "line " + std::to_string(rows),
                        std::to_string(texts.size()) + " numbers", std::to_string(columns) + " as in line 1");
    }
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(numbers.data(), static_cast<Eigen::Index>(rows),
                                      static_cast<Eigen::Index>(columns));
}

std::string csvMatrix(const Eigen::MatrixXd& matrix)
{
    std::string text;
    std::array<char, 32> number{};
    for (Eigen::Index row = 0; row < matrix.rows(); ++row)
        for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
            const auto end = std::to_chars(number.begin(), number.end(), matrix(row, column)).ptr;
            text.append(number.begin(), end);
            text += column + 1 < matrix.cols() ? ',' : '\n';
        }
    return text;
}

} // namespace faultline
