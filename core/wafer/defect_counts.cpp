#include "wafer/defect_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/roots.hpp>

#include "common/statistics.h"

namespace faultline
{

namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();

/// In double precision throughout; boost's own choice is long double, which is slower.
double logGamma(double value)
{
    using namespace boost::math::policies;
    return boost::math::lgamma(value, policy<promote_double<false>>());
}

double poissonLogLikelihood(std::span<const double> counts, double mean)
{
    double sum = 0.0;
    for (const double count : counts)
        sum += count * std::log(mean) - mean - logGamma(count + 1.0);
    return sum;
}

/// The largest likelihood for this mean, whatever the dispersion.
double profile(std::span<const double> counts, double mean)
{
    return logLikelihood(counts, mean, fitDispersion(counts, mean));
}

} // namespace

double logLikelihood(std::span<const double> counts, double mean, double dispersion)
{
    if (std::isinf(dispersion))
        return poissonLogLikelihood(counts, mean);
    const auto dies = static_cast<double>(counts.size());
    double sum = -dies * (logGamma(dispersion) + dispersion * std::log1p(mean / dispersion));
    for (const double count : counts)
        sum += logGamma(dispersion + count) - logGamma(count + 1.0) - count * std::log1p(dispersion / mean);
    return sum;
}

double fitDispersion(std::span<const double> counts, double mean)
{
    double excess = 0.0;
    for (const double count : counts)
        excess += (count - mean) * (count - mean) - count;
    if (excess <= 0.0)
        return infinity;

    const auto minusLogLikelihood = [&](double logDispersion) {
        return -logLikelihood(counts, mean, std::exp(logDispersion));
    };
    constexpr int bits = std::numeric_limits<double>::digits / 2; // a minimum is no sharper than that
    return std::exp(
        boost::math::tools::brent_find_minima(minusLogLikelihood, std::log(1e-3), std::log(1e6), bits).first);
}

Interval meanInterval(std::span<const double> counts, double confidence)
{
    const double centre = mean(counts);
    const auto dies = static_cast<double>(counts.size());
    if (centre == 0.0)
        return {0.0, -std::log1p(-confidence) / dies};

    const double tail = (1.0 - confidence) / 2.0;
    double reach = quantile(complement(boost::math::chi_squared(1.0), 2.0 * tail));
    constexpr double evident = 0.25;
    const bool diesDiffer = testOverdispersion(counts).likelihoodRatio >= evident;
    if (diesDiffer) {
        const double t = quantile(complement(boost::math::students_t(dies - 1.0), tail));
        reach = t * t;
    }
    const auto likelihood = [&](double mean) {
        return diesDiffer ? profile(counts, mean) : poissonLogLikelihood(counts, mean);
    };
    const double best = likelihood(centre);
    const auto beyond = [&](double logMean) { return 2.0 * (best - likelihood(std::exp(logMean))) - reach; };
    const auto end = [&](double direction) {
        constexpr double farthest = 30.0; // the logarithm of a mean that no die has
        double inside = std::log(centre), outside = inside + direction;
        while (beyond(outside) < 0.0) {
            if (std::abs(outside - std::log(centre)) > farthest)
                return direction < 0.0 ? 0.0 : infinity;
            inside = std::exchange(outside, 2.0 * outside - std::log(centre));
        }
        std::uintmax_t steps = 60;
        const auto bracket =
            boost::math::tools::toms748_solve(beyond, std::min(inside, outside), std::max(inside, outside),
                                              boost::math::tools::eps_tolerance<double>(20), steps);
        return std::exp(std::midpoint(bracket.first, bracket.second));
    };
    return {end(-1.0), end(1.0)};
}

Interval shareInterval(long found, long all, double confidence)
{
    using boost::math::binomial;
    const double tail = (1.0 - confidence) / 2.0;
    const auto trials = static_cast<double>(all), successes = static_cast<double>(found);
    return {found > 0 ? binomial::find_lower_bound_on_p(trials, successes, tail) : 0.0,
            found < all ? binomial::find_upper_bound_on_p(trials, successes, tail) : 1.0};
}

OverdispersionTest testOverdispersion(std::span<const double> counts)
{
    const double centre = mean(counts);
    if (counts.size() < 2 || centre == 0.0)
        return {};
    const double ratio = 2.0 * (profile(counts, centre) - poissonLogLikelihood(counts, centre));
    if (ratio <= 0.0)
        return {};
    return {ratio, 0.5 * cdf(complement(boost::math::chi_squared(1.0), ratio))};
}

} // namespace faultline
