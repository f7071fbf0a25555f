#include "learning/network.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "common/error.h"

namespace faultline
{
namespace
{

constexpr std::array<std::pair<Activation, std::string_view>, 4> activationNames{
    {{Activation::Tanh, "tanh"},
     {Activation::HardTanh, "hardtanh"},
     {Activation::Relu, "relu"},
     {Activation::Sign, "sign"}}};

} // namespace

std::string_view name(Activation activation)
{
    return activationNames[static_cast<std::size_t>(activation)].second;
}

Activation activationFromName(std::string_view text)
{
    for (const auto& [activation, activationName] : activationNames)
        if (activationName == text)
            return activation;
    throw Error("There is no activation \"" + std::string(text) + "\"; choose tanh, hardtanh, relu or sign.");
}

int NetworkShape::weights() const
{
    int count = 0;
    for (std::size_t l = 0; l + 1 < layers.size(); ++l)
        count += layers[l] * layers[l + 1];
    return count;
}

void NetworkShape::validate() const
{
    constexpr int largest = 65536;
    if (layers.size() < 2)
        throw Error("A network needs an input and an output layer.");
    for (const int size : layers)
        if (size < 1 || size > largest)
            throw Error("A layer of " + std::to_string(size) + " neurons is outside 1 to " +
                        std::to_string(largest) + ".");
}

Network initialNetwork(const NetworkShape& shape, RandomStream random)
{
    shape.validate();
    Network network{shape, {}};
    for (std::size_t l = 0; l + 1 < shape.layers.size(); ++l) {
        Network::Layer layer;
        layer.latent = Eigen::MatrixXf::NullaryExpr(shape.layers[l + 1], shape.layers[l], [&] {
            return static_cast<float>(0.2 * random.uniform() - 0.1);
        });
        layer.gain.setConstant(shape.layers[l + 1], 1.0f / std::sqrt(static_cast<float>(shape.layers[l])));
        layer.bias.setZero(shape.layers[l + 1]);
        network.layers.push_back(std::move(layer));
    }
    return network;
}

} // namespace faultline
