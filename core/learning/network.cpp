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

void NetworkShape::validate() const
{
    constexpr int largest = 65536;
    constexpr std::size_t most = 64;
    if (layers.size() < 2)
        throw Error("A network needs an input and an output layer.");
    if (layers.size() > most)
        throw Error("A network of " + std::to_string(layers.size()) + " layers is too deep; it has " +
                    std::to_string(most) + " at most.");
    for (const int size : layers)
        if (size < 1 || size > largest)
            throw Error("A layer of " + std::to_string(size) + " neurons is outside 1 to " +
                        std::to_string(largest) + ".");
}

void NetworkShape::expectPixels(Eigen::Index pixels) const
{
    if (pixels != layers.front())
        throw Error("The network has " + std::to_string(layers.front()) + " inputs, but the images have " +
                    std::to_string(pixels) + " pixels.");
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
