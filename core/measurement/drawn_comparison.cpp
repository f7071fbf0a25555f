#include "measurement/drawn_comparison.h"

#include <algorithm>
#include <cmath>

namespace faultline
{

namespace
{

/// Edges around what was measured, at most five decades.
std::vector<double> binEdges(const Wafer& wafer)
{
    constexpr int bins = 80;
    constexpr double decades = 1e5;
    double low = std::numeric_limits<double>::infinity(), high = 0.0;
    for (const Die& die : wafer.dies)
        for (const auto& grid : die.conductance)
            for (const double siemens : grid.cast<double>().reshaped())
                if (siemens > 0.0) {
                    low = std::min(low, siemens);
                    high = std::max(high, siemens);
                }
    high *= 1.1;
    low = std::max(low / 1.1, high / decades);
    std::vector<double> edges;
    for (int k = 0; k <= bins; ++k)
        edges.push_back(low * std::pow(high / low, static_cast<double>(k) / bins));
    return edges;
}

void addShares(const Die& die, Level level, const std::vector<double>& edges, double dies,
               std::vector<double>& shares)
{
    const double one = 1.0 / (dies * die.measuredCells());
    const double perBin = std::log(edges[1] / edges[0]), logLow = std::log(edges.front());
    const CellGrid<float>& grid = die.conductance[level];
    for (Eigen::Index cell = 0; cell < grid.size(); ++cell) {
        if (!die.isMeasured(cell))
            continue;
        const double siemens = grid.data()[cell];
        const double bin = siemens > 0.0 ? std::floor((std::log(siemens) - logLow) / perBin) : 0.0;
        shares[static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(shares.size() - 1)))] += one;
    }
}

} // namespace

DrawnComparison compareWithDrawn(const Wafer& wafer, const DefectStatistics& statistics, std::uint64_t seed,
                                 const std::stop_token& stop)
{
    constexpr int cells = 8'000'000;
    DrawnComparison result;
    result.dies = std::clamp(cells / wafer.geometry.cells(), 4, 400);
    result.edges = binEdges(wafer);
    for (auto& state : result.conductance)
        state.measured = state.drawn = std::vector<double>(result.edges.size() - 1);
    const auto add = [&](const Die& die, double dies, std::vector<double> DrawnComparison::Shares::*shares) {
        for (const Level level : {AP, P})
            addShares(die, level, result.edges, dies, result.conductance[level].*shares);
    };
    for (const Die& die : wafer.dies) {
        add(die, static_cast<double>(wafer.dies.size()), &DrawnComparison::Shares::measured);
        result.measuredDefects.push_back(die.defectCount() *
                                         (static_cast<double>(die.defect.size()) / die.measuredCells()));
    }
    for (int k = 0; k < result.dies; ++k) {
        const Die die =
            drawDie(statistics, wafer.geometry,
                    RandomStream(seed, RandomUse::WaferDraw, static_cast<std::uint32_t>(k)), stop);
        add(die, result.dies, &DrawnComparison::Shares::drawn);
        result.drawnDefects.push_back(die.defectCount());
    }
    return result;
}

} // namespace faultline
