#include "formats/delimited_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/require.h"

namespace faultline
{

namespace
{

std::string_view trimmed(std::string_view text, std::string_view blanks)
{
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? text.substr(0, 0)
                              : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// A field as it is written between quotation marks by spreadsheets.
std::string_view unquoted(std::string_view field)
{
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        return field.substr(1, field.size() - 2);
    return field;
}

void split(std::string_view line, char separator, std::vector<std::string_view>& fields)
{
    fields.clear();
    const std::string_view blanks = separator == '\t' ? " \r" : " \t\r";
    line = trimmed(line, blanks);
    if (line.empty())
        return;
    for (bool more = true; more;) {
        const auto end = separator == ' ' ? line.find_first_of(" \t") : line.find(separator);
        more = end != line.npos;
        const std::string_view field = trimmed(line.substr(0, end), blanks);
        if (separator != ' ' || !field.empty())
            fields.push_back(unquoted(field));
        if (more)
            line.remove_prefix(end + 1);
    }
}

bool equalIgnoringCase(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<double> wordForNumber(std::string_view field)
{
    const auto isOneOf = [field](std::initializer_list<std::string_view> words) {
        return std::ranges::any_of(words, [&](auto word) { return equalIgnoringCase(field, word); });
    };
    if (field.empty() || isOneOf({"nan", "na", "n/a", "#n/a", "null", "none", "-", "--"}))
        return std::numeric_limits<double>::quiet_NaN();
    if (isOneOf({"inf", "+inf", "infinity", "+infinity", "ol", "ovl", "ovld", "ovrflw", "over", "overflow",
                 "over-range", "overrange"}))
        return std::numeric_limits<double>::infinity();
    if (isOneOf({"-inf", "-infinity"}))
        return -std::numeric_limits<double>::infinity();
    return std::nullopt;
}

std::string_view withoutMark(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF")) // spreadsheets mark UTF-8 so
        text.remove_prefix(3);
    return text;
}

char guessSeparator(const std::vector<std::string_view>& lines)
{
    // The last lines tell best: a header may hold anything.
    for (const char separator : {';', '\t'})
        if (lines.back().find(separator) != std::string_view::npos)
            return separator;
    if (lines.back().find(',') == std::string_view::npos)
        return ' ';
    // "1,5 2,5": commas inside numbers that blanks separate. "1, 2, 3": the other way round.
    std::vector<std::string_view> fields;
    split(lines.back(), ' ', fields);
    const bool numbersWithCommas =
        fields.size() > 1 && std::ranges::all_of(fields, [](std::string_view field) {
            return !field.ends_with(',') && measuredNumber(field, ',').has_value();
        });
    return numbersWithCommas ? ' ' : ',';
}

} // namespace

void TextFormat::validate() const
{
    require(std::string_view(",;\t ").find(separator) != std::string_view::npos, "separator", separator,
            "a comma, a semicolon, a tab or a blank");
    require(decimal == '.' || decimal == ',', "decimal sign", decimal, "a point or a comma");
    require(decimal != separator, "decimal sign", decimal, "another than the separator");
    require(headerLines >= 0, "number of header lines", headerLines, "0 or more");
    require(labelColumns >= 0, "number of label columns", labelColumns, "0 or more");
}

std::optional<double> measuredNumber(std::string_view field, char decimal)
{
    std::array<char, 64> pointed;
    std::string_view text = field;
    if (decimal == ',' && text.find(',') != text.npos) {
        if (text.size() > pointed.size() || text.find('.') != text.npos)
            return std::nullopt;
        std::ranges::replace_copy(text, pointed.begin(), ',', '.');
        text = {pointed.data(), text.size()};
    }
    if (text.starts_with('+'))
        text.remove_prefix(1);
    constexpr double scpiNan = 9.91e37, scpiInfinity = 9.9e37;
    double value = 0.0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec == std::errc::result_out_of_range || read.ptr != end || read.ec != std::errc())
        return wordForNumber(field);
    if (value == scpiNan)
        return std::numeric_limits<double>::quiet_NaN();
    if (std::abs(value) == scpiInfinity)
        return std::copysign(std::numeric_limits<double>::infinity(), value);
    return value;
}

TextFormat guessTextFormat(std::string_view text)
{
    constexpr std::size_t mostLines = 50;
    text = withoutMark(text);
    std::vector<std::string_view> lines; // up to the last one that is not blank
    std::size_t filled = 0;
    for (std::string_view rest = text; !rest.empty() && lines.size() < mostLines;) {
        const auto end = std::min(rest.find('\n'), rest.size());
        lines.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!trimmed(lines.back(), " \t\r").empty())
            filled = lines.size();
    }
    lines.resize(filled);
    TextFormat format;
    if (lines.empty())
        return format;
    format.separator = guessSeparator(lines);
    std::vector<std::string_view> fields;
    split(lines.back(), format.separator, fields);
    if (format.separator != ',') {
        const auto holds = [&](char sign) {
            return std::ranges::any_of(fields, [&](auto field) { return field.find(sign) != field.npos; });
        };
        format.decimal = holds(',') && !holds('.') ? ',' : '.';
    }

    // Names of rows stand where the last line has no number. A header has more words than that, or, as pandas
    // writes it, an empty field above the names of the rows.
    const auto isNumber = [&](std::string_view field) {
        return measuredNumber(field, format.decimal).has_value();
    };
    const auto words = [&] { return std::ranges::count_if(fields, std::not_fn(isNumber)); };
    const auto usualWords = words();
    const auto usualFields = fields.size();
    while (format.labelColumns < static_cast<int>(fields.size()) && usualWords == 1 &&
           !isNumber(fields[static_cast<std::size_t>(format.labelColumns)]))
        ++format.labelColumns;
    for (const std::string_view line : lines) {
        split(line, format.separator, fields);
        const bool emptyCorner = format.headerLines == 0 && fields.size() > 1 && fields.front().empty() &&
                                 format.separator != ' ' && fields.size() == usualFields;
        const bool comment = !fields.empty() && fields.front().starts_with('#');
        if (!fields.empty() && words() <= usualWords && !emptyCorner && !comment)
            break;
        if (emptyCorner && format.labelColumns == 0)
            format.labelColumns = 1;
        ++format.headerLines;
    }
    if (format.headerLines == static_cast<int>(lines.size()))
        format.headerLines = 0;
    return format;
}

void forEachLine(std::string_view text, const TextFormat& format,
                 const std::function<void(int line, std::span<const std::string_view> fields)>& row)
{
    std::vector<std::string_view> fields;
    int line = 0;
    for (text = withoutMark(text); !text.empty();) {
        const auto end = std::min(text.find('\n'), text.size());
        split(text.substr(0, end), format.separator, fields);
        row(++line, fields);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

} // namespace faultline
