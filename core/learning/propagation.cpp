#include "learning/propagation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "learning/activation.h"

namespace faultline
{
namespace
{

/// delta *= derivative of the activation, from its output; for sign, whose own derivative is zero, that of
/// hardtanh (I. Hubara et al., "Binarized neural networks", NeurIPS 2016), from its input.
template <class Scalar, class Input>
void multiplyByDerivative(Activation activation, const Matrix<Scalar>& output, const Input& input,
                          Matrix<Scalar>& delta)
{
    const auto a = output.array();
    auto d = delta.array();
    switch (activation) {
    case Activation::Tanh:
        d *= Scalar(1) - a.square();
        break;
    case Activation::HardTanh:
        d *= (a.abs() < Scalar(1)).template cast<Scalar>();
        break;
    case Activation::Relu:
        d *= (a > Scalar(0)).template cast<Scalar>();
        break;
    case Activation::Sign:
        d *= (input.abs() <= Scalar(1)).template cast<Scalar>();
        break;
    }
}

template <class Scalar>
Eigen::RowVector<Scalar, Eigen::Dynamic> inputSums(const Batch<Scalar>& images)
{
    Eigen::RowVector<Scalar, Eigen::Dynamic> sums(static_cast<Eigen::Index>(images.size()));
    for (std::size_t image = 0; image < images.size(); ++image)
        sums[static_cast<Eigen::Index>(image)] =
            std::accumulate(images[image].values, images[image].values + images[image].count, Scalar(0));
    return sums;
}

/// gain * sum + bias, a gain and a bias for each row.
template <class Scalar>
auto scaled(const DenseLayer<Scalar>& layer, const Matrix<Scalar>& sum)
{
    return (sum.array().colwise() * layer.gain.array()).colwise() + layer.bias.array();
}

} // namespace

void chooseWeights(const Eigen::MatrixXf& latent, const AnalogLayer& die, Eigen::MatrixXf& weights)
{
    weights = (latent.array() >= 0.0f).select(die.up, die.down);
}

std::vector<DenseLayer<float>> onDie(const Network& network, const AnalogWeights& die)
{
    std::vector<DenseLayer<float>> layers(network.layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        chooseWeights(network.layers[l].latent, die[l], layers[l].weights);
        layers[l].gain = network.layers[l].gain;
        layers[l].bias = network.layers[l].bias;
    }
    return layers;
}

template <class Scalar>
Propagation<Scalar>::Propagation(const NetworkShape& shape, double bound)
    : shape_(shape),
      bound_(static_cast<Scalar>(bound)),
      sum_(shape.layers.size() - 1),
      activation_(sum_.size()),
      gradient_(sum_.size()),
      delta_(sum_.size())
{
}

template <class Scalar>
const Matrix<Scalar>& Propagation<Scalar>::forward(const std::vector<DenseLayer<Scalar>>& layers,
                                                   const Batch<Scalar>& images, const Disturb& disturb)
{
    const std::size_t last = layers.size() - 1;
    for (std::size_t l = 0; l <= last; ++l) {
        if (l == 0)
            multiply(layers[l].weights, images, sum_[l]);
        else
            sum_[l].noalias() = layers[l].weights * activation_[l - 1];
        if (disturb && l == 0)
            disturb(l, inputSums(images), sum_[l]);
        else if (disturb)
            disturb(l, activation_[l - 1].colwise().sum(), sum_[l]);
        activation_[l] = scaled(layers[l], sum_[l]);
        if (l < last)
            activate(shape_.hidden, activation_[l]);
    }
    return activation_[last];
}

/// Sets the last layer's delta_. All images at once, so that vectors hold one class of several images.
template <class Scalar>
auto Propagation<Scalar>::lossGradient(std::span<const std::uint8_t> labels, Scalar weight) -> Outcome
{
    using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
    probability_ = activation_.back().transpose();
    auto p = probability_.array();
    const auto ofLabel = [&](Eigen::Index image) -> Scalar& {
        return probability_(image, labels[static_cast<std::size_t>(image)]);
    };
    Outcome outcome;
    const Eigen::ArrayXi predicted = predictedClasses(probability_);
    for (Eigen::Index image = 0; image < predicted.size(); ++image)
        outcome.errors += predicted(image) != labels[static_cast<std::size_t>(image)];

    const Array highest = p.rowwise().maxCoeff();
    p.colwise() -= highest;
    Array crossEntropy = Array::NullaryExpr(p.rows(), [&](Eigen::Index image) { return -ofLabel(image); });
    p = p.exp();
    const Array total = p.rowwise().sum();
    crossEntropy += total.log();
    outcome.crossEntropy = static_cast<double>(crossEntropy.sum());

    const Array share = weight * (-bound_ * crossEntropy).exp(); // dL/dz = p^q (softmax - one-hot)
    p.colwise() *= share / total;
    for (Eigen::Index image = 0; image < p.rows(); ++image)
        ofLabel(image) -= share(image);
    delta_.back() = probability_.transpose();
    return outcome;
}

template <class Scalar>
auto Propagation<Scalar>::backward(const std::vector<DenseLayer<Scalar>>& layers, const Batch<Scalar>& images,
                                   std::span<const std::uint8_t> labels, Scalar weight, bool add,
                                   const Disturb& disturb) -> Outcome
{
    forward(layers, images, disturb);
    const Outcome outcome = lossGradient(labels, weight);
    for (std::size_t l = layers.size(); l-- > 0;) {
        DenseLayer<Scalar>& gradient = gradient_[l];
        Matrix<Scalar>& d = delta_[l];
        if (!add) {
            gradient.weights.setZero(layers[l].weights.rows(), layers[l].weights.cols());
            gradient.gain.setZero(layers[l].gain.size());
            gradient.bias.setZero(layers[l].bias.size());
        }
        gradient.gain += d.cwiseProduct(sum_[l]).rowwise().sum();
        gradient.bias += d.rowwise().sum();
        d.array().colwise() *= layers[l].gain.array();
        if (l == 0) {
            addProductWithTranspose(d, images, gradient.weights);
        } else {
            gradient.weights.noalias() += d * activation_[l - 1].transpose();
            delta_[l - 1].noalias() = layers[l].weights.transpose() * d;
            multiplyByDerivative(shape_.hidden, activation_[l - 1], scaled(layers[l - 1], sum_[l - 1]),
                                 delta_[l - 1]);
        }
    }
    return outcome;
}

template class Propagation<float>;
template class Propagation<double>;

std::vector<std::uint8_t> classify(const std::vector<DenseLayer<float>>& layers, const NetworkShape& shape,
                                   const Dataset& dataset)
{
    shape.expectPixels(dataset.images.rows());
    constexpr Eigen::Index panel = 200; // keeps a panel's activations in the cache
    Propagation<float> propagation(shape);
    Batch<float> images;
    Eigen::MatrixXf scores;
    std::vector<std::uint8_t> classes;
    classes.reserve(dataset.labels.size());
    for (Eigen::Index first = 0; first < dataset.images.cols(); first += panel) {
        const Eigen::Index count = std::min(panel, dataset.images.cols() - first);
        images.clear();
        for (Eigen::Index image = first; image < first + count; ++image)
            images.push_back(sparseColumn(dataset.images, image));
        scores = propagation.forward(layers, images).transpose();
        for (const int predicted : predictedClasses(scores))
            classes.push_back(static_cast<std::uint8_t>(predicted));
    }
    return classes;
}

double errorPercent(const std::vector<DenseLayer<float>>& layers, const NetworkShape& shape,
                    const Dataset& dataset)
{
    const std::vector<std::uint8_t> classes = classify(layers, shape, dataset);
    std::size_t errors = 0;
    for (std::size_t image = 0; image < classes.size(); ++image)
        errors += classes[image] != dataset.labels[image];
    return 100.0 * static_cast<double>(errors) / dataset.size();
}

} // namespace faultline
