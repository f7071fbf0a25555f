#include "wafer/defect_clusters.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/tools/minima.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>

#include "common/require.h"

namespace faultline
{

void DefectClusters::validate() const
{
    constexpr int side = DieGeometry::maximumSide, cells = side * side;
    require(size >= 0.0 && size <= cells, "mean size of clusters", size,
            "from 0 (no clusters) to " + std::to_string(cells));
    require(radius > 0.0 && radius <= side, "radius of clusters", radius,
            "more than 0 cells, at most " + std::to_string(side));
}

CellIndex ClusteredPlaces::propose(RandomStream& random)
{
    if (clusters_.size == 0.0)
        return anywhere(random);
    constexpr int most = 100; // where cells run out around a centre, a new cluster begins
    constexpr int patience = 10'000;
    boost::random::normal_distribution<> normal(0.0, clusters_.radius);
    for (int offDie = 0; offDie < patience; ++offDie) {
        if (left_ <= 0 || tries_ == most)
            beginCluster(random);
        ++tries_;
        const double row = std::floor(row_ + normal(random)), column = std::floor(column_ + normal(random));
        if (row >= 0.0 && row < geometry_.rows && column >= 0.0 && column < geometry_.columns)
            return {static_cast<int>(row), static_cast<int>(column)};
    }
    return anywhere(random);
}

CellIndex ClusteredPlaces::anywhere(RandomStream& random) const
{
    const auto cell = static_cast<int>(random.below(static_cast<std::uint32_t>(geometry_.cells())));
    return {cell / geometry_.columns, cell % geometry_.columns};
}

void ClusteredPlaces::beginCluster(RandomStream& random)
{
    row_ = geometry_.rows * random.uniform();
    column_ = geometry_.columns * random.uniform();
    // Poisson but not 0: an empty cluster is not seen. The first event of a Poisson process that has one
    // before the time `size`, and those after it.
    const double first = -std::log1p(random.uniform() * std::expm1(-clusters_.size));
    const double rest = clusters_.size - first;
    left_ = 1 + (rest > 0.0 ? boost::random::poisson_distribution<>(rest)(random) : 0);
    tries_ = 0;
}

namespace
{

constexpr int reach = 16;
constexpr int side = reach + 1;

/// A number for each distance in rows and columns, (0, 0) unused.
using Distances = CellGrid<double>;

struct Pairs {
    Distances found = Distances::Zero(side, side);
    double all = 0.0; ///< at any distance
    double defects = 0.0;
};

Pairs countPairs(std::span<const CellGrid<Defect>> labels)
{
    Pairs pairs;
    for (const CellGrid<Defect>& grid : labels) {
        std::array<double, 5> counts{};
        for (Eigen::Index row = 0; row < grid.rows(); ++row)
            for (Eigen::Index column = 0; column < grid.cols(); ++column) {
                const Defect label = grid(row, column);
                if (label == Defect::None)
                    continue;
                ++counts[static_cast<std::size_t>(label)];
                const Eigen::Index left = std::max<Eigen::Index>(column - reach, 0);
                const Eigen::Index right = std::min<Eigen::Index>(column + reach, grid.cols() - 1);
                for (Eigen::Index y = row; y <= std::min<Eigen::Index>(row + reach, grid.rows() - 1); ++y)
                    for (Eigen::Index x = y == row ? column + 1 : left; x <= right; ++x)
                        if (grid(y, x) == label)
                            ++pairs.found(y - row, std::abs(x - column));
            }
        for (const double count : counts) {
            pairs.all += 0.5 * count * (count - 1.0);
            pairs.defects += count;
        }
    }
    return pairs;
}

/// Share of each distance among all pairs of cells of a die.
Distances byChance(Eigen::Index rows, Eigen::Index columns)
{
    const auto cells = static_cast<double>(rows * columns);
    return Distances::NullaryExpr(side, side, [&](Eigen::Index y, Eigen::Index x) {
        const auto places =
            static_cast<double>(std::max<Eigen::Index>(rows - y, 0) * std::max<Eigen::Index>(columns - x, 0));
        return (y > 0 && x > 0 ? 2.0 : 1.0) * places / (0.5 * cells * (cells - 1.0));
    });
}

/// Share of each distance among the pairs of a cluster, whose members have different cells.
Distances inCluster(double radius)
{
    // The difference of two normal distances; each was cut to a whole cell, which scatters by 1/12.
    const double spread = std::sqrt(2.0 * (2.0 * radius * radius + 1.0 / 12.0));
    Eigen::ArrayXd along(side);
    for (int k = 0; k < side; ++k)
        along(k) = 0.5 * (std::erf((k + 0.5) / spread) - std::erf((k - 0.5) / spread)) * (k > 0 ? 2.0 : 1.0);
    const double sameCell = along(0) * along(0);
    return (along.matrix() * along.matrix().transpose()).array() / (1.0 - sameCell);
}

struct Fit {
    double clustered = 0.0; ///< pairs of one cluster
    double logLikelihood = 0.0;
};

double pairLogLikelihood(const Pairs& pairs, const Distances& expected)
{
    double sum = 0.0;
    for (Eigen::Index k = 1; k < expected.size(); ++k)
        if (expected.data()[k] > 0.0)
            sum += pairs.found.data()[k] * std::log(expected.data()[k]) - expected.data()[k];
    return sum;
}

/// By expectation-maximisation.
Fit fitPairs(const Pairs& pairs, const Distances& chance, const Distances& cluster)
{
    constexpr int rounds = 100;
    double shareSeen = 0.0;
    for (Eigen::Index k = 1; k < cluster.size(); ++k)
        shareSeen += cluster.data()[k];
    double clustered = 0.5 * pairs.all;
    Distances expected;
    for (int round = 0; round < rounds; ++round) {
        expected = (pairs.all - clustered) * chance + clustered * cluster;
        double found = 0.0;
        for (Eigen::Index k = 1; k < cluster.size(); ++k)
            if (expected.data()[k] > 0.0)
                found += pairs.found.data()[k] * clustered * cluster.data()[k] / expected.data()[k];
        clustered = std::min(found / shareSeen, pairs.all);
    }
    return {clustered, pairLogLikelihood(pairs, expected)};
}

} // namespace

DefectClusters fitClusters(std::span<const CellGrid<Defect>> labels)
{
    const Pairs pairs = countPairs(labels);
    if (pairs.found.sum() == 0.0)
        return {};
    const Distances chance = byChance(labels.front().rows(), labels.front().cols());
    const auto minusLogLikelihood = [&](double logRadius) {
        return -fitPairs(pairs, chance, inCluster(std::exp(logRadius))).logLikelihood;
    };
    constexpr double smallest = 0.3, largest = reach / 2.0;
    constexpr int bits = 16;
    const double radius = std::exp(
        boost::math::tools::brent_find_minima(minusLogLikelihood, std::log(smallest), std::log(largest), bits)
            .first);
    const Fit fit = fitPairs(pairs, chance, inCluster(radius));
    constexpr double rare = 13.8; // chi-square of two degrees of freedom is larger once in a thousand times
    if (2.0 * (fit.logLikelihood - pairLogLikelihood(pairs, pairs.all * chance)) < rare)
        return {};
    return {2.0 * fit.clustered / pairs.defects, radius};
}

} // namespace faultline
