#include "learning/die_source.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace faultline
{
namespace
{

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
    for (int k = 0; k < quantileCount; ++k)
        values.push_back(static_cast<float>(
            differences[static_cast<std::size_t>((k + 0.5) * side * side / quantileCount)]));
    return values;
}

} // namespace

Eigen::MatrixXf halfDifference(const AnalogLayer& layer)
{
    return (layer.up - layer.down) / 2.0f;
}

void DieSource::choosePerfect(const Network& network, std::vector<DenseLayer<float>>& onDie) const
{
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const Eigen::MatrixXf& latent = network.layers[l].latent;
        onDie[l].weights.resize(latent.rows(), latent.cols());
        std::transform(latent.data(), latent.data() + latent.size(), onDie[l].weights.data(),
                       [](float weight) { return weight >= 0.0F ? 1.0F : -1.0F; });
    }
}

void FixedDie::choose(std::uint32_t, const Network& network, std::vector<DenseLayer<float>>& onDie)
{
    for (std::size_t l = 0; l < weights_.size(); ++l)
        chooseWeights(network.layers[l].latent, weights_[l], onDie[l].weights);
}

RandomDie::RandomDie(const DefectStatistics& statistics, const CellMap& map, const Device& device,
                     std::uint64_t seed, std::uint32_t index)
    : statistics_(statistics),
      map_(map),
      scale_(1.0 / (device.conductance(P) - device.conductance(AP))),
      seed_(seed),
      index_(index),
      pairQuantiles_(pairQuantiles(statistics, scale_)),
      conductance_(static_cast<std::size_t>(map.geometry().cells()), -1.0f)
{
    for (const Level level : {AP, P})
        cellQuantiles_[level] = quantiles(statistics.level[level], quantileCount);
    std::size_t words = 0;
    for (int layer = 0; layer < map.weightLayers(); ++layer) {
        const std::size_t weights =
            static_cast<std::size_t>(map.outputs(layer)) * static_cast<std::size_t>(map.inputs(layer));
        layers_.push_back({words, (weights + 1) / 2, 1.0f / static_cast<float>(map.copies(layer))});
        words += layers_.back().words * static_cast<std::size_t>(map.copies(layer));
    }
    words_.resize(words);
}

std::span<const std::uint32_t> RandomDie::wordsOf(const Layer& layer, int copy) const
{
    return std::span(words_).subspan(layer.firstWord + static_cast<std::size_t>(copy) * layer.words,
                                     layer.words);
}

Eigen::MatrixXf RandomDie::slope(std::size_t layer)
{
    const int l = static_cast<int>(layer);
    return Eigen::MatrixXf::Ones(map_.outputs(l), map_.inputs(l));
}

void RandomDie::choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie)
{
    RandomStream random(seed_, RandomUse::TrainingDie, index_, step);
    drawHealthyPairs(random, network, onDie);
    for (int die = 0; die < map_.dies(); ++die)
        drawDefects(random, die);
    applyDefects(random, network, onDie);
}

void RandomDie::drawHealthyPairs(RandomStream& random, const Network& network,
                                 std::vector<DenseLayer<float>>& onDie)
{
    random.fill(words_);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const Eigen::MatrixXf& latent = network.layers[l].latent;
        Eigen::MatrixXf& weights = onDie[l].weights;
        weights.resize(latent.rows(), latent.cols());
        const auto size = static_cast<std::size_t>(latent.size());
        for (int copy = 0; copy < map_.copies(static_cast<int>(l)); ++copy)
            drawWeights({latent.data(), size}, wordsOf(layers_[l], copy), pairQuantiles_, layers_[l].share,
                        copy > 0, {weights.data(), size});
    }
}

void RandomDie::drawDefects(RandomStream& random, int die)
{
    const DieGeometry& geometry = map_.die();
    for (const DrawnDefect& drawn : faultline::drawDefects(statistics_, geometry, random, stop_)) {
        const int cell =
            drawn.cell.row * map_.geometry().columns + die * geometry.columns + drawn.cell.column;
        conductance_[static_cast<std::size_t>(cell)] = static_cast<float>(drawn.siemens);
        defective_.push_back(cell);
    }
}

/// Replaces the healthy pairs that hold a defect.
void RandomDie::applyDefects(RandomStream& random, const Network& network,
                             std::vector<DenseLayer<float>>& onDie)
{
    const int columns = map_.geometry().columns;
    for (const int cell : defective_) {
        const auto use = map_.use({cell / columns, cell % columns});
        if (!use)
            continue;
        const bool isPlus = use->sign > 0;
        const double partner =
            conductance_[static_cast<std::size_t>(isPlus ? cell + columns : cell - columns)];
        if (!isPlus && partner >= 0.0)
            continue; // a pair of two defects is replaced at its G+ cell
        const auto l = static_cast<std::size_t>(use->weight.layer);
        const Eigen::MatrixXf& latent = network.layers[l].latent;
        const Eigen::Index weight = use->weight.output + use->weight.input * latent.rows();
        const float sign = latent(weight) >= 0.0f ? 1.0f : -1.0f;

        const double own = conductance_[static_cast<std::size_t>(cell)];
        const Level partnerLevel = isPlus == (sign > 0.0f) ? AP : P; // written +1: G+ at P, G- at AP
        const double other =
            partner >= 0.0 ? partner : cellQuantiles_[partnerLevel][random() >> (32 - quantileBits)];
        const auto value = static_cast<float>((isPlus ? own - other : other - own) * scale_);
        const float healthy =
            pairQuantiles_[quantileOf(wordsOf(layers_[l], use->copy), static_cast<std::size_t>(weight))];
        onDie[l].weights(weight) += layers_[l].share * (value - sign * healthy);
    }
    for (const int cell : defective_)
        conductance_[static_cast<std::size_t>(cell)] = -1.0f;
    defective_.clear();
}

} // namespace faultline
