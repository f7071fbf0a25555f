#pragma once

#include <array>
#include <span>
#include <vector>

#include <QRect>

#include "study/study.h"
#include "wafer/die.h"

namespace faultline
{

/// How conductances are put into bins of equal width.
struct Binning {
    bool log = true;    ///< equal on a logarithmic axis
    double width = 0.0; ///< decades, or siemens on a linear axis; 0: a 120th of the whole
};

/// How many measured cells conduct how much. A healthy cell counts once at each level, a defective one at P
/// alone.
struct ConductanceHistogram {
    Binning binning;
    std::vector<double> edges;                        ///< siemens, one more than bins; empty without cells
    std::array<std::vector<int>, levelCount> healthy; ///< cells per bin, indexed by Level
    std::array<std::vector<int>, 5> defective;        ///< at P, indexed by Defect; None stays empty
};

/// Bins around all positive values, from zero on a linear axis. Cells below the first edge, such as opens of
/// zero conductance on a logarithmic axis, count in the first bin. Missing values are left out.
ConductanceHistogram conductanceHistogram(std::span<const Die> dies, const Binning& binning);
/// Counts the cells of a part of one die (x: columns, y: rows) in the bins of another histogram.
ConductanceHistogram shareOf(const ConductanceHistogram& whole, const Die& die, const QRect& part);

/// Populations of healthy cells, and how many cells have which label. NaN without healthy cells. What was not
/// measured counts in none of them.
struct ConductanceSummary {
    struct Population {
        double mean = 0.0, sigma = 0.0; ///< sigma: sample standard deviation
    };
    std::array<Population, levelCount> level; ///< siemens, indexed by Level
    Population tmr;                           ///< of the single cells, G_P / G_AP - 1
    DefectCounts counts{};
    int notMeasured = 0; ///< cells
};
/// Of a part (x: columns, y: rows) of each die, or of all cells when it is null.
ConductanceSummary conductanceSummary(std::span<const Die> dies, const QRect& part = {});

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

} // namespace faultline
