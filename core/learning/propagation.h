#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "crossbar/analog_weights.h"
#include "learning/dataset.h"
#include "learning/kernels.h"
#include "learning/network.h"

namespace faultline
{

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

/// Forward and backward pass over images (pixels each, as many as the network has inputs), with buffers that
/// are kept between calls. Float for training; double for checking gradients.
template <class Scalar>
class Propagation
{
public:
    /// `bound` is q of the generalised cross-entropy L = (1 - p^q) / q of the label's probability p (Z. Zhang
    /// and M. Sabuncu, NeurIPS 2018): 0 is cross-entropy, towards 1 an image that is hopeless on a bad die
    /// counts less.
    explicit Propagation(const NetworkShape& shape, double bound = 0.0);

    /// Changes the sums W x of a layer (outputs x images) whose inputs add up to `inputs` for each image.
    using Disturb = std::function<void(
        std::size_t layer, const Eigen::RowVector<Scalar, Eigen::Dynamic>& inputs, Matrix<Scalar>& sums)>;

    /// Scores of each class, classes x images. `disturb`: null for nothing.
    const Matrix<Scalar>& forward(const std::vector<DenseLayer<Scalar>>& layers, const Batch<Scalar>& images,
                                  const Disturb& disturb = {});

    /// What a pass over a batch came to, for curves.
    struct Outcome {
        double crossEntropy = 0.0; ///< sum over the images, nat, whatever the bound, so that all compare
        int errors = 0;            ///< misclassified images
    };
    /// Derivatives of the sum of the images' losses, times `weight`, in gradient(), or added to it. A
    /// disturbance is a constant to them (straight-through).
    Outcome backward(const std::vector<DenseLayer<Scalar>>& layers, const Batch<Scalar>& images,
                     std::span<const std::uint8_t> labels, Scalar weight, bool add = false,
                     const Disturb& disturb = {});

    const std::vector<DenseLayer<Scalar>>& gradient() const { return gradient_; }

private:
    Outcome lossGradient(std::span<const std::uint8_t> labels, Scalar weight);

    NetworkShape shape_;
    Scalar bound_;
    std::vector<Matrix<Scalar>> sum_;        // W x, before gain and bias
    std::vector<Matrix<Scalar>> activation_; // after them and the activation; scores in the last
    std::vector<DenseLayer<Scalar>> gradient_;
    std::vector<Matrix<Scalar>> delta_; // derivatives with respect to a layer's outputs, then to its sums
    Matrix<Scalar> probability_;        // images x classes
};

extern template class Propagation<float>;
extern template class Propagation<double>;

/// The class of highest score for each image. Throws Error for images of another number of pixels than the
/// network has inputs.
std::vector<std::uint8_t> classify(const std::vector<DenseLayer<float>>& layers, const NetworkShape& shape,
                                   const Dataset& dataset);

/// Percent of images whose highest score is not their label's.
double errorPercent(const std::vector<DenseLayer<float>>& layers, const NetworkShape& shape,
                    const Dataset& dataset);

} // namespace faultline
