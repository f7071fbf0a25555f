#include "wafer/defect_statistics.h"

#include <algorithm>
#include <cmath>

#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>

#include "common/require.h"
#include "common/statistics.h"
#include "common/stop.h"
#include "wafer/defect_counts.h"
#include "wafer/failed_lines.h"

namespace faultline
{

namespace
{

/// As a die keeps it, in a float; siemens.
constexpr double largestConductance = 1e38;

void validateConductance(const LognormalConductance& distribution, const std::string& what)
{
    // Within these, any cell that is drawn conducts a finite number of siemens.
    require(distribution.median > 0.0 && distribution.median <= largestConductance,
            "median conductance " + what, distribution.median, "more than 0 siemens (1e38 at most)");
    require(distribution.sigma >= 0.0 && distribution.sigma <= 100.0,
            "standard deviation of ln(conductance) " + what, distribution.sigma,
            "0 or more (0.05 is 5 %; 100 at most)");
}

/// What the measured cells with a label conduct at a level, siemens.
std::vector<double> conductances(const Wafer& wafer, Defect label, Level level)
{
    std::vector<double> values;
    for (const Die& die : wafer.dies) {
        const auto& grid = die.conductance[level];
        for (Eigen::Index cell = 0; cell < grid.size(); ++cell) {
            if (die.defect.data()[cell] == label && die.isMeasured(cell))
                values.push_back(grid.data()[cell]);
        }
    }
    return values;
}

std::vector<double> logarithms(std::vector<double> values)
{
    for (double& value : values)
        value = std::log(value);
    return values;
}

/// Standard deviation of normal values by their quartiles, which a few wild ones do not move.
double robustSigma(const Box& quartiles)
{
    constexpr double normalInterquartileRange = 1.3489795003921634;
    return (quartiles.highQuartile - quartiles.lowQuartile) / normalInterquartileRange;
}

/// From median and quartiles. Cells that conduct nothing are left out, since their logarithm is not finite.
LognormalConductance fitConductance(const std::vector<double>& values)
{
    const Box quartiles = box(logarithms(values));
    return {std::exp(quartiles.median), robustSigma(quartiles)};
}

/// Of two logarithms of one length, both scaled to the same sigma; the variance of their sum against that of
/// their difference.
double fitCorrelation(const std::vector<double>& high, double highSigma, const std::vector<double>& low,
                      double lowSigma)
{
    if (highSigma == 0.0 || lowSigma == 0.0)
        return 0.0;
    std::vector<double> sums(high.size()), differences(high.size());
    for (std::size_t i = 0; i < high.size(); ++i) {
        sums[i] = high[i] / highSigma + low[i] / lowSigma;
        differences[i] = high[i] / highSigma - low[i] / lowSigma;
    }
    const double sum = std::pow(robustSigma(box(sums)), 2),
                 difference = std::pow(robustSigma(box(differences)), 2);
    const double correlation = (sum - difference) / (sum + difference);
    // The standard deviation of that of independent values is about 1.65 / sqrt(n).
    const double byChance = 4.0 * 1.65 / std::sqrt(static_cast<double>(high.size()));
    return std::abs(correlation) > byChance ? correlation : 0.0;
}

DefectRate fitRate(const std::vector<SortedDefects>& dies, Defect defect)
{
    std::vector<double> counts, cells;
    for (const SortedDefects& die : dies) {
        counts.push_back(die.counts[static_cast<std::size_t>(defect)]);
        cells.push_back(die.cells);
    }
    const double meanCount = mean(counts);
    return {meanCount / mean(cells), fitDispersion(counts, meanCount)};
}

LineRates fitLines(const std::vector<SortedDefects>& dies, std::vector<Defect> SortedDefects::*lines)
{
    LineRates rates;
    const auto all = static_cast<double>(dies.size() * (dies.front().*lines).size());
    for (const SortedDefects& die : dies) {
        rates.shorts += static_cast<double>(std::ranges::count(die.*lines, Defect::Short)) / all;
        rates.opens += static_cast<double>(std::ranges::count(die.*lines, Defect::Open)) / all;
    }
    return rates;
}

void validateLines(const LineRates& rates, const std::string& lines)
{
    for (const auto& [rate, what] : {std::pair{rates.shorts, "shorted "}, {rates.opens, "open "}})
        require(rate >= 0.0 && rate <= 1.0, "share of " + (what + lines), rate, "from 0 to 1 (0.01 is 1 %)");
    require(rates.shorts + rates.opens <= 1.0, "share of all failed " + lines, rates.shorts + rates.opens,
            "at most 1");
}

/// What becomes of one row or column.
Defect drawLine(const LineRates& rates, RandomStream& random)
{
    if (rates == LineRates{})
        return Defect::None;
    const double at = random.uniform();
    return at < rates.shorts ? Defect::Short : at < rates.shorts + rates.opens ? Defect::Open : Defect::None;
}

} // namespace

const DefectRate& DefectStatistics::rate(Defect defect) const
{
    switch (defect) {
    case Defect::Short:
        return shorts;
    case Defect::Open:
        return opens;
    case Defect::StuckP:
        return stuckP;
    case Defect::StuckAP:
        return stuckAP;
    case Defect::None:
        break;
    }
    throw Error("healthy cells have no defect rate");
}

DefectRate& DefectStatistics::rate(Defect defect)
{
    return const_cast<DefectRate&>(std::as_const(*this).rate(defect));
}

void DefectStatistics::validate() const
{
    validateConductance(level[P], "of healthy cells at P");
    validateConductance(level[AP], "of healthy cells at AP");
    constexpr double leastDispersion = 1e-6;
    double defective = 0.0;
    for (Defect defect : allDefects) {
        const DefectRate& counts = rate(defect);
        const std::string cells = " of " + std::string(name(defect)) + " cells";
        require(counts.rate >= 0.0 && counts.rate <= 1.0, "share" + cells, counts.rate,
                "from 0 to 1 (0.01 is 1 %)");
        require(counts.dispersion >= leastDispersion, "dispersion" + cells, counts.dispersion,
                "1e-6 or more (infinite for Poisson counts)");
        defective += counts.rate;
    }
    require(defective <= 1.0, "share of all defects together", defective, "at most 1");
    validateLines(rows, "rows");
    validateLines(columns, "columns");
    clusters.validate();
    require(std::abs(levelCorrelation) <= 1.0, "correlation of healthy cells' ln(conductance) at P and AP",
            levelCorrelation, "from -1 to 1");
    if (hasShorts())
        validateConductance(shortConductance, "of shorts");
    require(shortLimit > 0.0, "largest conductance of shorts", shortLimit, "more than 0 siemens");
    require(openConductance >= 0.0 && openConductance <= largestConductance, "conductance of open cells",
            openConductance, "0 siemens or more (1e38 at most)");
}

DefectStatistics fitStatistics(const Wafer& wafer)
{
    if (wafer.dies.empty())
        throw Error("the wafer has no dies to take statistics from");

    DefectStatistics statistics;
    std::array<std::vector<double>, levelCount> healthy;
    for (Level level : {AP, P}) {
        healthy[level] = conductances(wafer, Defect::None, level);
        statistics.level[level] = fitConductance(healthy[level]);
        if (!std::isfinite(statistics.level[level].median))
            throw Error("the wafer has no healthy cells to take statistics from");
    }
    statistics.levelCorrelation =
        fitCorrelation(logarithms(std::move(healthy[P])), statistics.level[P].sigma,
                       logarithms(std::move(healthy[AP])), statistics.level[AP].sigma);
    std::vector<SortedDefects> dies;
    std::vector<CellGrid<Defect>> points;
    for (const Die& die : wafer.dies) {
        dies.push_back(sortDefects(die));
        points.push_back(std::move(dies.back().points));
    }
    for (Defect defect : allDefects)
        statistics.rate(defect) = fitRate(dies, defect);
    statistics.rows = fitLines(dies, &SortedDefects::rows);
    statistics.columns = fitLines(dies, &SortedDefects::columns);
    statistics.clusters = fitClusters(points);
    // Stuck and broken cells conduct the same at every level, so one level tells all.
    if (statistics.hasShorts())
        statistics.shortConductance = fitConductance(conductances(wafer, Defect::Short, P));
    // Noise can make a measured leakage negative.
    if (statistics.opens.rate > 0.0 || statistics.rows.opens > 0.0 || statistics.columns.opens > 0.0)
        statistics.openConductance = std::max(0.0, quantile(conductances(wafer, Defect::Open, P), 0.5));
    statistics.validate();
    return statistics;
}

int drawCount(const DefectRate& rate, int cells, RandomStream& random)
{
    // Negative binomial: Poisson with a mean that is itself drawn, from a gamma distribution.
    double mean = rate.rate * cells;
    if (mean > 0.0 && std::isfinite(rate.dispersion))
        mean = boost::random::gamma_distribution<>(rate.dispersion, mean / rate.dispersion)(random);
    if (mean <= 0.0)
        return 0;
    const auto count = boost::random::poisson_distribution<std::int64_t>(mean)(random);
    return static_cast<int>(std::min<std::int64_t>(count, cells));
}

double draw(const LognormalConductance& distribution, RandomStream& random)
{
    return std::min(largestConductance,
                    distribution.median *
                        std::exp(distribution.sigma * boost::random::normal_distribution<>()(random)));
}

double drawDefectConductance(const DefectStatistics& statistics, Defect defect, RandomStream& random)
{
    switch (defect) {
    case Defect::Short:
        return std::min(draw(statistics.shortConductance, random), statistics.shortLimit);
    case Defect::Open:
        return statistics.openConductance;
    case Defect::StuckP:
        return draw(statistics.level[P], random);
    case Defect::StuckAP:
        return draw(statistics.level[AP], random);
    case Defect::None:
        break;
    }
    throw Error("a healthy cell has no defect's conductance");
}

std::vector<DrawnDefect> drawDefects(const DefectStatistics& statistics, const DieGeometry& geometry,
                                     RandomStream& random, const std::stop_token& stop)
{
    std::vector<DrawnDefect> defects;
    CellGrid<bool> taken = CellGrid<bool>::Zero(geometry.rows, geometry.columns);
    const auto add = [&](const CellIndex& cell, Defect defect) {
        taken(cell.row, cell.column) = true;
        defects.push_back({cell, defect, drawDefectConductance(statistics, defect, random)});
    };
    const auto addFree = [&](const CellIndex& cell, Defect defect) {
        if (!taken(cell.row, cell.column))
            add(cell, defect);
    };
    for (int row = 0; row < geometry.rows; ++row)
        if (const Defect defect = drawLine(statistics.rows, random); defect != Defect::None)
            for (int column = 0; column < geometry.columns; ++column)
                addFree({row, column}, defect);
    for (int column = 0; column < geometry.columns; ++column)
        if (const Defect defect = drawLine(statistics.columns, random); defect != Defect::None)
            for (int row = 0; row < geometry.rows; ++row)
                addFree({row, column}, defect);

    const int cells = geometry.cells() - static_cast<int>(defects.size()); // outside of failed lines
    int healthy = cells;
    for (const Defect defect : allDefects) {
        const int count = std::min(drawCount(statistics.rate(defect), cells, random), healthy);
        healthy -= count;
        ClusteredPlaces places(statistics.clusters, geometry);
        for (int placed = 0; placed < count; ++placed) {
            CellIndex cell;
            do {
                throwIfStopped(stop);
                cell = places.propose(random);
            } while (taken(cell.row, cell.column));
            places.take();
            add(cell, defect);
        }
    }
    return defects;
}

Die drawDie(const DefectStatistics& statistics, const DieGeometry& geometry, RandomStream random,
            const std::stop_token& stop)
{
    Die die;
    boost::random::normal_distribution<> normal;
    const double common = statistics.levelCorrelation, own = std::sqrt(1.0 - common * common);
    CellGrid<double> first; // level's deviations, in sigma
    for (const LognormalConductance& level : statistics.level) {
        throwIfStopped(stop);
        CellGrid<double> deviations =
            CellGrid<double>::NullaryExpr(geometry.rows, geometry.columns, [&] { return normal(random); });
        if (first.size() == 0)
            first = deviations;
        else
            deviations = common * first + own * deviations;
        die.conductance.push_back(deviations.unaryExpr([&](double deviation) {
            return static_cast<float>(
                std::min(largestConductance, level.median * std::exp(level.sigma * deviation)));
        }));
    }
    die.defect = CellGrid<Defect>::Constant(geometry.rows, geometry.columns, Defect::None);
    for (const DrawnDefect& drawn : drawDefects(statistics, geometry, random, stop))
        die.setDefect(drawn.cell.row, drawn.cell.column, drawn.defect, static_cast<float>(drawn.siemens));
    return die;
}

} // namespace faultline
