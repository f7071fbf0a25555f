#include "common/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <numeric>
#include <utility>

namespace faultline
{
namespace
{

/// How many letters must be added, dropped or replaced to make one word of another (V. I. Levenshtein, 1966).
std::size_t edits(std::string_view from, std::string_view to)
{
    std::vector<std::size_t> row(to.size() + 1); // from the letters of `from` so far to the first of `to`
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

std::string inQuotes(std::string_view text)
{
    constexpr std::size_t longest = 40;
    return '"' + std::string(text.substr(0, longest)) + (text.size() > longest ? "...\"" : "\"");
}

std::string lower(std::string_view word)
{
    std::string result(word);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

std::string oneOf(const std::vector<std::string>& names, std::string_view word)
{
    std::string text = "one of ";
    for (const std::string& name : names)
        text += (&name == &names.front() ? "" : ", ") + name;
    if (names.empty())
        return "none";
    return text + "; the nearest is " +
           *std::ranges::min_element(names, {}, [&](const std::string& name) { return edits(name, word); });
}

std::string timestamp()
{
    const std::time_t time = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text.data();
}

} // namespace faultline
