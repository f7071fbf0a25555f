#include "learning/circuit_die.h"

#include <cmath>
#include <limits>

#include <boost/random/normal_distribution.hpp>

namespace faultline
{
namespace
{

/// Beyond the uses of common/random.h: what training adds to reads. index: the run, step: the read.
constexpr auto trainingNoise = static_cast<RandomUse>(18);

} // namespace

DefectStatistics inCircuit(DefectStatistics statistics, const Device& device, const CircuitOptions& options)
{
    // R_AP(T) = R_P + scale (R_AP - R_P), cell by cell; the spreads of R_P and R_AP are independent.
    const double scale = options.tmrScale(device.tmr);
    const LognormalConductance parallel = statistics.level[P];
    LognormalConductance& antiparallel = statistics.level[AP];
    const double resistance = scale / antiparallel.median + (1.0 - scale) / parallel.median;
    antiparallel.sigma = std::hypot(scale * antiparallel.sigma / antiparallel.median,
                                    (1.0 - scale) * parallel.sigma / parallel.median) /
                         resistance;
    antiparallel.median = 1.0 / resistance;
    const double ohm = options.series;
    const auto behind = [ohm](double siemens) {
        return std::isinf(siemens) ? 1.0 / ohm : siemens / (1.0 + ohm * siemens);
    };
    for (LognormalConductance* cells :
         {&statistics.level[P], &statistics.level[AP], &statistics.shortConductance}) {
        cells->sigma /= 1.0 + ohm * cells->median;
        cells->median = behind(cells->median);
    }
    statistics.shortLimit = behind(statistics.shortLimit);
    statistics.openConductance = behind(statistics.openConductance);
    return statistics;
}

CircuitDie::CircuitDie(std::unique_ptr<DieSource> dies, Die reference, CellMap map, const Device& device,
                       const CircuitOptions& options, Dataset calibration, std::uint64_t seed,
                       std::uint32_t run)
    : dies_(std::move(dies)),
      reference_(std::move(reference)),
      map_(std::move(map)),
      device_(device),
      options_(options),
      calibration_(std::move(calibration)),
      seed_(seed),
      run_(run),
      perfect_(
          analogWeights(inCircuit(Die("perfect", map_.geometry(), device), device, options), map_, device))
{
    options_.dac = {};
    options_.biasHalfVoltage = std::numeric_limits<double>::infinity();
    options_.validate();
}

void CircuitDie::choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie)
{
    dies_->choose(step, network, onDie);
    attenuate(onDie);
}

void CircuitDie::choosePerfect(const Network& network, std::vector<DenseLayer<float>>& onDie) const
{
    for (std::size_t l = 0; l < network.layers.size(); ++l)
        chooseWeights(network.layers[l].latent, perfect_.weights()[l], onDie[l].weights);
    attenuate(onDie);
}

void CircuitDie::attenuate(std::vector<DenseLayer<float>>& onDie) const
{
    for (std::size_t l = 0; l < seen_.size(); ++l)
        onDie[l].weights = onDie[l].weights.cwiseProduct(seen_[l].a) + seen_[l].b;
}

/// A pair's currents are I+- = (common +- sum) / 2.
void CircuitDie::disturb(std::uint32_t step, std::size_t layer, const Eigen::RowVectorXf& inputs,
                         Eigen::MatrixXf& sums) const
{
    const CircuitNetwork::OutputNoise& noise = noise_[layer];
    RandomStream random(seed_, trainingNoise, run_,
                        step * static_cast<std::uint32_t>(noise_.size()) + static_cast<std::uint32_t>(layer));
    boost::random::normal_distribution<float> normal;
    for (Eigen::Index image = 0; image < sums.cols(); ++image)
        for (Eigen::Index output = 0; output < sums.rows(); ++output) {
            const float common = noise.commonGain[output] * inputs[image];
            float& sum = sums(output, image);
            const float squares = (common * common + sum * sum) / 2.0F;
            sum += std::sqrt(noise.relative * squares + noise.variance[output]) * normal(random);
        }
}

void CircuitDie::beginEpoch(const Network& network, const std::stop_token& stop)
{
    dies_->beginEpoch(network, stop);
    const CircuitNetwork behind(network, reference_, map_, device_, options_, calibration_, stop);
    const std::vector<DenseLayer<float>> ideal =
        onDie(network, analogWeights(inCircuit(reference_, device_, options_), map_, device_));
    noise_ = behind.outputNoise();
    seen_.clear();
    for (const DenseLayer<float>& layer : ideal)
        seen_.push_back({Eigen::MatrixXf::Zero(layer.weights.rows(), layer.weights.cols()), {}});
    for (const Tile& tile : behind.tiles()) {
        const auto [transfer, own] = behind.conductances(tile);
        // Nothing is lost of what an open cell conducts.
        const Eigen::ArrayXXf attenuation = (own > 0.0).select(transfer / own, 1.0).cast<float>();
        const auto weight = 0.5F / static_cast<float>(map_.copies(tile.layer));
        seen_[static_cast<std::size_t>(tile.layer)]
            .a.block(tile.firstOutput, tile.firstInput, tile.outputs, tile.inputs)
            .array() += weight * (attenuation(Eigen::seqN(0, tile.outputs, 2), Eigen::all) +
                                  attenuation(Eigen::seqN(1, tile.outputs, 2), Eigen::all));
    }
    for (std::size_t l = 0; l < seen_.size(); ++l)
        seen_[l].b = behind.effectiveLayers()[l].weights - seen_[l].a.cwiseProduct(ideal[l].weights);
}

} // namespace faultline
