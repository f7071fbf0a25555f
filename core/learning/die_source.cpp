#include "learning/die_source.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace faultline
{
namespace
{

constexpr std::size_t quantileCount = 4096; // small enough for the first-level cache
constexpr int quantileBits = 12;

/// Conductances of a lognormal at `count` equally likely quantiles, siemens.
std::vector<double> quantiles(const LognormalConductance& distribution, int count)
{
    const boost::math::normal normal;
    std::vector<double> values;
    for (int k = 0; k < count; ++k)
        values.push_back(distribution.median *
                         std::exp(distribution.sigma * boost::math::quantile(normal, (k + 0.5) / count)));
    return values;
}

/// The distribution of (G_P - G_AP) * scale of two independent healthy cells as equally likely quantiles.
std::vector<float> pairQuantiles(const DefectStatistics& statistics, double scale)
{
    constexpr int side = 512;
    const std::vector<double> high = quantiles(statistics.level[P], side);
    const std::vector<double> low = quantiles(statistics.level[AP], side);
    std::vector<double> differences;
    for (const double h : high)
        for (const double l : low)
            differences.push_back((h - l) * scale);
    std::ranges::sort(differences);
    std::vector<float> values;
    for (std::size_t k = 0; k < quantileCount; ++k)
        values.push_back(static_cast<float>(differences[static_cast<std::size_t>(
            (static_cast<double>(k) + 0.5) * side * side / quantileCount)]));
    return values;
}

} // namespace

Eigen::MatrixXf halfDifference(const AnalogLayer& layer)
{
    return (layer.up - layer.down) / 2.0f;
}

RandomDie::RandomDie(const DefectStatistics& statistics, const CellMap& map, const Device& device,
                     std::uint64_t seed, std::uint32_t index)
    : statistics_(statistics),
      map_(map),
      scale_(1.0 / (device.conductance(P) - device.conductance(AP))),
      pairQuantiles_(pairQuantiles(statistics, scale_)),
      seed_(seed),
      index_(index),
      weights_(nominalWeights(map))
{
    for (int layer = 0; layer < map.weightLayers(); ++layer)
        further_.emplace_back(static_cast<std::size_t>(map.copies(layer) - 1),
                              weights_[static_cast<std::size_t>(layer)]);
}

AnalogLayer& RandomDie::copyOf(int layer, int copy)
{
    const auto l = static_cast<std::size_t>(layer);
    return copy == 0 ? weights_[l] : further_[l][static_cast<std::size_t>(copy - 1)];
}

Eigen::MatrixXf RandomDie::slope(std::size_t layer)
{
    return Eigen::MatrixXf::Ones(weights_[layer].up.rows(), weights_[layer].up.cols());
}

const AnalogWeights& RandomDie::die(std::uint32_t step)
{
    RandomStream random(seed_, RandomUse::TrainingDie, index_, step);
    drawHealthyPairs(random);
    drawDefects(random);
    for (std::size_t l = 0; l < weights_.size(); ++l) {
        if (further_[l].empty())
            continue;
        for (const AnalogLayer& copy : further_[l]) {
            weights_[l].up += copy.up;
            weights_[l].down += copy.down;
        }
        const float share = 1.0f / static_cast<float>(further_[l].size() + 1);
        weights_[l].up *= share;
        weights_[l].down *= share;
    }
    return weights_;
}

/// A pair's two values are differences of four independent conductances, so they are independent themselves
/// and one random number each is enough.
void RandomDie::drawHealthyPairs(RandomStream& random)
{
    constexpr std::uint32_t mask = quantileCount - 1;
    for (int layer = 0; layer < map_.weightLayers(); ++layer)
        for (int copy = 0; copy < map_.copies(layer); ++copy) {
            AnalogLayer& values = copyOf(layer, copy);
            float* up = values.up.data();
            float* down = values.down.data();
            for (Eigen::Index k = 0; k < values.up.size(); ++k) {
                const std::uint32_t bits = random();
                up[k] = pairQuantiles_[bits & mask];
                down[k] = -pairQuantiles_[(bits >> quantileBits) & mask];
            }
        }
}

void RandomDie::drawDefects(RandomStream& random)
{
    const DieGeometry& geometry = map_.geometry();
    defective_.clear();
    for (const Defect defect : allDefects) {
        const int count = std::min(drawCount(statistics_.rate(defect), geometry.cells(), random),
                                   geometry.cells() - static_cast<int>(defective_.size()));
        for (int k = 0; k < count; ++k) {
            int cell = 0;
            do
                cell = static_cast<int>(random.below(static_cast<std::uint32_t>(geometry.cells())));
            while (defective_.contains(cell));
            defective_[cell] = drawDefectConductance(statistics_, defect, random);
        }
    }

    // What the cell conducts at P and at AP; a partner that is defective too is found here as well.
    const auto conductances = [&](const CellIndex& cell) -> std::array<double, levelCount> {
        const auto found = defective_.find(cell.row * geometry.columns + cell.column);
        if (found != defective_.end())
            return {found->second, found->second};
        return {draw(statistics_.level[AP], random), draw(statistics_.level[P], random)};
    };
    for (const auto& [cell, conductance] : defective_) {
        const auto use = map_.use({cell / geometry.columns, cell % geometry.columns});
        if (!use)
            continue;
        const WeightIndex& w = use->weight;
        const auto plus = conductances(map_.plus(w, use->copy));
        const auto minus = conductances(map_.minus(w, use->copy));
        AnalogLayer& layer = copyOf(w.layer, use->copy);
        layer.up(w.output, w.input) = static_cast<float>((plus[P] - minus[AP]) * scale_);
        layer.down(w.output, w.input) = static_cast<float>((plus[AP] - minus[P]) * scale_);
    }
}

} // namespace faultline
