#pragma once

#include "common/json_section.h"
#include "common/options.h"

namespace faultline
{

/// Described options (common/options.h) as JSON, in the order of their description. Infinite numbers, which
/// JSON does not have, are left out: they must be the default.
template <class Options>
nlohmann::ordered_json optionsJson(const Options& options)
{
    auto document = nlohmann::ordered_json::object();
    describe(options, [&](const char* key, const auto& value, const Says& says) {
        const OptionPlace place(says.json ? says.json : key);
        nlohmann::ordered_json& section = place.section.empty() ? document : document[place.section];
        if constexpr (std::is_enum_v<std::remove_cvref_t<decltype(value)>>)
            section[place.name] = optionText(value);
        else if (static_cast<double>(value) <= Range::largest)
            section[place.name] = value;
    });
    return document;
}

/// Reads the options that are there, the others stay. The section allows namesIn<Options>(""). Throws Error.
template <class Options>
void readOptions(const JsonSection& root, Options& options)
{
    const auto read = [](const JsonSection& section, const std::string& name, auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_enum_v<Value>)
            section.check([&] { value = valueIn(namesOf(Value()), section.text(name)); });
        else if constexpr (std::is_integral_v<Value>)
            value = section.wholeNumber<Value>(name);
        else
            value = section.number(name);
    };
    describe(options, [&](const char* key, auto& value, const Says& says) {
        for (const OptionPlace& place : placesOf(key, says)) {
            if (!root.has(place.section.empty() ? place.name : place.section))
                continue;
            if (place.section.empty()) {
                read(root, place.name, value);
            } else {
                const JsonSection section = root.section(place.section, namesIn<Options>(place.section));
                if (section.has(place.name))
                    read(section, place.name, value);
            }
        }
    });
    root.validate(options);
}

} // namespace faultline
