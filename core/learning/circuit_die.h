#pragma once

#include <memory>

#include "learning/circuit_network.h"
#include "learning/die_source.h"

namespace faultline
{

/// Statistics of dies as transistors and temperature let their cells conduct at small voltages: medians
/// exactly, spreads in first order. Stuck cells count as healthy ones of their state.
DefectStatistics inCircuit(DefectStatistics statistics, const Device& device, const CircuitOptions& options);

/// Training with the circuit in the loop: the dies of another source, as wires, transistors, temperature,
/// read noise and ADCs let the digital side see them.
///
/// What a weight w = g+ - g- is worth behind the wires is T+ - T-, with g and T in units of G_P - G_AP. With
/// the attenuation f = T / g of each of the two cells this is
///     a w + b,  a = (f+ + f-) / 2,  b = (g+ + g-) (f+ - f-) / 2,
/// averaged over the copies. A sign exchanges g+ and g- and changes the attenuations of all cells a little.
/// So the approximation is: a and b are taken from one exact solve of a reference die with the network's
/// signs at the start of each epoch and kept until the next. They are exact for the reference die at that
/// moment; what a sign does to the attenuation is left out until the next solve. The straight-through slope
/// is that of the dies and leaves a out: Adam divides a gradient by its own size, so that a factor which
/// stays for an epoch cancels.
///
/// Read noise and the rounding of ADCs are added to each output's sum as one normal number of their variance
/// (CircuitNetwork::outputNoise(); for rounding step^2 / 12, W. R. Bennett, Bell Syst. Tech. J. 27, 446
/// (1948)), keyed by run and step. DACs, the saturation of ADCs and a bias dependence are left out.
class CircuitDie : public DieSource
{
public:
    /// `reference`, without transistors: the die itself in hardware-aware training, a perfect one where dies
    /// are drawn; of a network that takes several, joined. `calibration`: as of CircuitNetwork. `seed` and
    /// `run` key the noise.
    CircuitDie(std::unique_ptr<DieSource> dies, Die reference, CellMap map, const Device& device,
               const CircuitOptions& options, Dataset calibration, std::uint64_t seed, std::uint32_t run);

    void beginEpoch(const Network& network, const std::stop_token& stop) override; ///< solves
    void choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie) override;
    void choosePerfect(const Network& network, std::vector<DenseLayer<float>>& onDie) const override;
    void attenuate(std::vector<DenseLayer<float>>& onDie) const override;
    bool disturbs() const override { return options_.isNoisy() || options_.adc.bits > 0; }
    void disturb(std::uint32_t step, std::size_t layer, const Eigen::RowVectorXf& inputs,
                 Eigen::MatrixXf& sums) const override;
    Eigen::MatrixXf slope(std::size_t layer) override { return dies_->slope(layer); }

private:
    struct Seen {
        Eigen::MatrixXf a, b; // of each weight of a layer
    };

    std::unique_ptr<DieSource> dies_;
    Die reference_;
    CellMap map_;
    Device device_;
    CircuitOptions options_;
    Dataset calibration_;
    std::uint64_t seed_;
    std::uint32_t run_;
    FixedDie perfect_;                               // as transistors let it be seen
    std::vector<Seen> seen_;                         // empty before the first epoch
    std::vector<CircuitNetwork::OutputNoise> noise_; // of each layer
};

} // namespace faultline
