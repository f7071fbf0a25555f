#pragma once

#include <limits>

#include "common/options.h"

namespace faultline
{

/// Another value that is allowed.
template <class Value>
Value otherThan(Value value, const Says& says)
{
    if constexpr (std::is_enum_v<Value>) {
        const auto& names = namesOf(value);
        return names.front().first == value ? names.back().first : names.front().first;
    } else {
        const double usual = value, low = says.allowed.low;
        for (const double candidate : {usual + 1.0, usual / 2.0, low + 1.0, low + 2.0})
            if (candidate != usual && candidate <= Range::largest && says.allowed.contains(candidate) &&
                candidate == static_cast<double>(static_cast<Value>(candidate)))
                return static_cast<Value>(candidate);
        return value;
    }
}

/// Options of which each is another one than in `options`.
template <class Options>
Options allOthers(Options options)
{
    describe(options, [](const char*, auto& value, const Says& says) { value = otherThan(value, says); });
    return options;
}

/// Calls `use(options, key, label)` for options of which one number is just outside its range, on either
/// side.
template <class Options, class Use>
void forEachOutside(const Options& options, const Use& use)
{
    describe(options, [&](const char* key, const auto& value, const Says& says) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (!std::is_enum_v<Value>) {
            const Range& range = says.allowed;
            const double step = std::is_integral_v<Value> || range.high - range.low > 2.0 ? 1.0 : 1e-6;
            const double infinite = std::numeric_limits<double>::infinity();
            for (const double wrong :
                 {range.aboveLow ? range.low : range.low - step,
                  range.high < Range::largest ? range.high * (1 + 1e-6) + step : infinite}) {
                if (range.contains(wrong) || (std::is_integral_v<Value> && wrong == infinite))
                    continue;
                Options bad = options;
                describe(bad, [&](std::string_view other, auto& field, const Says&) {
                    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, Value>)
                        if (other == key)
                            field = static_cast<Value>(wrong);
                });
                use(bad, std::string(key), std::string(says.label));
            }
        }
    });
}

} // namespace faultline
