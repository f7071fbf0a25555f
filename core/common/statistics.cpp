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

/// Rearranges the values, which are finite. Takes time in proportion to their number, unlike sorting them.
double quantileOf(std::vector<double>& values, double fraction)
{
    if (values.empty())
        return nan;
    const double position = fraction * static_cast<double>(values.size() - 1);
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(position);
    std::ranges::nth_element(values, below);
    const auto above = below + 1 == values.end() ? below : std::ranges::min_element(below + 1, values.end());
    return std::lerp(*below, *above, position - std::floor(position));
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
    auto kept = finiteValues(values);
    return quantileOf(kept, fraction);
}

Box box(std::span<const double> values)
{
    auto kept = finiteValues(values);
    if (kept.empty())
        return {nan, nan, nan, nan, nan};
    const double low = quantileOf(kept, 0.25);
    const double high = quantileOf(kept, 0.75);
    const double reach = 1.5 * (high - low);
    // A quartile lies between two values: the value within reach may be on the wrong side of it.
    double lowWhisker = low, highWhisker = high;
    for (const double value : kept) {
        if (value >= low - reach)
            lowWhisker = std::min(lowWhisker, value);
        if (value <= high + reach)
            highWhisker = std::max(highWhisker, value);
    }
    return {lowWhisker, low, quantileOf(kept, 0.5), high, highWhisker};
}

} // namespace faultline
