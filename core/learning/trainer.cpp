#include "learning/trainer.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

#include "common/require.h"

namespace faultline
{
namespace
{

template <class Derived>
auto elements(Eigen::PlainObjectBase<Derived>& matrix)
{
    return std::span(matrix.data(), static_cast<std::size_t>(matrix.size()));
}

template <class Derived>
auto elements(const Eigen::PlainObjectBase<Derived>& matrix)
{
    return std::span(matrix.data(), static_cast<std::size_t>(matrix.size()));
}

} // namespace

TrainingOptions TrainingOptions::statisticsAware()
{
    return {.epochs = 120, .draws = 2, .perfectDraws = 1, .lossBound = 0.5};
}

void TrainingOptions::validate() const
{
    validateRanges(*this);
    if (draws > batch)
        throw OptionError("draws", "Dies per step", optionText(draws),
                          "at most the batch of " + optionText(batch));
    if (perfectDraws >= draws)
        throw OptionError("perfect_draws", "Perfect dies per step", optionText(perfectDraws),
                          "fewer than the dies per step, " + optionText(draws));
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
    shape.expectPixels(images.images.rows());
    if (shape.layers.back() != classCount)
        throw Error("The network has " + std::to_string(shape.layers.back()) + " outputs, but there are " +
                    std::to_string(classCount) + " classes.");
    const std::int64_t steps = std::int64_t{options_.epochs} * batches();
    require(steps <= std::numeric_limits<int>::max(), "The number of training steps", steps,
            "at most 2147483647: take fewer epochs or larger batches");
    for (const Network::Layer& layer : network_.layers) {
        const DenseLayer<float> zero{Eigen::MatrixXf::Zero(layer.latent.rows(), layer.latent.cols()),
                                     Eigen::VectorXf::Zero(layer.gain.size()),
                                     Eigen::VectorXf::Zero(layer.bias.size())};
        moments_.push_back({zero, zero});
        slope_.push_back({source.slope(slope_.size()), Eigen::VectorXf::Ones(layer.gain.size()),
                          Eigen::VectorXf::Ones(layer.bias.size())});
    }
    onDie_.resize(network_.layers.size());
}

void Trainer::restore(TrainerState state)
{
    const auto fits = [](const DenseLayer<float>& moment, const Network::Layer& layer) {
        return moment.weights.rows() == layer.latent.rows() && moment.weights.cols() == layer.latent.cols() &&
               moment.gain.size() == layer.gain.size() && moment.bias.size() == layer.bias.size();
    };
    bool good = state.network.shape == network_.shape &&
                state.network.layers.size() == network_.layers.size() &&
                state.moments.size() == network_.layers.size() && state.epoch >= 0 &&
                state.epoch <= options_.epochs && state.steps == state.epoch * batches();
    for (std::size_t l = 0; good && l < network_.layers.size(); ++l) {
        const Network::Layer& layer = network_.layers[l];
        good =
            fits({state.network.layers[l].latent, state.network.layers[l].gain, state.network.layers[l].bias},
                 layer) &&
            fits(state.moments[l].first, layer) && fits(state.moments[l].second, layer);
    }
    if (!good)
        throw Error("The saved state of a training run is not one of this run's network and images.");
    network_ = std::move(state.network);
    moments_ = std::move(state.moments);
    epoch_ = state.epoch;
    steps_ = state.steps;
    dieDraws_ = state.dieDraws;
}

int Trainer::batches() const
{
    return (images_.size() + options_.batch - 1) / options_.batch;
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

    source_.beginEpoch(network_, stop);
    const int batches = this->batches();
    double crossEntropy = 0.0;
    int errors = 0;
    for (int batch = 0; batch < batches; ++batch) {
        if (stop.stop_requested())
            return std::nullopt;
        const int first = batch * options_.batch;
        const int count = std::min(options_.batch, images - first);
        const double done = (epoch_ + static_cast<double>(batch) / batches) / options_.epochs;
        const double rate =
            options_.learningRate * std::pow(0.5 * (1.0 + std::cos(std::numbers::pi * done)), 3);
        const auto outcome =
            step(std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
                 static_cast<float>(rate));
        crossEntropy += outcome.crossEntropy;
        errors += outcome.errors;
    }
    ++epoch_;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return EpochSummary{epoch_, crossEntropy / images, 100.0 * errors / images, seconds.count()};
}

Propagation<float>::Outcome Trainer::step(std::span<const int> order, float rate)
{
    const std::size_t layers = network_.layers.size();
    for (std::size_t l = 0; l < layers; ++l) {
        onDie_[l].gain = network_.layers[l].gain;
        onDie_[l].bias = network_.layers[l].bias;
    }
    const auto draws = std::min(static_cast<std::size_t>(options_.draws), order.size());
    Propagation<float>::Outcome outcome;
    for (std::size_t draw = 0; draw < draws; ++draw) {
        const std::size_t first = order.size() * draw / draws;
        const std::size_t end = order.size() * (draw + 1) / draws;
        batch_.clear();
        labels_.clear();
        for (const int image : order.subspan(first, end - first)) {
            batch_.push_back(sparseColumn(images_.images, image));
            labels_.push_back(images_.labels[static_cast<std::size_t>(image)]);
        }
        if (draw < static_cast<std::size_t>(options_.perfectDraws))
            source_.choosePerfect(network_, onDie_);
        else
            source_.choose(dieDraws_++, network_, onDie_);
        const auto disturb = [&](std::size_t layer, const Eigen::RowVectorXf& inputs, Eigen::MatrixXf& sums) {
            const auto reads =
                static_cast<std::uint32_t>(steps_) * static_cast<std::uint32_t>(options_.draws);
            source_.disturb(reads + static_cast<std::uint32_t>(draw), layer, inputs, sums);
        };
        const auto part =
            propagation_.backward(onDie_, batch_, labels_, 1.0f / static_cast<float>(order.size()), draw > 0,
                                  source_.disturbs() ? Propagation<float>::Disturb(disturb) : nullptr);
        outcome.crossEntropy += part.crossEntropy;
        outcome.errors += part.errors;
    }

    ++steps_;
    const double secondCorrection = std::sqrt(1.0 - std::pow(AdamStep::second, steps_));
    const AdamStep adamStep{
        static_cast<float>(rate * secondCorrection / (1.0 - std::pow(AdamStep::first, steps_))),
        static_cast<float>(1e-8 * secondCorrection)};
    for (std::size_t l = 0; l < layers; ++l) {
        const auto move = [&](auto& parameters, auto part, float limit) {
            adam(adamStep, elements(propagation_.gradient()[l].*part), elements(slope_[l].*part), limit,
                 elements(parameters), elements(moments_[l].first.*part), elements(moments_[l].second.*part));
        };
        constexpr float unlimited = std::numeric_limits<float>::infinity();
        move(network_.layers[l].latent, &DenseLayer<float>::weights, 1.0f);
        move(network_.layers[l].gain, &DenseLayer<float>::gain, unlimited);
        move(network_.layers[l].bias, &DenseLayer<float>::bias, unlimited);
    }
    return outcome;
}

} // namespace faultline
