#include "learning/trainer.h"

#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "common/require.h"

namespace faultline
{
namespace
{

constexpr float adamFirst = 0.9f, adamSecond = 0.999f, adamEpsilon = 1e-8f;

/// A step of Adam with bias correction folded into `rate` and `epsilon`.
template <class Parameter, class Gradient, class Moment>
void adamStep(Parameter& parameter, const Gradient& gradient, Moment& first, Moment& second, float rate,
              float epsilon)
{
    auto m = first.array();
    auto v = second.array();
    const auto g = gradient.array();
    m = adamFirst * m + (1.0f - adamFirst) * g;
    v = adamSecond * v + (1.0f - adamSecond) * g.square();
    parameter.array() -= rate * m / (v.sqrt() + epsilon);
}

} // namespace

TrainingOptions TrainingOptions::statisticsAware()
{
    return {.epochs = 120, .draws = 2, .perfectDraws = 1, .lossBound = 0.5};
}

void TrainingOptions::validate() const
{
    constexpr int many = 100000;
    require(epochs >= 1 && epochs <= many, "The number of epochs", epochs, "1 to 100000");
    require(batch >= 1 && batch <= many, "The batch size", batch, "1 to 100000 images");
    require(learningRate > 0.0 && learningRate <= 1.0, "The learning rate", learningRate,
            "above 0, at most 1");
    require(draws >= 1 && draws <= batch, "The number of dies per step", draws, "1 to the batch size");
    require(perfectDraws >= 0 && perfectDraws < draws, "The number of perfect dies per step", perfectDraws,
            "0 or more, and fewer than the dies per step");
    require(lossBound >= 0.0 && lossBound <= 1.0, "The bound of the loss", lossBound, "0 to 1");
}

Trainer::Trainer(const NetworkShape& shape, const TrainingOptions& options, const Dataset& images,
                 DieSource& source, std::uint64_t seed, std::uint32_t run)
    : options_(options),
      images_(images),
      source_(source),
      seed_(seed),
      run_(run),
      network_(initialNetwork(shape, RandomStream(seed, RandomUse::Initialise, run))),
      propagation_(shape, options.lossBound)
{
    options_.validate();
    if (images.images.rows() != shape.layers.front())
        throw Error("The network has " + std::to_string(shape.layers.front()) +
                    " inputs, but the images have " + std::to_string(images.images.rows()) + " pixels.");
    if (shape.layers.back() != classCount)
        throw Error("The network has " + std::to_string(shape.layers.back()) + " outputs, but there are " +
                    std::to_string(classCount) + " classes.");
    for (const Network::Layer& layer : network_.layers) {
        const DenseLayer<float> zero{Eigen::MatrixXf::Zero(layer.latent.rows(), layer.latent.cols()),
                                     Eigen::VectorXf::Zero(layer.gain.size()),
                                     Eigen::VectorXf::Zero(layer.bias.size())};
        moments_.push_back({zero, zero});
        perfect_.push_back({Eigen::MatrixXf::Ones(layer.latent.rows(), layer.latent.cols()),
                            -Eigen::MatrixXf::Ones(layer.latent.rows(), layer.latent.cols())});
        slope_.push_back(source.slope(slope_.size()));
    }
    onDie_.resize(network_.layers.size());
    gradient_.resize(network_.layers.size());
}

std::optional<EpochSummary> Trainer::runEpoch(const std::stop_token& stop)
{
    const auto start = std::chrono::steady_clock::now();
    const int images = images_.size();
    std::vector<int> order(static_cast<std::size_t>(images));
    std::iota(order.begin(), order.end(), 0);
    RandomStream random(seed_, RandomUse::Shuffle, run_, static_cast<std::uint32_t>(epoch_));
    for (std::size_t last = order.size(); last > 1; --last)
        std::swap(order[last - 1], order[random.below(static_cast<std::uint32_t>(last))]);

    const int batches = (images + options_.batch - 1) / options_.batch;
    double loss = 0.0;
    int errors = 0;
    for (int batch = 0; batch < batches; ++batch) {
        if (stop.stop_requested())
            return std::nullopt;
        const int first = batch * options_.batch;
        const int count = std::min(options_.batch, images - first);
        const double done = (epoch_ + static_cast<double>(batch) / batches) / options_.epochs;
        const double rate =
            options_.learningRate * std::pow(0.5 * (1.0 + std::cos(std::numbers::pi * done)), 3);
        const Outcome outcome =
            step(std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
                 static_cast<float>(rate));
        loss += outcome.loss * count;
        errors += outcome.errors;
    }
    ++epoch_;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return EpochSummary{epoch_, loss / images, 100.0 * errors / images, seconds.count()};
}

Trainer::Outcome Trainer::step(std::span<const int> order, float rate)
{
    const std::size_t layers = network_.layers.size();
    const int draws = std::min(options_.draws, static_cast<int>(order.size()));
    Outcome outcome;
    for (int draw = 0; draw < draws; ++draw) {
        const std::size_t first =
            order.size() * static_cast<std::size_t>(draw) / static_cast<std::size_t>(draws);
        const std::size_t end =
            order.size() * static_cast<std::size_t>(draw + 1) / static_cast<std::size_t>(draws);
        const auto count = static_cast<Eigen::Index>(end - first);
        const float share = static_cast<float>(count) / static_cast<float>(order.size());

        panel_.resize(images_.images.rows(), count);
        labels_.resize(end - first);
        for (std::size_t k = first; k < end; ++k) {
            panel_.col(static_cast<Eigen::Index>(k - first)) = images_.images.col(order[k]);
            labels_[k - first] = images_.labels[static_cast<std::size_t>(order[k])];
        }

        const AnalogWeights& die = draw < options_.perfectDraws ? perfect_ : source_.die(dieDraws_++);
        for (std::size_t l = 0; l < layers; ++l) {
            chooseWeights(network_.layers[l].latent, die[l], onDie_[l].weights);
            onDie_[l].gain = network_.layers[l].gain;
            onDie_[l].bias = network_.layers[l].bias;
        }
        outcome.loss += share * propagation_.backward(onDie_, panel_, labels_);
        outcome.errors += propagation_.errors();
        for (std::size_t l = 0; l < layers; ++l) {
            const DenseLayer<float>& gradient = propagation_.gradient()[l];
            DenseLayer<float>& sum = gradient_[l];
            if (draw == 0) {
                sum.weights.setZero(gradient.weights.rows(), gradient.weights.cols());
                sum.gain.setZero(gradient.gain.size());
                sum.bias.setZero(gradient.bias.size());
            }
            sum.weights += share * gradient.weights;
            sum.gain += share * gradient.gain;
            sum.bias += share * gradient.bias;
        }
    }

    ++steps_;
    const double secondCorrection = std::sqrt(1.0 - std::pow(adamSecond, steps_));
    const auto correctedRate =
        static_cast<float>(rate * secondCorrection / (1.0 - std::pow(adamFirst, steps_)));
    const auto epsilon = static_cast<float>(adamEpsilon * secondCorrection);
    for (std::size_t l = 0; l < layers; ++l) {
        Network::Layer& layer = network_.layers[l];
        Moments& moments = moments_[l];
        gradient_[l].weights.array() *= slope_[l].array();
        adamStep(layer.latent, gradient_[l].weights, moments.first.weights, moments.second.weights,
                 correctedRate, epsilon);
        layer.latent = layer.latent.cwiseMax(-1.0f).cwiseMin(1.0f);
        adamStep(layer.gain, gradient_[l].gain, moments.first.gain, moments.second.gain, correctedRate,
                 epsilon);
        adamStep(layer.bias, gradient_[l].bias, moments.first.bias, moments.second.bias, correctedRate,
                 epsilon);
    }
    return outcome;
}

} // namespace faultline
