#include "common/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace faultline
{

namespace
{

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> finiteValues(std::span<const double> values)
{
    std::vector<double> kept;
    kept.reserve(values.size());
    std::copy_if(values.begin(), values.end(), std::back_inserter(kept),
                 [](double value) { return std::isfinite(value); });
    return kept;
}

std::vector<double> sorted(std::span<const double> values)
{
    auto kept = finiteValues(values);
    std::sort(kept.begin(), kept.end());
    return kept;
}

double quantileOfSorted(const std::vector<double>& values, double fraction)
{
    if (values.empty())
        return nan;
    const double position = fraction * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const auto above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

} // namespace

double mean(std::span<const double> values)
{
    const auto kept = finiteValues(values);
    double sum = 0.0;
    for (double value : kept)
        sum += value;
    return sum / static_cast<double>(kept.size()); // 0 / 0 is the NaN of an empty set
}

double standardDeviation(std::span<const double> values)
{
    const auto kept = finiteValues(values);
    if (kept.empty())
        return nan;
    if (kept.size() == 1)
        return 0.0;
    const double centre = mean(kept);
    double squares = 0.0;
    for (double value : kept)
        squares += (value - centre) * (value - centre);
    return std::sqrt(squares / static_cast<double>(kept.size() - 1));
}

double quantile(std::span<const double> values, double fraction)
{
    return quantileOfSorted(sorted(values), fraction);
}

Box box(std::span<const double> values)
{
    const auto kept = sorted(values);
    if (kept.empty())
        return {nan, nan, nan, nan, nan};
    const double low = quantileOfSorted(kept, 0.25);
    const double high = quantileOfSorted(kept, 0.75);
    const double reach = 1.5 * (high - low);
    const auto first = std::lower_bound(kept.begin(), kept.end(), low - reach);
    const auto last = std::prev(std::upper_bound(kept.begin(), kept.end(), high + reach));
    // A quartile lies between two values: the value within reach may be on the wrong side of it.
    return {std::min(*first, low), low, quantileOfSorted(kept, 0.5), high, std::max(*last, high)};
}

} // namespace faultline
