#include "measurement/wafer_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/normal.hpp>

#include "common/csv.h"
#include "common/random.h"
#include "common/stop.h"
#include "wafer/failed_lines.h"

namespace faultline
{

namespace
{

struct PairCounts {
    long rows = 0, columns = 0, neighbours = 0;
};

/// Defective cells of a die, and the pairs among them.
class DefectMap
{
public:
    DefectMap(Eigen::Index rows, Eigen::Index columns)
        : defective_(CellGrid<char>::Zero(rows, columns)),
          inRow_(static_cast<std::size_t>(rows)),
          inColumn_(static_cast<std::size_t>(columns))
    {
    }

    bool has(Eigen::Index cell) const { return defective_.data()[cell] != 0; }

    /// Adds the pairs that a new defect makes with those before it.
    void add(Eigen::Index cell, PairCounts& pairs)
    {
        const Eigen::Index row = cell / defective_.cols(), column = cell % defective_.cols();
        pairs.rows += inRow_[static_cast<std::size_t>(row)]++;
        pairs.columns += inColumn_[static_cast<std::size_t>(column)]++;
        for (Eigen::Index y = std::max<Eigen::Index>(row - 1, 0);
             y <= std::min(row + 1, defective_.rows() - 1); ++y)
            for (Eigen::Index x = std::max<Eigen::Index>(column - 1, 0);
                 x <= std::min(column + 1, defective_.cols() - 1); ++x)
                pairs.neighbours += defective_(y, x);
        defective_.data()[cell] = 1;
        cells_.push_back(cell);
    }

    void clear()
    {
        for (const Eigen::Index cell : cells_)
            defective_.data()[cell] = 0;
        cells_.clear();
        std::ranges::fill(inRow_, 0);
        std::ranges::fill(inColumn_, 0);
    }

private:
    CellGrid<char> defective_;
    std::vector<long> inRow_, inColumn_;
    std::vector<Eigen::Index> cells_;
};

class PairTest
{
public:
    explicit PairTest(long found) { pairs_.found = found; }

    void draw(long pairs)
    {
        sum_ += static_cast<double>(pairs);
        atLeast_ += pairs >= pairs_.found;
        ++draws_;
    }
    ClusterTest::Pairs result() const
    {
        ClusterTest::Pairs pairs = pairs_;
        pairs.expected = draws_ > 0 ? sum_ / draws_ : 0.0;
        pairs.probability = (1.0 + atLeast_) / (1.0 + draws_);
        return pairs;
    }

private:
    ClusterTest::Pairs pairs_;
    double sum_ = 0.0;
    int atLeast_ = 0, draws_ = 0;
};

LineReport lineReport(const std::vector<SortedDefects>& dies, std::vector<Defect> SortedDefects::*lines,
                      Defect defect, const char* what)
{
    LineReport report{what, 0, 0, 0.0, {}};
    for (const SortedDefects& die : dies) {
        report.failed += std::ranges::count(die.*lines, defect);
        report.lines += static_cast<long>((die.*lines).size());
    }
    report.share = static_cast<double>(report.failed) / static_cast<double>(report.lines);
    report.interval = shareInterval(report.failed, report.lines);
    return report;
}

std::vector<double> healthy(const Die& die, Level level)
{
    std::vector<double> values;
    for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell)
        if (die.defect.data()[cell] == Defect::None && die.isMeasured(cell))
            values.push_back(die.conductance[level].data()[cell]);
    return values;
}

std::vector<double> healthyTmr(const Die& die)
{
    const std::vector<double> p = healthy(die, P), ap = healthy(die, AP);
    std::vector<double> tmr(p.size());
    std::ranges::transform(p, ap, tmr.begin(), [](double high, double low) { return high / low - 1.0; });
    return tmr;
}

ConductanceReport conductanceReport(const std::vector<Die>& dies, Level level,
                                    const LognormalConductance& fit)
{
    std::vector<double> values;
    for (const Die& die : dies) {
        const std::vector<double> more = healthy(die, level);
        values.insert(values.end(), more.begin(), more.end());
    }
    std::ranges::sort(values);
    ConductanceReport report{fit, static_cast<long>(values.size()), {}};
    constexpr int most = 101; // points of the curve, equally far apart on the normal's axis
    const auto count = static_cast<double>(values.size());
    const boost::math::normal normal;
    const double outermost = values.size() > 1 ? -quantile(normal, 0.5 / count) : 0.0;
    std::size_t last = values.size();
    for (int k = 0; k < most; ++k) {
        const double at = outermost * (2.0 * k / (most - 1) - 1.0);
        const auto rank =
            static_cast<std::size_t>(std::clamp(std::floor(cdf(normal, at) * count), 0.0, count - 1.0));
        if (rank == last) // fewer cells than points
            continue;
        last = rank;
        report.quantiles.push_back(
            {quantile(normal, (static_cast<double>(rank) + 0.5) / count), values[rank]});
    }
    return report;
}

/// Ranks from 1; equal values share their mean rank.
std::vector<double> ranks(const std::vector<double>& values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> result(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]])
            ++last;
        for (std::size_t i = first; i <= last; ++i)
            result[order[i]] = 1.0 + 0.5 * static_cast<double>(first + last);
        first = last + 1;
    }
    return result;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b)
{
    const double middleA = mean(a), middleB = mean(b);
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - middleA) * (b[i] - middleB);
        aa += (a[i] - middleA) * (a[i] - middleA);
        bb += (b[i] - middleB) * (b[i] - middleB);
    }
    return ab / std::sqrt(aa * bb);
}

RadialTrend trendOf(const std::string& what, const std::vector<double>& radius,
                    const std::vector<double>& value, int draws, RandomStream random)
{
    RadialTrend trend{what, radius, value, std::numeric_limits<double>::quiet_NaN(), 1.0};
    if (radius.size() < 3)
        return trend;
    const std::vector<double> radii = ranks(radius);
    std::vector<double> values = ranks(value);
    trend.rankCorrelation = correlation(radii, values);
    if (!std::isfinite(trend.rankCorrelation))
        return trend;
    int atLeast = 0;
    constexpr double rounding = 1e-12;
    for (int draw = 0; draw < draws; ++draw) {
        for (std::size_t i = values.size() - 1; i > 0; --i)
            std::swap(values[i], values[random.below(static_cast<std::uint32_t>(i) + 1)]);
        atLeast += std::abs(correlation(radii, values)) >= std::abs(trend.rankCorrelation) - rounding;
    }
    trend.probability = (1.0 + atLeast) / (1.0 + draws);
    return trend;
}

std::vector<double> radii(const std::vector<Die>& dies)
{
    const auto middle = [&](auto side) {
        const auto [low, high] =
            std::ranges::minmax_element(dies, {}, [&](const Die& die) { return die.position.*side; });
        return 0.5 * (low->position.*side + high->position.*side);
    };
    const double row = middle(&WaferPosition::row), column = middle(&WaferPosition::column);
    std::vector<double> result;
    for (const Die& die : dies)
        result.push_back(std::hypot(die.position.row - row, die.position.column - column));
    return result;
}

std::vector<RadialTrend> trendsOf(const Wafer& wafer, std::optional<Level> assumed,
                                  const std::vector<double>& medianTmr, int draws, std::uint64_t seed)
{
    const Level level = assumed == P ? AP : P;
    std::vector<double> defective, median;
    for (const Die& die : wafer.dies) {
        defective.push_back(static_cast<double>(die.defectCount()) / die.measuredCells());
        median.push_back(quantile(healthy(die, level), 0.5));
    }
    const std::vector<double> radius = radii(wafer.dies);
    std::vector<RadialTrend> trends;
    const auto add = [&](const std::string& what, const std::vector<double>& values) {
        const auto index = static_cast<std::uint32_t>(trends.size()) + 1;
        trends.push_back(
            trendOf(what, radius, values, draws, RandomStream(seed, RandomUse::Permutation, index)));
    };
    add("defective cells", defective);
    add("median G at " + std::string(name(level)) + " (S)", median);
    if (!assumed)
        add("median TMR", medianTmr);
    return trends;
}

} // namespace

ClusterTest testClusters(const std::vector<Die>& dies, int draws, std::uint64_t seed,
                         const std::stop_token& stop)
{
    PairCounts found;
    std::vector<SortedDefects> sorted;
    std::vector<std::pair<DefectMap, int>> maps; // with the number of defects
    for (const Die& die : dies) {
        const SortedDefects& of = sorted.emplace_back(sortDefects(die));
        DefectMap map(die.defect.rows(), die.defect.cols());
        int count = 0;
        for (Eigen::Index cell = 0; cell < of.points.size(); ++cell) {
            if (of.points.data()[cell] == Defect::None)
                continue;
            map.add(cell, found);
            ++count;
        }
        maps.emplace_back(std::move(map), count);
    }
    PairTest rows(found.rows), columns(found.columns), neighbours(found.neighbours);
    for (int draw = 0; draw < draws; ++draw) {
        throwIfStopped(stop);
        RandomStream random(seed, RandomUse::Permutation, 0, static_cast<std::uint32_t>(draw));
        PairCounts pairs;
        for (std::size_t i = 0; i < dies.size(); ++i) {
            auto& [map, count] = maps[i];
            map.clear();
            for (int placed = 0; placed < count;) {
                const auto cell =
                    static_cast<int>(random.below(static_cast<std::uint32_t>(dies[i].defect.size())));
                if (map.has(cell) || !sorted[i].counted.data()[cell])
                    continue;
                map.add(cell, pairs);
                ++placed;
            }
        }
        rows.draw(pairs.rows);
        columns.draw(pairs.columns);
        neighbours.draw(pairs.neighbours);
    }
    return {rows.result(), columns.result(), neighbours.result(), draws};
}

WaferReport reportOn(const Wafer& wafer, int draws, std::uint64_t seed, const std::stop_token& stop)
{
    Wafer chosen = wafer;
    std::erase_if(chosen.dies, [](const Die& die) { return !die.included; });
    WaferReport report;
    report.wafer = chosen.name;
    report.dies = static_cast<int>(chosen.dies.size());
    report.statistics = fitStatistics(chosen);

    std::vector<SortedDefects> sorted;
    std::vector<double> cells;
    for (const Die& die : chosen.dies)
        cells.push_back(sorted.emplace_back(sortDefects(die)).cells);
    for (const Defect defect : allDefects) {
        DefectReport& of = report.defects.emplace_back();
        of.defect = defect;
        of.cells = mean(cells);
        for (const SortedDefects& die : sorted)
            of.counts.push_back(die.counts[static_cast<std::size_t>(defect)]);
        of.rate = report.statistics.rate(defect).rate;
        of.dispersion = report.statistics.rate(defect).dispersion;
        const Interval interval = meanInterval(of.counts);
        of.rateInterval = {interval.low / of.cells, std::min(1.0, interval.high / of.cells)};
        of.overdispersion = testOverdispersion(of.counts);
    }
    report.lines = {lineReport(sorted, &SortedDefects::rows, Defect::Short, "shorted rows"),
                    lineReport(sorted, &SortedDefects::rows, Defect::Open, "open rows"),
                    lineReport(sorted, &SortedDefects::columns, Defect::Short, "shorted columns"),
                    lineReport(sorted, &SortedDefects::columns, Defect::Open, "open columns")};
    report.clusters = testClusters(chosen.dies, draws, seed, stop);
    for (const Level level : {AP, P})
        report.conductance[level] = conductanceReport(chosen.dies, level, report.statistics.level[level]);

    report.assumed = chosen.assumedLevel();
    std::vector<double> tmr, medianTmr;
    for (const Die& die : chosen.dies) {
        const std::vector<double> ratios = healthyTmr(die);
        tmr.insert(tmr.end(), ratios.begin(), ratios.end());
        medianTmr.push_back(quantile(ratios, 0.5));
    }
    report.tmr = box(tmr);
    if (std::ranges::all_of(chosen.dies, [](const Die& die) { return die.acquisition.placed; }))
        report.trends = trendsOf(chosen, report.assumed, medianTmr, draws, seed);
    report.drawn = compareWithDrawn(chosen, report.statistics, seed, stop);
    return report;
}

namespace
{

std::string nineDigits(double value)
{
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 9).ptr;
    return {text.data(), end};
}

} // namespace

std::string csv(const WaferReport& report)
{
    CsvWriter csv;
    const auto table = [&csv](std::string_view title) {
        if (!csv.text().empty())
            csv.endLine();
        csv.line(title);
    };
    table("defects");
    csv.line("defect", "rate", "rate_low_95", "rate_high_95", "dispersion", "likelihood_ratio",
             "probability");
    for (const DefectReport& of : report.defects)
        csv.line(name(of.defect), nineDigits(of.rate), nineDigits(of.rateInterval.low),
                 nineDigits(of.rateInterval.high), nineDigits(of.dispersion),
                 nineDigits(of.overdispersion.likelihoodRatio), nineDigits(of.overdispersion.probability));
    table("failed lines");
    csv.line("what", "failed", "lines", "share", "share_low_95", "share_high_95");
    for (const LineReport& of : report.lines)
        csv.line(of.what, of.failed, of.lines, nineDigits(of.share), nineDigits(of.interval.low),
                 nineDigits(of.interval.high));
    table("thomas process");
    csv.line("cluster_size", "cluster_radius_cells");
    csv.line(nineDigits(report.statistics.clusters.size), nineDigits(report.statistics.clusters.radius));
    table("clusters");
    csv.line("pairs", "found", "expected", "probability");
    for (const auto& [where, pairs] : {std::pair{"rows", report.clusters.rows},
                                       {"columns", report.clusters.columns},
                                       {"neighbours", report.clusters.neighbours}})
        csv.line(where, pairs.found, nineDigits(pairs.expected), nineDigits(pairs.probability));
    const auto state = [&](Level level) {
        return std::string(name(level)) + (report.assumed == level ? " (assumed)" : "");
    };
    table("conductance");
    csv.line("state", "cells", "median_siemens", "sigma_ln");
    for (const Level level : {AP, P}) {
        const ConductanceReport& of = report.conductance[level];
        csv.line(state(level), of.cells, nineDigits(of.fit.median), nineDigits(of.fit.sigma));
    }
    table("correlation of ln G at P and AP");
    csv.line(nineDigits(report.statistics.levelCorrelation));
    table(report.assumed ? "tmr (assumed)" : "tmr");
    csv.line("low_quartile", "median", "high_quartile");
    csv.line(nineDigits(report.tmr.lowQuartile), nineDigits(report.tmr.median),
             nineDigits(report.tmr.highQuartile));
    table("trends");
    csv.line("what", "rank_correlation", "probability");
    for (const RadialTrend& trend : report.trends)
        csv.line(trend.what, nineDigits(trend.rankCorrelation), nineDigits(trend.probability));
    table("quantiles");
    csv.line("state", "normal", "siemens");
    for (const Level level : {AP, P})
        for (const auto& point : report.conductance[level].quantiles)
            csv.line(state(level), nineDigits(point.normal), nineDigits(point.siemens));
    return csv.text();
}

} // namespace faultline
