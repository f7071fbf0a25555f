#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "crossbar/analog_weights.h"
#include "learning/propagation.h"
#include "wafer/defect_statistics.h"

namespace faultline
{

/// The die that a training step sees: the whole difference between the three training modes.
class DieSource
{
public:
    virtual ~DieSource() = default;

    /// Training is about to begin an epoch with this network, the first one or any other. The token ends
    /// what this and the epoch's draws do. Throws Stopped.
    virtual void beginEpoch(const Network&, const std::stop_token&) {}

    /// What the network's weights are worth on the die of draw `step` since the start of training, in the
    /// weights of `onDie` (one element per layer). The same step gives the same die, whatever was asked
    /// before. Throws Stopped.
    virtual void choose(std::uint32_t step, const Network& network,
                        std::vector<DenseLayer<float>>& onDie) = 0;

    /// The same on a perfect die.
    virtual void choosePerfect(const Network& network, std::vector<DenseLayer<float>>& onDie) const;

    /// What the periphery adds at the step to the sums of a layer (outputs x images), whose inputs add up to
    /// `inputs` for each image: the noise of reads. Nothing here.
    virtual bool disturbs() const { return false; }
    virtual void disturb(std::uint32_t, std::size_t, const Eigen::RowVectorXf&, Eigen::MatrixXf&) const {}

    /// What lies between the dies and the periphery makes of the weights of any die, as at the last
    /// beginEpoch(): of what is not drawn. Nothing here.
    virtual void attenuate(std::vector<DenseLayer<float>>&) const {}

    /// How far each weight of a layer moves when its sign changes, halved, in the mean over the source's dies
    /// (outputs x inputs, up to a common factor): what the straight-through estimator multiplies a gradient
    /// by. Not the drawn die's own (up - down) / 2: its noise would go with that of the gradient and pull
    /// every latent weight towards zero, which cost statistics-aware training half a point of error.
    virtual Eigen::MatrixXf slope(std::size_t layer) = 0;
};

/// (up - down) / 2
Eigen::MatrixXf halfDifference(const AnalogLayer& layer);

/// Hardware-aware training: one measured die.
class FixedDie : public DieSource
{
public:
    explicit FixedDie(AnalogWeights weights) : weights_(std::move(weights)) {}
    void choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie) override;
    Eigen::MatrixXf slope(std::size_t layer) override { return halfDifference(weights_[layer]); }
    const AnalogWeights& weights() const { return weights_; }

private:
    AnalogWeights weights_;
};

/// Standard training: a perfect die.
class NominalDie : public FixedDie
{
public:
    explicit NominalDie(const CellMap& map) : FixedDie(nominalWeights(map)) {}
};

/// Statistics-aware training: new dies at every step, from the distribution of drawDie(), but of each
/// weight's two values only the one is drawn that the network asks for. Their independence makes that the
/// same: they are differences of four conductances, each with its own variation. The dies of a network that
/// spans several are independent, each with its own number of defects.
class RandomDie : public DieSource
{
public:
    /// `index` keys the random streams, with `seed`: one per run.
    RandomDie(const DefectStatistics& statistics, const CellMap& map, const Device& device,
              std::uint64_t seed, std::uint32_t index);
    void beginEpoch(const Network&, const std::stop_token& stop) override { stop_ = stop; }
    void choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie) override;
    Eigen::MatrixXf slope(std::size_t layer) override; ///< ones: all weights are alike in the mean

private:
    void drawHealthyPairs(RandomStream& random, const Network& network,
                          std::vector<DenseLayer<float>>& onDie);
    void drawDefects(RandomStream& random, int die);
    void applyDefects(RandomStream& random, const Network& network, std::vector<DenseLayer<float>>& onDie);

    /// Where in words_ the healthy pairs of a weight layer find their numbers.
    struct Layer {
        std::size_t firstWord, words; // of the first copy, and of each
        float share;                  // 1 / copies
    };
    std::span<const std::uint32_t> wordsOf(const Layer& layer, int copy) const;

    DefectStatistics statistics_;
    CellMap map_;
    double scale_; // 1 / (G_P - G_AP), ohm
    std::uint64_t seed_;
    std::uint32_t index_;
    std::stop_token stop_;
    std::vector<Layer> layers_;
    std::vector<float> pairQuantiles_;                          // of a healthy pair written +1
    std::array<std::vector<double>, levelCount> cellQuantiles_; // of a healthy cell at each level, siemens
    std::vector<std::uint32_t> words_;                          // random, for the healthy pairs of one draw
    std::vector<float> conductance_; // of each cell of all dies, siemens; below 0: healthy
    std::vector<int> defective_;     // cells
};

} // namespace faultline
