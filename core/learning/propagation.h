#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crossbar/analog_weights.h"
#include "learning/dataset.h"
#include "learning/network.h"

namespace faultline
{

template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// A layer as it computes, or the gradient of a loss with respect to it: z = gain * (weights x) + bias.
template <class Scalar>
struct DenseLayer {
    Matrix<Scalar> weights; ///< outputs x inputs, dimensionless analog values
    Vector<Scalar> gain;    ///< outputs
    Vector<Scalar> bias;    ///< outputs
};

/// What the weights are worth on a die: up where latent >= 0, down elsewhere.
void chooseWeights(const Eigen::MatrixXf& latent, const AnalogLayer& die, Eigen::MatrixXf& weights);

/// The network as it computes on a die. Shapes must agree.
std::vector<DenseLayer<float>> onDie(const Network& network, const AnalogWeights& die);

/// Forward and backward pass over a panel of images (pixels x images), with buffers that are kept between
/// calls. Float for training; double for checking gradients.
template <class Scalar>
class Propagation
{
public:
    /// `bound` is q of the generalised cross-entropy L = (1 - p^q) / q of the label's probability p (Z. Zhang
    /// and M. Sabuncu, NeurIPS 2018): 0 is cross-entropy, towards 1 an image that is hopeless on a bad die
    /// counts less.
    explicit Propagation(const NetworkShape& shape, double bound = 0.0);

    /// Scores of each class, classes x images.
    const Matrix<Scalar>& forward(const std::vector<DenseLayer<Scalar>>& layers,
                                  Eigen::Ref<const Matrix<Scalar>> images);

    /// Derivatives of the mean loss over the images, in gradient(). Returns the mean cross-entropy, whatever
    /// the bound, so that all curves compare; counts errors().
    Scalar backward(const std::vector<DenseLayer<Scalar>>& layers, Eigen::Ref<const Matrix<Scalar>> images,
                    std::span<const std::uint8_t> labels);

    const std::vector<DenseLayer<Scalar>>& gradient() const { return gradient_; }
    int errors() const { return errors_; } ///< misclassified images of the last backward()

private:
    NetworkShape shape_;
    Scalar bound_;
    std::vector<Matrix<Scalar>> sum_;        // W x, before gain and bias
    std::vector<Matrix<Scalar>> activation_; // after them and the activation; scores in the last
    std::vector<DenseLayer<Scalar>> gradient_;
    std::vector<Matrix<Scalar>> delta_;
    int errors_ = 0;
};

extern template class Propagation<float>;
extern template class Propagation<double>;

/// Percent of images whose highest score is not their label's.
double errorPercent(const std::vector<DenseLayer<float>>& layers, const NetworkShape& shape,
                    const Dataset& dataset);

} // namespace faultline
