#pragma once

#include <array>
#include <span>
#include <vector>

#include "study/study.h"
#include "wafer/die.h"

namespace faultline
{

/// How many cells conduct how much, in bins of equal width on a logarithmic axis.
struct ConductanceHistogram {
    std::vector<double> edges; ///< siemens, one more than bins, around all positive values
    std::array<std::vector<int>, levelCount> healthy; ///< cells per bin, indexed by Level
    std::array<std::vector<int>, 5> defective;        ///< at P, indexed by Defect; None stays empty
};

/// Cells below the first edge, such as opens of zero conductance, count in the first bin. Missing values are
/// left out. bins >= 1.
ConductanceHistogram conductanceHistogram(std::span<const Die> dies, int bins);

/// Error of every network trained for one die on every die.
struct Generality {
    std::vector<int> dies;     ///< rows: the die tested on, as indices into the wafer's dies, sorted by name
    std::vector<int> networks; ///< columns: the die trained on, sorted by name
    CellGrid<double> error;    ///< percent; NaN where not evaluated
};
Generality generality(const StudySummary& summary, const Wafer& wafer, const std::vector<Run>& runs);

/// Share of dies (percent) with an error of at most each of the errors, which come out sorted and finite.
struct YieldCurve {
    std::vector<double> error, share;
};
YieldCurve yieldCurve(std::span<const double> errors);

/// A mode's errors over the dies in a row of numbers, percent; NaN without finite errors.
struct ErrorStatistics {
    int dies = 0; ///< with a finite error
    double mean, median, sigma, worst;
};
ErrorStatistics errorStatistics(std::span<const double> errors);

/// Positions within summary.dies in the order of the dies' names.
std::vector<std::size_t> byName(const StudySummary& summary, const Wafer& wafer);

} // namespace faultline
