#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

/// Probability of a chi-square at least as large as that of the observed counts, were the expected ones right
/// (Pearson's test). Neighbouring bins are merged until each expects at least ten.
inline double chiSquareProbability(std::span<const double> observed, std::span<const double> expected)
{
    std::vector<std::pair<double, double>> bins{{0.0, 0.0}};
    for (std::size_t k = 0; k < expected.size(); ++k) {
        if (bins.back().second >= 10.0)
            bins.emplace_back(0.0, 0.0);
        bins.back().first += observed[k];
        bins.back().second += expected[k];
    }
    if (bins.back().second < 10.0 && bins.size() > 1) {
        const auto rest = bins.back();
        bins.pop_back();
        bins.back().first += rest.first;
        bins.back().second += rest.second;
    }
    double chiSquare = 0.0;
    for (const auto& [count, mean] : bins)
        chiSquare += (count - mean) * (count - mean) / mean;
    const boost::math::chi_squared distribution(static_cast<double>(bins.size() - 1));
    return boost::math::cdf(boost::math::complement(distribution, chiSquare));
}

/// Probability of a sample at least as far from the distribution function `cdf` as this one, by the
/// Kolmogorov-Smirnov test with the small-sample correction of M. A. Stephens, J. R. Stat. Soc. B 32, 115
/// (1970).
template <class Cdf>
double kolmogorovSmirnovProbability(std::vector<double> sample, Cdf cdf)
{
    std::sort(sample.begin(), sample.end());
    const auto count = static_cast<double>(sample.size());
    double distance = 0.0;
    for (std::size_t k = 0; k < sample.size(); ++k) {
        const double probability = cdf(sample[k]);
        distance = std::max({distance, probability - static_cast<double>(k) / count,
                             static_cast<double>(k + 1) / count - probability});
    }
    const double lambda = (std::sqrt(count) + 0.12 + 0.11 / std::sqrt(count)) * distance;
    if (lambda < 0.2)
        return 1.0; // the series converges slowly there
    double probability = 0.0;
    for (int k = 1; k <= 100; ++k)
        probability += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * lambda * lambda);
    return probability;
}

/// Below this a fixed-seed test says that the distribution is wrong; chance alone gets there once in a
/// thousand.
inline constexpr double unlikely = 1e-3;
