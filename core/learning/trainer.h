#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "learning/die_source.h"
#include "learning/propagation.h"

namespace faultline
{

struct TrainingOptions {
    int epochs = 20;
    int batch = 100;            ///< images per step
    double learningRate = 0.02; ///< at the start; falls to 0 along the cube of a cosine's half wave
    int draws = 1;              ///< dies per step: the batch is split evenly among them
    int perfectDraws = 0;       ///< how many of these are a perfect die instead of the source's
    double lossBound = 0.0;     ///< q of Propagation: 0 for cross-entropy, up to 1

    /// The defaults for statistics-aware training: what was best in trials on the demo wafer (README.md).
    static TrainingOptions statisticsAware();

    void validate() const; ///< throws Error
    bool operator==(const TrainingOptions&) const = default;
};

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
