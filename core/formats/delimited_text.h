#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace faultline
{

/// How a text file separates and writes its numbers.
struct TextFormat {
    char separator = ','; ///< comma, semicolon, tab, or a blank for runs of blanks
    char decimal = '.';   ///< or a comma, when that does not separate
    int headerLines = 0;  ///< lines before the first one of numbers, blank ones too
    int labelColumns = 0; ///< columns at the left that hold names of rows
    bool operator==(const TextFormat&) const = default;

    void validate() const; ///< throws Error
};

/// What instruments and spreadsheets write for a number, with marks for thousands too where they cannot be
/// the decimal sign ("5,000.0"). NaN for a missing value (nothing, nan, NA, n.a., null, ---,
/// #DIV/0!, 1.#QNAN,
/// *****) and infinity for an over-range (inf, OL, OVLD, overflow, 1e400). Nothing for any other text.
std::optional<double> measuredNumber(std::string_view field, char decimal);

/// Guesses from the first lines; what they leave open is as in a new TextFormat.
TextFormat guessTextFormat(std::string_view text);

/// Calls `row` with the number of each line, from 1, and its fields without the blanks around them, header
/// lines and label columns included. A blank line gives no fields. Quotation marks around a field protect
/// separators and line ends in it (RFC 4180); such a line has the number of its last one. After the header
/// lines, those that begin with a comment (#, %, !, //) are left out. The fields live during the call only.
void forEachLine(std::string_view text, const TextFormat& format,
                 const std::function<void(int line, std::span<const std::string_view> fields)>& row);

/// The bytes of a text file as UTF-8 with lines that end in a line feed: of UTF-16 too, and of lines that end
/// in carriage returns alone.
std::string asText(std::string bytes);

} // namespace faultline
