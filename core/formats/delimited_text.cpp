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

char separatorOf(std::string_view line)
{
    for (const char separator : {';', '\t'})
        if (line.find(separator) != std::string_view::npos)
            return separator;
    if (line.find(',') == std::string_view::npos)
        return ' ';
    // "1,5 2,5": commas inside numbers that blanks separate. "1, 2, 3": the other way round.
    std::vector<std::string_view> fields;
    split(line, ' ', fields);
    const bool numbersWithCommas =
        fields.size() > 1 && std::ranges::all_of(fields, [](std::string_view field) {
            return !field.ends_with(',') && measuredNumber(field, ',').has_value();
        });
    return numbersWithCommas ? ' ' : ',';
}

/// What most values are; of several the one that stands last, for a header may hold anything.
template <class Value>
Value mostFrequent(const std::vector<Value>& values)
{
    const auto count = [&](const Value& value) { return std::ranges::count(values, value); };
    return *std::ranges::max_element(values.rbegin(), values.rend(), {}, count);
}

using Fields = std::vector<std::string_view>;

/// Does a header's first field stand above names of rows? It is empty or a word, and columns are counted from
/// 0 or 1, or have words for names. A first value that is missing has other numbers beside it.
bool isCorner(const Fields& fields)
{
    if (fields.size() < 2 || (!fields.front().empty() && measuredNumber(fields.front(), '.')))
        return false;
    const bool named = std::ranges::none_of(
        fields.begin() + 1, fields.end(), [](auto field) { return measuredNumber(field, '.').has_value(); });
    if (named)
        return fields.front().empty();
    const auto first = measuredNumber(fields[1], '.');
    for (std::size_t i = 1; i < fields.size(); ++i)
        if ((first != 0.0 && first != 1.0) ||
            measuredNumber(fields[i], '.') != *first + static_cast<double>(i - 1))
            return false;
    return true;
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
    double value = 0.0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec == std::errc::result_out_of_range || read.ptr != end || read.ec != std::errc())
        return wordForNumber(field);
    return value;
}

TextFormat guessTextFormat(std::string_view text)
{
    constexpr std::size_t mostLines = 50;
    text = withoutMark(text);
    std::vector<std::string_view> lines; // up to the last one that is not blank
    std::size_t used = 0;
    std::vector<char> separators;
    for (std::string_view rest = text; !rest.empty() && lines.size() < mostLines;) {
        const auto end = std::min(rest.find('\n'), rest.size());
        lines.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!trimmed(lines.back(), " \t\r").empty()) {
            used = lines.size();
            separators.push_back(separatorOf(lines.back()));
        }
    }
    lines.resize(used);
    TextFormat format;
    if (lines.empty())
        return format;
    format.separator = mostFrequent(separators);
    std::vector<Fields> rows(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        split(lines[i], format.separator, rows[i]);
    const auto numbers = [&](char decimal) {
        long count = 0;
        for (const Fields& fields : rows)
            count += std::ranges::count_if(
                fields, [=](auto field) { return measuredNumber(field, decimal).has_value(); });
        return count;
    };
    if (format.separator != ',' && numbers(',') > numbers('.'))
        format.decimal = ',';

    // A usual line has so many fields and words as most have. If all of its words stand at the left, they
    // name rows. What comes before the first usual line is a header only if it begins with a word and has
    // more of them than numbers: a word among numbers is for the reader to refuse.
    const auto isNumber = [&](std::string_view field) {
        return measuredNumber(field, format.decimal).has_value();
    };
    using Form = std::array<std::ptrdiff_t, 3>; // fields, words, words at the left
    const auto formOf = [&](const Fields& fields) {
        return Form{std::ssize(fields), std::ranges::count_if(fields, std::not_fn(isNumber)),
                    std::ranges::find_if(fields, isNumber) - fields.begin()};
    };
    std::vector<Form> forms;
    for (const Fields& fields : rows)
        if (!fields.empty())
            forms.push_back(formOf(fields));
    const auto [usualFields, usualWords, labels] = mostFrequent(forms);
    if (usualWords == labels && labels < usualFields)
        format.labelColumns = static_cast<int>(labels);
    for (const Fields& fields : rows) {
        const auto [count, words, atLeft] = formOf(fields);
        const bool comment = count > 0 && fields.front().starts_with('#');
        const bool corner = count == usualFields && format.separator != ' ' && isCorner(fields);
        const auto filled = count - std::ranges::count(fields, std::string_view()); // spreadsheets pad
        const bool sentence = atLeft > 0 && (count == usualFields ? words > usualWords && 2 * words > filled
                                                                  : 2 * words >= filled);
        if (count > 0 && !comment && !corner && !sentence)
            break;
        if (corner)
            format.labelColumns = std::max(format.labelColumns, 1);
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
