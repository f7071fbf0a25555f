#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "crossbar/analog_weights.h"
#include "wafer/defect_statistics.h"

namespace faultline
{

/// The die that a training step sees: the whole difference between the three training modes.
class DieSource
{
public:
    virtual ~DieSource() = default;

    /// The die of draw `step` since the start of training; valid until the next call. The same step gives the
    /// same die, whatever was asked before.
    virtual const AnalogWeights& die(std::uint32_t step) = 0;

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
    const AnalogWeights& die(std::uint32_t) override { return weights_; }
    Eigen::MatrixXf slope(std::size_t layer) override { return halfDifference(weights_[layer]); }

private:
    AnalogWeights weights_;
};

/// Standard training: a perfect die.
class NominalDie : public FixedDie
{
public:
    explicit NominalDie(const CellMap& map) : FixedDie(nominalWeights(map)) {}
};

/// Statistics-aware training: a new die at every step, drawn from the statistics as drawDie() would, but only
/// for the cells that the map uses.
class RandomDie : public DieSource
{
public:
    /// `index` keys the random streams, with `seed`: one per run.
    RandomDie(const DefectStatistics& statistics, const CellMap& map, const Device& device,
              std::uint64_t seed, std::uint32_t index);
    const AnalogWeights& die(std::uint32_t step) override;
    Eigen::MatrixXf slope(std::size_t layer) override; ///< ones: all weights are alike in the mean

private:
    AnalogLayer& copyOf(int layer, int copy);
    void drawHealthyPairs(RandomStream& random);
    void drawDefects(RandomStream& random);

    DefectStatistics statistics_;
    CellMap map_;
    double scale_; // 1 / (G_P - G_AP), ohm
    std::vector<float> pairQuantiles_;
    std::uint64_t seed_;
    std::uint32_t index_;
    AnalogWeights weights_;                         // the first copies; at the end of a draw the means of all
    std::vector<std::vector<AnalogLayer>> further_; // per layer, its other copies
    std::map<int, double> defective_;               // cell -> siemens, of the present draw
};

} // namespace faultline
