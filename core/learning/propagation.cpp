#include "learning/propagation.h"

#include <algorithm>
#include <cmath>

namespace faultline
{
namespace
{

template <class Scalar>
void activate(Activation activation, Matrix<Scalar>& values)
{
    auto z = values.array();
    switch (activation) {
    case Activation::Tanh:
        z = z.tanh();
        break;
    case Activation::HardTanh:
        z = z.max(Scalar(-1)).min(Scalar(1));
        break;
    case Activation::Relu:
        z = z.max(Scalar(0));
        break;
    case Activation::Sign:
        z = (z >= Scalar(0)).select(Matrix<Scalar>::Ones(z.rows(), z.cols()), Scalar(-1));
        break;
    }
}

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
                                                   Eigen::Ref<const Matrix<Scalar>> images)
{
    const std::size_t last = layers.size() - 1;
    for (std::size_t l = 0; l <= last; ++l) {
        if (l == 0)
            sum_[l].noalias() = layers[l].weights * images;
        else
            sum_[l].noalias() = layers[l].weights * activation_[l - 1];
        activation_[l] = scaled(layers[l], sum_[l]);
        if (l < last)
            activate(shape_.hidden, activation_[l]);
    }
    return activation_[last];
}

template <class Scalar>
Scalar Propagation<Scalar>::backward(const std::vector<DenseLayer<Scalar>>& layers,
                                     Eigen::Ref<const Matrix<Scalar>> images,
                                     std::span<const std::uint8_t> labels)
{
    const Matrix<Scalar>& scores = forward(layers, images);
    const std::size_t last = layers.size() - 1;
    const Scalar share = Scalar(1) / static_cast<Scalar>(images.cols());

    Scalar loss = 0;
    errors_ = 0;
    Matrix<Scalar>& delta = delta_[last];
    delta.resize(scores.rows(), scores.cols());
    for (Eigen::Index image = 0; image < scores.cols(); ++image) {
        const auto label = static_cast<Eigen::Index>(labels[static_cast<std::size_t>(image)]);
        Eigen::Index best = 0;
        const Scalar highest = scores.col(image).maxCoeff(&best);
        errors_ += best != label;
        auto probability = delta.col(image);
        probability = (scores.col(image).array() - highest).exp();
        const Scalar total = probability.sum();
        const Scalar crossEntropy = std::log(total) - (scores(label, image) - highest);
        loss += crossEntropy;
        probability /= total;
        probability(label) -= Scalar(1);
        probability *= share * std::exp(-bound_ * crossEntropy); // dL/dz = p^q (softmax - one-hot)
    }

    for (std::size_t l = last + 1; l-- > 0;) {
        DenseLayer<Scalar>& gradient = gradient_[l];
        Matrix<Scalar>& d = delta_[l];
        gradient.gain = d.cwiseProduct(sum_[l]).rowwise().sum();
        gradient.bias = d.rowwise().sum();
        d.array().colwise() *= layers[l].gain.array();
        if (l == 0) {
            gradient.weights.noalias() = d * images.transpose();
        } else {
            gradient.weights.noalias() = d * activation_[l - 1].transpose();
            delta_[l - 1].noalias() = layers[l].weights.transpose() * d;
            multiplyByDerivative(shape_.hidden, activation_[l - 1], scaled(layers[l - 1], sum_[l - 1]),
                                 delta_[l - 1]);
        }
    }
    return loss * share;
}

template class Propagation<float>;
template class Propagation<double>;

double errorPercent(const std::vector<DenseLayer<float>>& layers, const NetworkShape& shape,
                    const Dataset& dataset)
{
    constexpr Eigen::Index panel = 500; // keeps a panel's activations in the cache
    Propagation<float> propagation(shape);
    int errors = 0;
    for (Eigen::Index first = 0; first < dataset.images.cols(); first += panel) {
        const Eigen::Index count = std::min(panel, dataset.images.cols() - first);
        const auto& scores = propagation.forward(layers, dataset.images.middleCols(first, count));
        for (Eigen::Index image = 0; image < count; ++image) {
            Eigen::Index best = 0;
            scores.col(image).maxCoeff(&best);
            errors += best != dataset.labels[static_cast<std::size_t>(first + image)];
        }
    }
    return 100.0 * errors / dataset.size();
}

} // namespace faultline
