#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "common/options.h"
#include "learning/die_source.h"
#include "learning/propagation.h"

namespace faultline
{

struct TrainingOptions {
    int epochs = 20;
    int batch = 100;
    double learningRate = 0.02;
    int draws = 1;
    int perfectDraws = 0;
    double lossBound = 0.0;

    /// The defaults for statistics-aware training: what was best in trials on the demo wafer (README.md).
    static TrainingOptions statisticsAware();

    void validate() const; ///< throws OptionError
    bool operator==(const TrainingOptions&) const = default;
};

void describe(MaybeConst<TrainingOptions> auto& of, const auto& visit)
{
    constexpr int many = 100000;
    visit("epochs", of.epochs, Says("Epochs", "Passes over the training images", from(1, many)));
    visit("batch", of.batch, Says("Batch", "Images per training step", from(1, many), {"images"}));
    visit("draws", of.draws,
          expert(Says("Dies per step", "Dies per step, which share the batch evenly", from(1, many))));
    visit("perfect_draws", of.perfectDraws,
          expert(Says("… of them perfect", "How many of the dies per step are a perfect die instead",
                      from(0, many))));
    visit("loss_bound", of.lossBound,
          expert(Says("Bound of the loss", "Exponent q of the loss (1 - p^q) / q; 0 is cross-entropy",
                      from(0.0, 1.0))));
    visit("learning_rate", of.learningRate,
          Says("Learning rate", "At the start; falls to 0 along a cosine cubed", above(0.0, 1.0)));
}

/// What one epoch of training did.
struct EpochSummary {
    int epoch = 0;           ///< 1 for the first
    double loss = 0.0;       ///< mean cross-entropy over the epoch's images, nat
    double trainError = 0.0; ///< percent of the epoch's images misclassified, as met during training
    double seconds = 0.0;    ///< wall time
};

/// All that training changes: what a Trainer needs to go on later as if it had never stopped.
struct TrainerState {
    /// First and second moments of the gradient of one layer.
    struct Moments {
        DenseLayer<float> first, second;
    };

    Network network;
    std::vector<Moments> moments; ///< one per layer
    int epoch = 0;                ///< finished epochs
    int steps = 0;                ///< of Adam, one for each batch of the epochs
    std::uint32_t dieDraws = 0;   ///< from the die source
};

/// Trains a binary network on the dies of a source: latent weights by the straight-through estimator and
/// Adam, clipped to [-1, 1] as in BinaryConnect (M. Courbariaux et al., arXiv 1511.00363). The result depends
/// on the arguments alone.
class Trainer
{
public:
    /// Keeps references to `images` and `source`. `seed` and `run` key the random streams. Throws Error for
    /// options and images that do not fit the network, or that ask for more steps than an int counts.
    Trainer(const NetworkShape& shape, const TrainingOptions& options, const Dataset& images,
            DieSource& source, std::uint64_t seed, std::uint32_t run);

    /// Trains one epoch; nothing if stop was requested meanwhile (the network is then between two epochs and
    /// of no use), or Stopped where a die was being drawn. Looks for a stop request after every batch.
    std::optional<EpochSummary> runEpoch(const std::stop_token& stop = {});

    int epoch() const { return epoch_; } ///< finished epochs
    bool finished() const { return epoch_ >= options_.epochs; }
    const Network& network() const { return network_; }

    /// Between two epochs; a Trainer of the same arguments that is put into this state goes on to the same
    /// network, bit by bit.
    TrainerState state() const { return {network_, moments_, epoch_, steps_, dieDraws_}; }
    void restore(TrainerState state); ///< throws Error for the state of another network or of other images

private:
    int batches() const; ///< in an epoch

    /// One step of Adam on the images of these indices.
    Propagation<float>::Outcome step(std::span<const int> order, float rate);

    TrainingOptions options_;
    const Dataset& images_;
    DieSource& source_;
    std::uint64_t seed_;
    std::uint32_t run_;
    Network network_;
    std::vector<TrainerState::Moments> moments_;
    std::vector<DenseLayer<float>> slope_; // of the source's weights; 1 for gains and biases
    Propagation<float> propagation_;
    std::vector<DenseLayer<float>> onDie_; // the network as the step's die computes it
    Batch<float> batch_;                   // the step's images
    std::vector<std::uint8_t> labels_;
    int epoch_ = 0;
    int steps_ = 0;
    std::uint32_t dieDraws_ = 0;
};

} // namespace faultline
