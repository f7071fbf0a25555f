#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/error.h"

/// One description of every option. A struct of options has a function describe() beside it, which calls a
/// visitor with the key, the field and the words of each option. Validation, JSON, HDF5, the command line and
/// tables of settings are visitors, each written once; so an option is in all of them when it is described.
///
///     describe(options, [](const char* key, auto& value, const Says& says) { ... });
///
/// To add an option:
/// 1. Add a field to the struct. Its default is what programs did before, as files without its key mean it.
/// 2. Add a line to describe(). The key is snake_case, ends in the unit, and never changes later.
namespace faultline
{

/// The values that a number may have.
struct Range {
    static constexpr double largest = std::numeric_limits<double>::max();
    double low = -largest, high = largest;
    bool aboveLow = false;                          ///< `low` itself is not allowed
    double also = low;                              ///< one more value that is allowed
    bool contains(double value) const;              ///< false for NaN
    std::string words(std::string_view unit) const; ///< "from 0 to 1 V", "above 0 s and finite"
};
constexpr Range from(double low, double high = Range::largest)
{
    return {low, high};
}
constexpr Range above(double low, double high = Range::largest)
{
    return {low, high, true, high};
}

/// The SI unit that files keep, and the one that forms show: a value in SI times `perUnit`.
struct Unit {
    const char* si = "";
    const char* shown = si;
    double perUnit = 1.0;
};

/// What is said of an option besides its key.
struct Says {
    const char* label; ///< "Bound of the loss": in forms and tables
    const char* help;  ///< one sentence without a full stop
    Range allowed;
    Unit unit;
    const char* json;       ///< its place in JSON, "noise.relative", where that is not the key
    const char* typed;      ///< an older name on the command line
    bool isExpert = false;  ///< few people change it: forms fold it away
    const char* group = ""; ///< heading over it in forms

    constexpr Says(const char* itsLabel, const char* itsHelp, Range range = {}, Unit itsUnit = {},
                   const char* inJson = nullptr, const char* olderName = "")
        : label(itsLabel),
          help(itsHelp),
          allowed(range),
          unit(itsUnit),
          json(inJson),
          typed(olderName)
    {
    }
};
constexpr Says expert(Says says)
{
    says.isExpert = true;
    return says;
}

/// For describe(): a visitor for the options of one group.
template <class Visit>
auto inGroup(const char* group, const Visit& visit)
{
    return [group, &visit](const char* key, auto& value, Says says) {
        says.group = group;
        visit(key, value, says);
    };
}

/// For describe(): the struct, or a constant one.
template <class T, class Options>
concept MaybeConst = std::same_as<std::remove_const_t<T>, Options>;

/// The words of files for a choice from a few. An enumeration that is an option has a function namesOf(its
/// value) which returns its Names.
template <class Value, std::size_t count>
using Names = std::array<std::pair<Value, std::string_view>, count>;

template <class Value, std::size_t count>
constexpr std::string_view nameIn(const Names<Value, count>& names, Value wanted)
{
    for (const auto& [value, text] : names)
        if (value == wanted)
            return text;
    return {};
}

/// Throws Error with all names.
template <class Value, std::size_t count>
Value valueIn(const Names<Value, count>& names, std::string_view wanted)
{
    std::string known;
    for (const auto& [value, text] : names) {
        if (text == wanted)
            return value;
        known += (known.empty() ? "" : ", ") + std::string(text);
    }
    throw Error("\"" + std::string(wanted) + "\" is not known here; choose one of " + known + ".");
}

/// An option that is not what it may be. The key is for a form, which marks its field.
class OptionError : public Error
{
public:
    /// "LABEL (KEY) is VALUE, must be ALLOWED"
    OptionError(std::string key, std::string_view label, const std::string& value,
                const std::string& allowed);
    const std::string& key() const { return key_; }
    /// The same of options that are themselves a part of others: "training.epochs", "training: Epochs ...".
    OptionError within(const std::string& section) const;

private:
    OptionError(const std::string& words, std::string key) : Error(words), key_(std::move(key)) {}

    std::string key_;
};

/// Calls `check` of options that are themselves a part of others, whose section its OptionError then names.
template <class Check>
void within(const std::string& section, const Check& check)
{
    try {
        check();
    } catch (const OptionError& error) {
        throw error.within(section);
    }
}

/// As people read and type it: up to twelve digits, or the name of a choice.
std::string optionText(int value);
std::string optionText(double value);
template <class Choice>
requires std::is_enum_v<Choice> std::string optionText(Choice value)
{
    return std::string(nameIn(namesOf(value), value));
}

/// Throws OptionError for the first option that is outside its range.
template <class Options>
void validateRanges(const Options& options)
{
    describe(options, [](const char* key, const auto& value, const Says& says) {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>)
            if (!says.allowed.contains(static_cast<double>(value)))
                throw OptionError(key, says.label, optionText(value), says.allowed.words(says.unit.si));
    });
}

/// Calls `visit(value, other's value)` for the option of this key in two structs of the same options.
template <class Options, class Other, class Visit>
void describePair(Options& options, Other& other, std::string_view key, const Visit& visit)
{
    describe(options, [&](std::string_view ofOne, auto& value, const Says&) {
        describe(other, [&](std::string_view ofOther, auto& otherValue, const Says&) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>,
                                         std::remove_cvref_t<decltype(otherValue)>>)
                if (ofOne == key && ofOther == key)
                    visit(value, otherValue);
        });
    });
}

/// A row of a table of settings.
struct Setting {
    std::string key, label, value; ///< the label with the unit in brackets
};
template <class Options>
std::vector<Setting> settingsOf(const Options& options)
{
    std::vector<Setting> settings;
    describe(options, [&](const char* key, const auto& value, const Says& says) {
        const std::string unit = says.unit.shown;
        std::string text;
        if constexpr (std::is_floating_point_v<std::remove_cvref_t<decltype(value)>>)
            text = optionText(value * says.unit.perUnit);
        else
            text = optionText(value);
        settings.push_back({key, says.label + (unit.empty() ? "" : " (" + unit + ")"), text});
    });
    return settings;
}

/// A name in a file: a member of a section, or of the outermost object where there is no section.
struct OptionPlace {
    std::string section, name; ///< "noise" and "relative" of "noise.relative"
    explicit OptionPlace(const std::string& path);
};

/// All places of an option in a file, that of its key first.
std::vector<OptionPlace> placesOf(const char* key, const Says& says);

/// The names that may stand in a section of a file, sections among them.
template <class Options>
std::vector<std::string> namesIn(const std::string& section)
{
    std::vector<std::string> names;
    const auto add = [&names](const std::string& name) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    };
    const Options options{};
    describe(options, [&](const char* key, const auto&, const Says& says) {
        for (const OptionPlace& place : placesOf(key, says))
            if (place.section == section)
                add(place.name);
            else if (section.empty())
                add(place.section);
    });
    return names;
}

} // namespace faultline
