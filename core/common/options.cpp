#include "common/options.h"

#include <iomanip>
#include <sstream>

namespace faultline
{

bool Range::contains(double value) const
{
    return (value > low && value <= high) || (value == low && !aboveLow) || value == also;
}

std::string Range::words(std::string_view unit) const
{
    const std::string of = unit.empty() ? "" : " " + std::string(unit);
    std::string text;
    if (high >= largest)
        text = (aboveLow ? "above " + optionText(low) + of : optionText(low) + of + " or more") +
               (high > largest ? "" : " and finite");
    else
        text = (aboveLow ? "above " + optionText(low) + ", at most " : "from " + optionText(low) + " to ") +
               optionText(high) + of;
    return also < low || also > high ? text + ", or " + optionText(also) : text;
}

OptionError::OptionError(std::string key, std::string_view label, const std::string& value,
                         const std::string& allowed)
    : Error(std::string(label) + " (" + key + ") is " + value + ", must be " + allowed),
      key_(std::move(key))
{
}

OptionError OptionError::within(const std::string& section) const
{
    return {section + ": " + what(), section + "." + key_};
}

std::string optionText(int value)
{
    return std::to_string(value);
}

std::string optionText(double value)
{
    constexpr int digits = 12;
    std::ostringstream stream;
    stream << std::setprecision(digits) << value;
    std::string text = stream.str();
    std::erase(text, '+'); // "1e12"
    return text;
}

OptionPlace::OptionPlace(const std::string& path)
{
    const std::size_t dot = path.find('.');
    section = dot == std::string::npos ? "" : path.substr(0, dot);
    name = dot == std::string::npos ? path : path.substr(dot + 1);
}

std::vector<OptionPlace> placesOf(const char* key, const Says& says)
{
    std::vector<OptionPlace> places{OptionPlace(key)};
    if (says.json)
        places.emplace_back(says.json);
    return places;
}

} // namespace faultline
