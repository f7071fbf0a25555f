#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "common/random.h"

namespace faultline
{

enum class Activation { Tanh, HardTanh, Relu, Sign };

/// "tanh", "hardtanh", "relu", "sign".
std::string_view name(Activation activation);
Activation activationFromName(std::string_view name); ///< throws Error

/// A dense network: neurons per layer, inputs first, classes last.
struct NetworkShape {
    std::vector<int> layers{196, 40, 10};
    Activation hidden = Activation::Tanh;

    int weightLayers() const { return static_cast<int>(layers.size()) - 1; }
    void validate() const; ///< throws Error
    /// Throws Error unless images of so many pixels are what its inputs are for.
    void expectPixels(Eigen::Index pixels) const;
    bool operator==(const NetworkShape&) const = default;
};

/// A network with binary weights sign(latent) and, in the digital periphery, a gain and a bias per neuron:
/// z = gain * (W x) + bias.
struct Network {
    struct Layer {
        Eigen::MatrixXf latent; ///< outputs x inputs, within [-1, 1]
        Eigen::VectorXf gain;   ///< outputs
        Eigen::VectorXf bias;   ///< outputs
    };
    NetworkShape shape;
    std::vector<Layer> layers;
};

/// Random latent weights; gains that give every neuron an input of about unit size.
Network initialNetwork(const NetworkShape& shape, RandomStream random);

} // namespace faultline
