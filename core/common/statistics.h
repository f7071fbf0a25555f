#pragma once

#include <span>

namespace faultline
{

/// Sample statistics of a set of numbers. Values that are not finite are left out; an empty set gives NaN.
double mean(std::span<const double> values);

/// Sample standard deviation (divisor n - 1); 0 for a single value.
double standardDeviation(std::span<const double> values);

/// Quantile by linear interpolation between order statistics: definition 7 of R. J. Hyndman and Y. Fan,
/// Am. Stat. 50, 361 (1996), the default of R and NumPy. fraction in [0, 1].
double quantile(std::span<const double> values, double fraction);

/// The numbers of one box of a box plot: quartiles by quantile(), whiskers at the outermost values within
/// 1.5 interquartile ranges of the box (J. W. Tukey, Exploratory Data Analysis, 1977).
struct Box {
    double lowWhisker, lowQuartile, median, highQuartile, highWhisker;
};
Box box(std::span<const double> values);

} // namespace faultline
