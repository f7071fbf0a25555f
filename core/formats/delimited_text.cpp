#include "formats/delimited_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <deque>
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

std::string_view blanksBeside(char separator)
{
    return separator == '\t' ? " \r" : " \t\r";
}

/// Where the field ends, from its first character on.
std::size_t endOfField(std::string_view text, char separator)
{
    return separator == ' ' ? text.find_first_of(" \t") : text.find(separator);
}

/// Fields of a line without quotation marks.
void split(std::string_view line, char separator, std::vector<std::string_view>& fields)
{
    fields.clear();
    const std::string_view blanks = blanksBeside(separator);
    line = trimmed(line, blanks);
    if (line.empty())
        return;
    for (bool more = true; more;) {
        const auto end = endOfField(line, separator);
        more = end != line.npos;
        const std::string_view field = trimmed(line.substr(0, end), blanks);
        if (separator != ' ' || !field.empty())
            fields.push_back(field);
        if (more)
            line.remove_prefix(end + 1);
    }
}

/// Reads a text line after line. Quotation marks around a whole field protect separators, line ends and, when
/// doubled, themselves (RFC 4180); elsewhere they stand for themselves.
class Lines
{
public:
    Lines(std::string_view text, char separator) : text_(text), separator_(separator) {}

    /// The next line, its fields and its number from 1; of a field with line ends the last one's. False after
    /// the last.
    bool next()
    {
        if (text_.empty())
            return false;
        ++number_;
        const auto end = std::min(text_.find('\n'), text_.size());
        const std::string_view line = text_.substr(0, end);
        if (line.find('"') == line.npos) {
            split(line, separator_, fields_);
            text_.remove_prefix(std::min(end + 1, text_.size()));
        } else {
            splitQuoted();
        }
        return true;
    }

    const std::vector<std::string_view>& fields() const { return fields_; }
    int number() const { return number_; }

private:
    void splitQuoted()
    {
        fields_.clear();
        unquoted_.clear();
        const std::string_view blanks = blanksBeside(separator_);
        bool more = true;
        while (more) {
            text_.remove_prefix(std::min(text_.find_first_not_of(blanks), text_.size()));
            const bool atEnd = text_.empty() || text_.front() == '\n';
            std::optional<std::string_view> quoted;
            if (!atEnd && text_.front() == '"')
                quoted = takeQuoted();
            const auto lineEnd = std::min(text_.find('\n'), text_.size());
            const auto end = std::min(endOfField(text_.substr(0, lineEnd), separator_), lineEnd);
            const std::string_view rest = trimmed(text_.substr(0, end), blanks); // empty after marks
            if (separator_ != ' ' || quoted || !rest.empty())
                fields_.push_back(quoted ? *quoted : rest);
            more = end < lineEnd;
            text_.remove_prefix(std::min(end + 1, text_.size()));
        }
    }

    /// A whole field between marks at the front; nothing where what follows the second mark is no end of it.
    std::optional<std::string_view> takeQuoted()
    {
        constexpr std::size_t longest = 1 << 16;
        const std::string_view text = text_.substr(0, longest);
        std::size_t end = 1;
        bool doubled = false;
        for (;; end += 2, doubled = true) {
            end = text.find('"', end);
            if (end == text.npos)
                return std::nullopt;
            if (end + 1 >= text.size() || text[end + 1] != '"')
                break;
        }
        const auto after = std::min(text.find_first_not_of(blanksBeside(separator_), end + 1), text.size());
        const bool ends = after == text.size() || text[after] == '\n' || text[after] == separator_ ||
                          (separator_ == ' ' && after > end + 1);
        if (!ends)
            return std::nullopt;
        const std::string_view content = text.substr(1, end - 1);
        number_ += static_cast<int>(std::ranges::count(content, '\n'));
        text_.remove_prefix(end + 1);
        if (!doubled)
            return content;
        std::string& single = unquoted_.emplace_back();
        for (std::size_t i = 0; i < content.size(); ++i) {
            single += content[i];
            i += content[i] == '"';
        }
        return single;
    }

    std::string_view text_;
    char separator_;
    std::vector<std::string_view> fields_;
    std::deque<std::string> unquoted_; // fields point here
    int number_ = 0;
};

/// The line with the content of fields between marks left out.
std::string outsideQuotes(std::string_view line)
{
    std::string result;
    bool inside = false;
    for (const char c : line) {
        inside ^= c == '"';
        if (!inside)
            result += c;
    }
    return result;
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
    const auto isRunOf = [field](char sign) { return field.find_first_not_of(sign) == field.npos; };
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (field.empty() || isRunOf('-') || isRunOf('*') || isRunOf('?'))
        return nan;
    if (field.starts_with('#') || field.find(".#") != field.npos || field.ends_with(')')) {
        if (isOneOf({"#n/a", "#div/0!", "#value!", "#num!", "#null!", "#ref!", "#name?", "nan(ind)",
                     "-nan(ind)", "nan(snan)", "-nan(snan)", "1.#qnan", "-1.#qnan", "1.#snan", "-1.#snan",
                     "1.#ind", "-1.#ind"}))
            return nan;
        if (isOneOf({"1.#inf"}))
            return infinity;
        if (isOneOf({"-1.#inf"}))
            return -infinity;
    }
    if (isOneOf({"nan", "+nan", "-nan", "na", "n/a", "n.a.", "n.a", "<na>", "null", "nil", "none", "missing",
                 "invalid", "\xE2\x80\x93", "\xE2\x80\x94"})) // an en dash and an em dash
        return nan;
    if (isOneOf({"inf", "+inf", "infinity", "+infinity", "ol", "ovl", "ovld", "ovrflw", "over", "overflow",
                 "over-range", "overrange", "overload"}))
        return infinity;
    if (isOneOf({"-inf", "-infinity"}))
        return -infinity;
    return std::nullopt;
}

/// A number whose whole part has marks for thousands: "5,000.0", "1 234 567", "5'000". A comma or point is
/// one only where it cannot be the decimal sign: before another decimal sign, or twice.
std::optional<double> groupedNumber(std::string_view text, char decimal)
{
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    const auto wholeEnd = std::min(text.find(decimal), text.size());
    std::string digits;
    char mark = '\0';
    std::size_t groups = 0, run = 0;
    std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    while (at < wholeEnd) {
        if (isDigit(text[at])) {
            digits += text[at++];
            ++run;
            continue;
        }
        char sign = text[at];
        std::size_t length = 1;
        for (const std::string_view blank : {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xA0"})
            if (text.substr(at).starts_with(blank)) { // blanks that break no line
                sign = ' ';
                length = blank.size();
                break;
            }
        const bool isMark = (sign == '.' || sign == ',' || sign == '\'' || sign == ' ') &&
                            (mark == '\0' || mark == sign) && run > 0 && (groups == 0 ? run <= 3 : run == 3);
        if (!isMark)
            return std::nullopt;
        mark = sign;
        ++groups;
        run = 0;
        at += length;
    }
    const bool isCertain = mark == '\'' || mark == ' ' || groups > 1 || wholeEnd < text.size();
    if (groups == 0 || run != 3 || !isCertain)
        return std::nullopt;
    std::string plain = (text.starts_with('-') ? "-" : "") + digits;
    if (wholeEnd < text.size())
        plain += "." + std::string(text.substr(wholeEnd + 1));
    double value = 0.0;
    const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (read.ec != std::errc() || read.ptr != plain.data() + plain.size())
        return std::nullopt;
    return value;
}

std::string_view withoutMark(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF")) // spreadsheets mark UTF-8 so
        text.remove_prefix(3);
    return text;
}

char separatorOf(std::string_view whole)
{
    const std::string line = outsideQuotes(whole);
    for (const char separator : {';', '\t'})
        if (line.find(separator) != line.npos)
            return separator;
    if (line.find(',') == line.npos)
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

/// Of a line that begins so. "#N/A" is no comment, and "#3" the name of a die.
bool isComment(std::string_view field)
{
    if (field.starts_with("//"))
        return true;
    if (field.empty() || std::string_view("#%!").find(field.front()) == std::string_view::npos)
        return false;
    return !(field.size() > 1 && field[1] >= '0' && field[1] <= '9') && !wordForNumber(field);
}

std::string fromUtf16(std::string_view bytes, bool highFirst)
{
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<std::uint32_t>(highFirst ? first << 8 | second : second << 8 | first);
    };
    std::string text;
    text.reserve(bytes.size() / 2);
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        std::uint32_t sign = unit(at);
        if (sign >= 0xD800 && sign < 0xDC00 && at + 3 < bytes.size()) { // the first of a pair
            const std::uint32_t second = unit(at + 2);
            if (second >= 0xDC00 && second < 0xE000) {
                sign = 0x10000 + ((sign - 0xD800) << 10 | (second - 0xDC00));
                at += 2;
            }
        }
        const auto append = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
        if (sign < 0x80) {
            append(sign);
        } else if (sign < 0x800) {
            append(0xC0 | sign >> 6);
            append(0x80 | (sign & 0x3F));
        } else if (sign < 0x10000) {
            append(0xE0 | sign >> 12);
            append(0x80 | (sign >> 6 & 0x3F));
            append(0x80 | (sign & 0x3F));
        } else {
            append(0xF0 | sign >> 18);
            append(0x80 | (sign >> 12 & 0x3F));
            append(0x80 | (sign >> 6 & 0x3F));
            append(0x80 | (sign & 0x3F));
        }
    }
    return text;
}

/// What most values are; of several the one that stands last, for a header may hold anything.
template <class Value>
Value mostFrequent(const std::vector<Value>& values)
{
    const auto count = [&](const Value& value) { return std::ranges::count(values, value); };
    return *std::ranges::max_element(values.rbegin(), values.rend(), {}, count);
}

using Fields = std::vector<std::string>;

/// Does a header's first field stand above names of rows? It is empty or a word, and columns are counted from
/// 0 or 1, or have words for names. A first value that is missing has other numbers beside it.
bool isCorner(const Fields& fields)
{
    if (fields.size() < 2 || (!fields.front().empty() && measuredNumber(fields.front(), '.')))
        return false;
    const bool named = std::ranges::none_of(fields.begin() + 1, fields.end(), [](const auto& field) {
        return measuredNumber(field, '.').has_value();
    });
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
            return groupedNumber(field, decimal);
        std::ranges::replace_copy(text, pointed.begin(), ',', '.');
        text = {pointed.data(), text.size()};
    }
    if (text.starts_with('+'))
        text.remove_prefix(1);
    double value = 0.0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ptr == end && read.ec == std::errc::result_out_of_range) {
        const bool isSmall = text.find("e-") != text.npos || text.find("E-") != text.npos;
        const double limit = isSmall ? 0.0 : std::numeric_limits<double>::infinity();
        return text.starts_with('-') ? -limit : limit;
    }
    if (read.ptr != end || read.ec != std::errc()) {
        const std::optional<double> word = wordForNumber(field);
        return word ? word : groupedNumber(field, decimal);
    }
    return value;
}

TextFormat guessTextFormat(std::string_view text)
{
    constexpr int mostLines = 50;
    text = withoutMark(text);
    std::vector<char> separators;
    std::string_view rest = text;
    for (int line = 0; line < mostLines && !rest.empty(); ++line) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (!trimmed(rest.substr(0, end), " \t\r").empty())
            separators.push_back(separatorOf(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    TextFormat format;
    if (separators.empty())
        return format;
    format.separator = mostFrequent(separators);
    std::vector<Fields> rows; // up to the last one that is not blank
    std::vector<int> lastLine;
    std::size_t used = 0;
    for (Lines lines(text, format.separator); lines.number() < mostLines && lines.next();) {
        rows.emplace_back(lines.fields().begin(), lines.fields().end());
        lastLine.push_back(lines.number());
        if (!lines.fields().empty())
            used = rows.size();
    }
    rows.resize(used);
    const auto numbers = [&](char decimal) {
        long count = 0;
        for (const Fields& fields : rows)
            count += std::ranges::count_if(
                fields, [=](const auto& field) { return measuredNumber(field, decimal).has_value(); });
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
        if (!fields.empty() && !isComment(fields.front()))
            forms.push_back(formOf(fields));
    if (forms.empty())
        return format;
    const auto [usualFields, usualWords, labels] = mostFrequent(forms);
    if (usualWords == labels && labels < usualFields)
        format.labelColumns = static_cast<int>(labels);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Fields& fields = rows[i];
        const auto [count, words, atLeft] = formOf(fields);
        const bool comment = count > 0 && isComment(fields.front());
        const bool corner = count == usualFields && format.separator != ' ' && isCorner(fields);
        const auto filled = count - std::ranges::count(fields, std::string()); // spreadsheets pad
        const bool sentence = atLeft > 0 && (count == usualFields ? words > usualWords && 2 * words > filled
                                                                  : 2 * words >= filled);
        if (count > 0 && !comment && !corner && !sentence)
            return format;
        if (corner)
            format.labelColumns = std::max(format.labelColumns, 1);
        format.headerLines = lastLine[i];
    }
    format.headerLines = 0;
    return format;
}

void forEachLine(std::string_view text, const TextFormat& format,
                 const std::function<void(int line, std::span<const std::string_view> fields)>& row)
{
    for (Lines lines(withoutMark(text), format.separator); lines.next();)
        if (lines.number() <= format.headerLines || lines.fields().empty() ||
            !isComment(lines.fields().front()))
            row(lines.number(), lines.fields());
}

std::string asText(std::string bytes)
{
    constexpr std::size_t looked = 64;
    const std::string_view start = std::string_view(bytes).substr(0, looked);
    std::array<long, 2> zeros{}; // at even and at odd places, where UTF-16 has them in ASCII
    for (std::size_t i = 0; i < start.size(); ++i)
        zeros[i % 2] += start[i] == '\0';
    const auto half = static_cast<long>(start.size() / 4);
    const bool littleEndian = start.starts_with("\xFF\xFE") || (zeros[0] == 0 && zeros[1] > half);
    const bool bigEndian = start.starts_with("\xFE\xFF") || (zeros[1] == 0 && zeros[0] > half);
    if (littleEndian || bigEndian)
        bytes = fromUtf16(bytes, bigEndian);
    if (bytes.find('\n') == bytes.npos)
        std::ranges::replace(bytes, '\r', '\n');
    return bytes;
}

} // namespace faultline
