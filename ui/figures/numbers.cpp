#include "figures/numbers.h"

#include <algorithm>
#include <cmath>

#include "common/statistics.h"

namespace faultline
{

namespace
{

/// Calls visit(siemens, level, defect) for what a histogram counts.
template <class Visit>
void forEachConductance(const Die& die, const QRect& part, const Visit& visit)
{
    for (int row = part.top(); row <= part.bottom(); ++row)
        for (int column = part.left(); column <= part.right(); ++column) {
            const CellState cell = die.cell({row, column});
            for (const Level level : {AP, P}) {
                const double siemens = cell.conductance[level];
                // A defect is one cell, whatever it is written to.
                if (cell.measured && !std::isnan(siemens) && (cell.defect == Defect::None || level == P))
                    visit(siemens, level, cell.defect);
            }
        }
}

QRect allOf(const Die& die)
{
    return {0, 0, die.columns(), die.rows()};
}

void count(ConductanceHistogram& histogram, const Die& die, const QRect& part)
{
    const bool log = histogram.binning.log;
    const auto along = [log](double siemens) { return log ? std::log10(siemens) : siemens; };
    const double bins = static_cast<double>(histogram.edges.size() - 1);
    const double first = along(histogram.edges.front());
    const double width = (along(histogram.edges.back()) - first) / bins;
    forEachConductance(die, part, [&](double siemens, Level level, Defect defect) {
        const double place = siemens > 0.0 ? (along(siemens) - first) / width : 0.0;
        const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, bins - 1.0));
        ++(defect == Defect::None ? histogram.healthy[level]
                                  : histogram.defective[static_cast<std::size_t>(defect)])[bin];
    });
}

void clear(ConductanceHistogram& histogram)
{
    const auto zeros = std::vector<int>(histogram.edges.size() - 1);
    histogram.healthy.fill(zeros);
    for (const Defect defect : allDefects)
        histogram.defective[static_cast<std::size_t>(defect)] = zeros;
}

/// Mean and standard deviation of numbers that come one by one (B. P. Welford, Technometrics 4, 419 (1962)).
class RunningPopulation
{
public:
    void add(double value)
    {
        if (!std::isfinite(value))
            return;
        const double step = value - mean_;
        mean_ += step / ++count_;
        squares_ += step * (value - mean_);
    }
    ConductanceSummary::Population result() const
    {
        if (count_ == 0.0)
            return {NAN, NAN};
        return {mean_, count_ > 1.0 ? std::sqrt(squares_ / (count_ - 1.0)) : 0.0};
    }

private:
    double count_ = 0.0, mean_ = 0.0, squares_ = 0.0;
};

} // namespace

ConductanceHistogram conductanceHistogram(std::span<const Die> dies, const Binning& binning)
{
    constexpr double automaticBins = 120.0, mostBins = 5000.0;
    double low = INFINITY, high = 0.0;
    for (const Die& die : dies)
        forEachConductance(die, allOf(die), [&](double siemens, Level, Defect) {
            if (siemens > 0.0) {
                low = std::min(low, siemens);
                high = std::max(high, siemens);
            }
        });
    ConductanceHistogram histogram;
    histogram.binning = binning;
    if (!(low <= high))
        return histogram;
    const double first = binning.log ? std::log10(low) - 0.05 : 0.0;
    const double last = binning.log ? std::log10(high) + 0.05 : 1.02 * high;
    const double width = binning.width > 0.0 ? std::max(binning.width, (last - first) / mostBins)
                                             : (last - first) / automaticBins;
    const int bins = static_cast<int>(std::ceil((last - first) / width - 1e-9));
    for (int k = 0; k <= bins; ++k) {
        const double edge = first + k * width;
        histogram.edges.push_back(binning.log ? std::pow(10.0, edge) : edge);
    }
    clear(histogram);
    for (const Die& die : dies)
        count(histogram, die, allOf(die));
    return histogram;
}

ConductanceHistogram shareOf(const ConductanceHistogram& whole, const Die& die, const QRect& part)
{
    ConductanceHistogram share = whole;
    if (whole.edges.empty())
        return share;
    clear(share);
    count(share, die, part & allOf(die));
    return share;
}

ConductanceSummary conductanceSummary(std::span<const Die> dies, const QRect& part)
{
    std::array<RunningPopulation, levelCount> level;
    RunningPopulation tmr;
    ConductanceSummary summary;
    for (const Die& die : dies) {
        const QRect cells = part.isNull() ? allOf(die) : part & allOf(die);
        for (int row = cells.top(); row <= cells.bottom(); ++row)
            for (int column = cells.left(); column <= cells.right(); ++column) {
                const CellState cell = die.cell({row, column});
                if (!cell.measured) {
                    ++summary.notMeasured;
                    continue;
                }
                ++summary.counts[static_cast<std::size_t>(cell.defect)];
                if (cell.defect != Defect::None)
                    continue;
                for (const Level k : {AP, P})
                    level[k].add(cell.conductance[k]);
                if (cell.conductance[AP] > 0.0F)
                    tmr.add(static_cast<double>(cell.conductance[P]) / cell.conductance[AP] - 1.0);
            }
    }
    for (const Level k : {AP, P})
        summary.level[k] = level[k].result();
    summary.tmr = tmr.result();
    return summary;
}

ErrorStatistics errorStatistics(std::span<const double> errors)
{
    const std::vector<double> sorted = yieldCurve(errors).error;
    return {static_cast<int>(sorted.size()), mean(sorted), quantile(sorted, 0.5), standardDeviation(sorted),
            sorted.empty() ? NAN : sorted.back()};
}

YieldCurve yieldCurve(std::span<const double> errors)
{
    YieldCurve curve;
    for (const double error : errors)
        if (std::isfinite(error))
            curve.error.push_back(error);
    std::ranges::sort(curve.error);
    for (std::size_t k = 1; k <= curve.error.size(); ++k)
        curve.share.push_back(100.0 * static_cast<double>(k) / static_cast<double>(curve.error.size()));
    return curve;
}

} // namespace faultline
