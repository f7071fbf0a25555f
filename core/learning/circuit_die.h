#pragma once

#include <memory>

#include "crossbar/junction_array.h"
#include "learning/die_source.h"

namespace faultline
{

/// Statistics of dies as transistors and temperature let their cells conduct at small voltages: medians
/// exactly, spreads in first order. Stuck cells count as healthy ones of their state.
DefectStatistics inCircuit(DefectStatistics statistics, const Device& device, const CircuitOptions& options);

/// Training with the circuit in the loop: the dies of another source, as wires, transistors and temperature
/// let the periphery see them.
///
/// What a weight w = g+ - g- is worth behind the wires is T+ - T-, with g and T in units of G_P - G_AP. With
/// the attenuation f = T / g of each of the two cells this is
///     a w + b,  a = (f+ + f-) / 2,  b = (g+ + g-) (f+ - f-) / 2,
/// averaged over the copies. A sign exchanges g+ and g- and changes the attenuations of all cells a little.
/// So the approximation is: a and b are taken from one exact solve of a reference die with the network's
/// signs of the moment and kept until the next one. They are exact for the reference die at that step, and
/// the weights' gradient goes through a; what a sign does to the attenuation is left out until the next
/// solve.
class CircuitDie : public DieSource
{
public:
    /// `reference`, without transistors: the die itself in hardware-aware training, a perfect one where dies
    /// are drawn. A solve is made at every step that is a multiple of `refresh` (the steps of an epoch, so
    /// that training goes on from a checkpoint as if it had never stopped) and at the first step that is
    /// asked for. Converters, noise and bias dependence of the options are left out.
    CircuitDie(std::unique_ptr<DieSource> dies, Die reference, CellMap map, const Device& device,
               const CircuitOptions& options, std::uint32_t refresh);

    void choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie) override;
    void attenuate(std::vector<DenseLayer<float>>& onDie) const override;
    Eigen::MatrixXf slope(std::size_t layer) override { return dies_->slope(layer); }

private:
    void solve(const Network& network);

    struct Seen {
        Eigen::MatrixXf a, b; // of each weight of a layer
    };

    std::unique_ptr<DieSource> dies_;
    Die reference_;
    CellMap map_;
    Device device_;
    CircuitOptions options_;
    std::uint32_t refresh_;
    std::vector<Seen> seen_; // empty before the first solve
};

} // namespace faultline
