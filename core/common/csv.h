#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace faultline
{

/// Comma-separated values (RFC 4180): whatever leaves this program as CSV is written here. A field with a
/// comma, a quotation mark or a line break stands between quotation marks.
class CsvWriter
{
public:
    explicit CsvWriter(std::string_view lineEnd = "\n") : lineEnd_(lineEnd) {}

    void add(std::string_view field);

    /// The shortest number that is read back unchanged, with a decimal point whatever the locale; nothing for
    /// NaN.
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
    void add(Number number)
    {
        if constexpr (std::floating_point<Number>)
            if (std::isnan(number))
                return add(std::string_view());
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        separate();
        text_.append(digits.data(), end);
    }

    void endLine();

    /// A line of these fields.
    template <class... Fields>
    void line(const Fields&... fields)
    {
        (add(fields), ...);
        endLine();
    }

    const std::string& text() const { return text_; }

private:
    void separate();

    std::string text_, lineEnd_;
    bool isInLine_ = false; ///< after the first field of a line
};

} // namespace faultline
