#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/options.h"

namespace faultline::cli
{

/// "--loss-bound" for "loss_bound" and "dac.bits" as "--dac-bits".
inline std::string optionName(std::string key)
{
    std::ranges::replace_if(
        key, [](char letter) { return letter == '_' || letter == '.'; }, '-');
    return "--" + key;
}

/// Described options (common/options.h) on a command line, where each may be given or not.
template <class Options>
class DescribedOptions
{
public:
    /// Adds them all, or those for which `nameOf(key)` is not empty. A help ends in `endOf(usual value)`.
    /// This must stay where it is.
    template <class NameOf, class EndOf>
    void addTo(CLI::App& command, const Options& usual, const NameOf& nameOf, const EndOf& endOf)
    {
        typed_ = usual;
        describe(typed_, [&](const char* key, auto& value, const Says& says) {
            const std::string name = nameOf(key);
            if (name.empty())
                return;
            CLI::Option* option =
                command.add_option(name, value, std::string(says.help) + endOf(optionText(value)));
            if constexpr (std::is_enum_v<std::remove_cvref_t<decltype(value)>>) {
                std::map<std::string, std::remove_cvref_t<decltype(value)>> choices;
                std::string known;
                for (const auto& [choice, text] : namesOf(value)) {
                    choices.emplace(text, choice);
                    known += (known.empty() ? "" : "|") + std::string(text);
                }
                option->transform(CLI::CheckedTransformer(choices).description(known))->type_name("");
            } else if (*says.unit.si) {
                option->type_name(says.unit.si);
            }
            given_[key] = option;
        });
    }

    bool has(const std::string& key) const { return given_.contains(key) && given_.at(key)->count() > 0; }

    /// Sets the options that were given; the others stay.
    void applyTo(Options& options) const
    {
        for (const auto& [key, option] : given_)
            if (option->count() > 0)
                describePair(options, typed_, key, [](auto& value, const auto& typed) { value = typed; });
    }

private:
    Options typed_;
    std::map<std::string, const CLI::Option*> given_;
};

} // namespace faultline::cli
