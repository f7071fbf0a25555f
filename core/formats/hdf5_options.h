#pragma once

#include <algorithm>

#include "common/options.h"
#include "common/text.h"
#include "formats/hdf5.h"

namespace faultline
{

/// Writes described options (common/options.h) as attributes. Sections must be there as groups.
template <class Options>
void saveOptions(hdf5::Group root, const Options& options)
{
    describe(options, [&](const char* key, const auto& value, const Says&) {
        const OptionPlace place(key);
        const auto set = [&](hdf5::Group& group) {
            if constexpr (std::is_enum_v<std::remove_cvref_t<decltype(value)>>)
                group.set(place.name.c_str(), optionText(value));
            else
                group.set(place.name.c_str(), value);
        };
        if (place.section.empty()) {
            set(root);
        } else {
            hdf5::Group section = root.open(place.section);
            set(section);
        }
    });
}

/// Reads the options that are there; the others stay as in `options`. Throws Error that names the place, also
/// for an option that is not known. Does not validate: the caller does, when all is read.
template <class Options>
Options loadOptions(const hdf5::Group& root, Options options)
{
    const auto read = [&](const hdf5::Group& group, const OptionPlace& place, auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        const std::vector<std::string> known = namesIn<Options>(place.section);
        for (const std::string& name : group.attributes())
            if (std::ranges::find(known, name) == known.end())
                throw Error(group.placeOf(name.c_str()), "", "an option that is not known here",
                            oneOf(known, name));
        const char* name = place.name.c_str();
        if (!group.has(name))
            return;
        if constexpr (std::is_enum_v<Value>)
            value = at(group.placeOf(name), [&] { return valueIn(namesOf(Value()), group.text(name)); });
        else
            value = group.get<Value>(name);
    };
    describe(options, [&](const char* key, auto& value, const Says& says) {
        for (const OptionPlace& place : placesOf(key, says))
            if (place.section.empty())
                read(root, place, value);
            else if (root.hasMember(place.section))
                read(root.open(place.section), place, value);
    });
    return options;
}

} // namespace faultline
