#include "figures/numbers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/statistics.h"

namespace faultline
{

ConductanceHistogram conductanceHistogram(std::span<const Die> dies, int bins)
{
    double low = INFINITY, high = 0.0;
    const auto forEachCell = [dies](const auto& visit) {
        for (const Die& die : dies)
            for (Eigen::Index k = 0; k < die.defect.size(); ++k)
                for (const Level level : {AP, P}) {
                    const double siemens = die.conductance[level].data()[k];
                    const Defect defect = die.defect.data()[k];
                    // A defect is one cell, whatever it is written to.
                    if (!std::isnan(siemens) && (defect == Defect::None || level == P))
                        visit(siemens, level, defect);
                }
    };
    forEachCell([&](double siemens, Level, Defect) {
        if (siemens > 0.0) {
            low = std::min(low, siemens);
            high = std::max(high, siemens);
        }
    });
    ConductanceHistogram histogram;
    if (!(low <= high))
        return histogram;
    const double first = std::log10(low) - 0.05, last = std::log10(high) + 0.05;
    const double width = (last - first) / bins;
    for (int k = 0; k <= bins; ++k)
        histogram.edges.push_back(std::pow(10.0, first + k * width));
    const auto zeros = std::vector<int>(static_cast<std::size_t>(bins));
    histogram.healthy.fill(zeros);
    for (const Defect defect : allDefects)
        histogram.defective[static_cast<std::size_t>(defect)] = zeros;
    forEachCell([&](double siemens, Level level, Defect defect) {
        const double place = siemens > 0.0 ? (std::log10(siemens) - first) / width : 0.0;
        const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, bins - 1.0));
        ++(defect == Defect::None ? histogram.healthy[level]
                                  : histogram.defective[static_cast<std::size_t>(defect)])[bin];
    });
    return histogram;
}

std::vector<std::size_t> byName(const StudySummary& summary, const Wafer& wafer)
{
    std::vector<std::size_t> order(summary.dies.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t k) -> const std::string& {
        return wafer.dies[static_cast<std::size_t>(summary.dies[k])].name;
    });
    return order;
}

Generality generality(const StudySummary& summary, const Wafer& wafer, const std::vector<Run>& runs)
{
    Generality result;
    std::vector<const Run*> networks;
    for (const std::size_t k : byName(summary, wafer)) {
        const int die = summary.dies[k];
        result.dies.push_back(die);
        for (const Run& run : runs)
            if (run.settings.mode == TrainingMode::HardwareAware && run.settings.die == die) {
                networks.push_back(&run);
                result.networks.push_back(die);
            }
    }
    result.error.resize(static_cast<Eigen::Index>(result.dies.size()),
                        static_cast<Eigen::Index>(networks.size()));
    for (Eigen::Index column = 0; column < result.error.cols(); ++column)
        for (Eigen::Index row = 0; row < result.error.rows(); ++row) {
            const auto die = static_cast<std::size_t>(result.dies[static_cast<std::size_t>(row)]);
            result.error(row, column) = networks[static_cast<std::size_t>(column)]->dieErrors[die];
        }
    return result;
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
