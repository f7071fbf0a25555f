#include "learning/circuit_die.h"

#include <cmath>
#include <limits>

#include "learning/circuit_network.h"

namespace faultline
{

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
                       const CircuitOptions& options, std::uint32_t refresh)
    : dies_(std::move(dies)),
      reference_(std::move(reference)),
      map_(std::move(map)),
      device_(device),
      options_(options),
      refresh_(refresh)
{
    options_.dac = options_.adc = {};
    options_.relativeNoise = options_.absoluteNoise = 0.0;
    options_.biasHalfVoltage = std::numeric_limits<double>::infinity();
    options_.validate();
}

void CircuitDie::choose(std::uint32_t step, const Network& network, std::vector<DenseLayer<float>>& onDie)
{
    if (seen_.empty() || step % refresh_ == 0)
        solve(network);
    dies_->choose(step, network, onDie);
    attenuate(onDie);
}

void CircuitDie::attenuate(std::vector<DenseLayer<float>>& onDie) const
{
    for (std::size_t l = 0; l < seen_.size(); ++l)
        onDie[l].weights = onDie[l].weights.cwiseProduct(seen_[l].a) + seen_[l].b;
}

void CircuitDie::solve(const Network& network)
{
    const CircuitNetwork behind(network, reference_, map_, device_, options_, {});
    const std::vector<DenseLayer<float>> ideal =
        onDie(network, analogWeights(inCircuit(reference_, device_, options_), map_, device_));
    const Eigen::MatrixXd& transfer = behind.array().linear().transfer();
    const CellGrid<double> conductance = behind.array().smallSignal();
    const auto attenuation = [&](int row, int column) {
        const double own = conductance(row, column);
        return own > 0.0 ? transfer(row, column) / own : 1.0; // nothing is lost of what an open cell conducts
    };
    seen_.clear();
    for (const DenseLayer<float>& layer : ideal)
        seen_.push_back({Eigen::MatrixXf::Zero(layer.weights.rows(), layer.weights.cols()), {}});
    for (const Tile& tile : map_.tiles()) {
        Eigen::MatrixXf& a = seen_[static_cast<std::size_t>(tile.layer)].a;
        for (int j = 0; j < tile.outputs; ++j)
            for (int i = 0; i < tile.inputs; ++i) {
                const int row = tile.row + 2 * j, column = tile.column + i;
                a(tile.firstOutput + j, tile.firstInput + i) +=
                    static_cast<float>((attenuation(row, column) + attenuation(row + 1, column)) / 2.0 /
                                       map_.copies(tile.layer));
            }
    }
    for (std::size_t l = 0; l < seen_.size(); ++l)
        seen_[l].b = behind.effectiveLayers()[l].weights - seen_[l].a.cwiseProduct(ideal[l].weights);
}

} // namespace faultline
