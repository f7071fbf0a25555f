#include "learning/circuit_network.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <boost/random/normal_distribution.hpp>

#include "common/error.h"
#include "common/stop.h"
#include "learning/activation.h"
#include "measurement/export.h"

namespace faultline
{

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::MatrixXf;

namespace
{

/// Beyond the uses of common/random.h: the noise of reads. index: NoiseKey's, step: the image.
constexpr auto readNoise = static_cast<RandomUse>(16);

constexpr Index panel = 200; // images at once

CellGrid<Level> writtenLevels(const Network& network, const CellMap& map, const CircuitOptions& options)
{
    std::vector<MatrixXf> latent;
    for (const Network::Layer& layer : network.layers)
        latent.push_back(layer.latent);
    return programmingMap(map, latent).unaryExpr([&](Write write) {
        return write == Write::Nothing ? options.unused : write == Write::P ? P : AP;
    });
}

/// The array of each of the dies that these junctions are of, side by side.
std::vector<JunctionArray> arraysOf(const Junctions& junctions, const CellMap& map,
                                    const CircuitOptions& options, const std::stop_token& stop)
{
    const Index columns = map.die().columns;
    std::vector<JunctionArray> arrays;
    for (Index die = 0; die < map.dies(); ++die)
        arrays.emplace_back(Junctions(junctions.conductance.middleCols(die * columns, columns),
                                      junctions.magneticShare.middleCols(die * columns, columns)),
                            options, stop);
    return arrays;
}

/// The network as an ideal array computes it whose cells conduct what the transfer matrices say.
std::vector<DenseLayer<float>> effectiveLayers(const Network& network,
                                               const std::vector<JunctionArray>& arrays, const CellMap& map,
                                               const Device& device)
{
    MatrixXd transfer(map.geometry().rows, map.geometry().columns);
    for (std::size_t die = 0; die < arrays.size(); ++die)
        transfer.middleCols(static_cast<Index>(die) * map.die().columns, map.die().columns) =
            arrays[die].linear().transfer();
    Die seen;
    seen.conductance.assign(levelCount, transfer.cast<float>().array());
    seen.defect = CellGrid<Defect>::Constant(transfer.rows(), transfer.cols(), Defect::None);
    return onDie(network, analogWeights(seen, map, device));
}

MatrixXf denseImages(const Dataset& images, Index first, Index count)
{
    return images.images.middleCols(first, count);
}

/// The largest absolute value of each row, or of all rows.
Eigen::ArrayXd fullScales(const Converter& converter, double fixed, const MatrixXf& values)
{
    if (converter.range == ConverterRange::Fixed)
        return Eigen::ArrayXd::Constant(values.rows(), fixed);
    Eigen::ArrayXd lines = values.cwiseAbs().rowwise().maxCoeff().cast<double>();
    if (converter.range == ConverterRange::Shared)
        return Eigen::ArrayXd::Constant(values.rows(), lines.maxCoeff());
    return lines;
}

void convert(const Converter& converter, bool hasSign, const Eigen::ArrayXd& fullScales, MatrixXf& values)
{
    if (converter.bits > 0)
        Quantiser(converter.bits, hasSign, fullScales).apply(values);
}

} // namespace

Junctions writtenJunctions(const Network& network, const Die& die, const CellMap& map, const Device& device,
                           const CircuitOptions& options)
{
    return {die, writtenLevels(network, map, options), device, options};
}

/// A stream of random numbers for each image of a batch.
class CircuitNetwork::Noise
{
public:
    Noise(const CircuitOptions& options, double unit, const NoiseKey& key, Index first, Index count)
        : relative_(static_cast<float>(options.relativeNoise)),
          absolute_(static_cast<float>(options.absoluteNoise / unit))
    {
        first += key.firstImage;
        for (Index image = first; image < first + count; ++image)
            streams_.emplace_back(key.seed, readNoise, key.index, static_cast<std::uint32_t>(image));
    }

    void add(MatrixXf& currents)
    {
        for (Index image = 0; image < currents.cols(); ++image)
            for (float& current : currents.col(image))
                current += std::hypot(relative_ * current, absolute_) *
                           normal_(streams_[static_cast<std::size_t>(image)]);
    }

private:
    float relative_, absolute_; // absolute: in units of unit_
    boost::random::normal_distribution<float> normal_;
    std::vector<RandomStream> streams_;
};

CircuitNetwork::CircuitNetwork(const Network& network, const Die& die, const CellMap& map,
                               const Device& device, const CircuitOptions& options,
                               const Dataset& calibration, const std::stop_token& stop)
    : map_(map),
      options_(options),
      shape_(network.shape),
      tiles_(map.tilesOnDies()),
      arrays_(arraysOf(writtenJunctions(network, die, map, device, options), map, options, stop)),
      unit_(options.readVoltage * (device.conductance(P) - device.conductance(AP))),
      effective_(faultline::effectiveLayers(network, arrays_, map, device))
{
    for (const Tile& tile : tiles_)
        blocks_.emplace_back((conductances(tile).first * (options.readVoltage / unit_)).cast<float>());
    const auto needsImages = [](const Converter& converter) {
        return converter.bits > 0 && converter.range != ConverterRange::Fixed;
    };
    const bool needed = needsImages(options.dac) || needsImages(options.adc);
    if (needed)
        requireFit(calibration);
    MatrixXf images = needed ? denseImages(calibration, 0, calibration.images.cols())
                             : MatrixXf(MatrixXf::Zero(shape_.layers.front(), 1));
    Ranges measured;
    propagate(
        std::move(images), nullptr, &measured, [](std::size_t, const MatrixXf&) {}, stop);
    ranges_ = std::move(measured);
}

bool CircuitNetwork::hasSign(std::size_t layer) const
{
    return layer > 0 && shape_.hidden != Activation::Relu;
}

MatrixXd CircuitNetwork::tileVoltages(const Tile& tile, const MatrixXf& inputs) const
{
    MatrixXd voltages = MatrixXd::Zero(map_.die().columns, inputs.cols());
    voltages.middleRows(columnOf(tile), tile.inputs) =
        options_.readVoltage * inputs.middleRows(tile.firstInput, tile.inputs).cast<double>();
    return voltages;
}

/// In units of readVoltage (G_P - G_AP).
MatrixXf CircuitNetwork::tileCurrents(std::size_t index, const MatrixXf& inputs,
                                      const std::stop_token& stop) const
{
    const Tile& tile = tiles_[index];
    if (options_.isBiasDependent()) {
        const MatrixXd rows = arrayOf(tile).read(tileVoltages(tile, inputs), stop).rows;
        return (rows.middleRows(tile.row, tile.rows()) / unit_).cast<float>();
    }
    return blocks_[index] * inputs.middleRows(tile.firstInput, tile.inputs);
}

template <class Visit>
MatrixXf CircuitNetwork::propagate(MatrixXf images, Noise* noise, Ranges* measured, const Visit& visit,
                                   const std::stop_token& stop) const
{
    if (measured) {
        measured->inputs.resize(effective_.size());
        measured->currents.resize(tiles_.size());
    }
    const Ranges& ranges = measured ? *measured : ranges_;
    MatrixXf values = std::move(images);
    for (std::size_t l = 0; l < effective_.size(); ++l) {
        if (measured)
            measured->inputs[l] = fullScales(options_.dac, options_.dac.fullScale, values);
        convert(options_.dac, hasSign(l), ranges.inputs[l], values);
        visit(l, values);
        const DenseLayer<float>& layer = effective_[l];
        MatrixXf sum = MatrixXf::Zero(layer.gain.size(), values.cols());
        for (std::size_t t = 0; t < tiles_.size(); ++t) {
            const Tile& tile = tiles_[t];
            if (static_cast<std::size_t>(tile.layer) != l)
                continue;
            throwIfStopped(stop);
            MatrixXf currents = tileCurrents(t, values, stop);
            if (measured)
                measured->currents[t] = fullScales(options_.adc, options_.adc.fullScale / unit_, currents);
            if (noise)
                noise->add(currents);
            convert(options_.adc, hasSign(l), ranges.currents[t], currents);
            const auto share = 1.0F / static_cast<float>(map_.copies(tile.layer));
            sum.middleRows(tile.firstOutput, tile.outputs) +=
                share * (currents(Eigen::seqN(0, tile.outputs, 2), Eigen::all) -
                         currents(Eigen::seqN(1, tile.outputs, 2), Eigen::all));
        }
        values = (sum.array().colwise() * layer.gain.array()).colwise() + layer.bias.array();
        if (l + 1 < effective_.size())
            activate(shape_.hidden, values);
    }
    return values;
}

void CircuitNetwork::requireFit(const Dataset& images) const
{
    if (images.images.rows() != shape_.layers.front())
        throw Error("The network has " + std::to_string(shape_.layers.front()) +
                    " inputs, but the images have " + std::to_string(images.images.rows()) + " pixels.");
    if (images.images.cols() == 0)
        throw Error("There are no images.");
}

MatrixXf CircuitNetwork::scores(const Dataset& images, const NoiseKey& key, const std::stop_token& stop) const
{
    requireFit(images);
    MatrixXf result(shape_.layers.back(), images.images.cols());
    for (Index first = 0; first < result.cols(); first += panel) {
        const Index count = std::min(panel, result.cols() - first);
        Noise noise(options_, unit_, key, first, count);
        result.middleCols(first, count) = propagate(
            denseImages(images, first, count), options_.isNoisy() ? &noise : nullptr, nullptr,
            [](std::size_t, const MatrixXf&) {}, stop);
    }
    return result;
}

std::vector<std::uint8_t> CircuitNetwork::classify(const Dataset& images, const NoiseKey& key,
                                                   const std::stop_token& stop) const
{
    const bool isPlain = options_.dac.bits == 0 && options_.adc.bits == 0 && !options_.isNoisy() &&
                         !options_.isBiasDependent();
    if (isPlain) {
        requireFit(images);
        return faultline::classify(effective_, shape_, images);
    }
    const Eigen::ArrayXi classes = predictedClasses<float>(scores(images, key, stop).transpose());
    return {classes.begin(), classes.end()};
}

std::vector<TileRead> CircuitNetwork::reads(const Dataset& images, Index image,
                                            const std::stop_token& stop) const
{
    requireFit(images);
    std::vector<TileRead> reads(tiles_.size());
    const auto visit = [&](std::size_t layer, const MatrixXf& driven) {
        for (std::size_t t = 0; t < reads.size(); ++t)
            if (const Tile& tile = tiles_[t]; static_cast<std::size_t>(tile.layer) == layer) {
                const Eigen::VectorXd voltages = tileVoltages(tile, driven);
                reads[t] = {map_.dieOf(tile), voltages, arrayOf(tile).solve(voltages, stop)};
            }
    };
    propagate(denseImages(images, image, 1), nullptr, nullptr, visit, stop);
    return reads;
}

std::vector<CircuitNetwork::OutputNoise> CircuitNetwork::outputNoise() const
{
    std::vector<OutputNoise> noise;
    for (const DenseLayer<float>& layer : effective_)
        noise.push_back({Eigen::VectorXf::Zero(layer.gain.size()), Eigen::VectorXf::Zero(layer.gain.size())});
    std::vector<Index> reads(effective_.size(), 0); // weights that the reads of a layer cover
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
        const Tile& tile = tiles_[t];
        const auto l = static_cast<std::size_t>(tile.layer);
        const auto copies = static_cast<double>(map_.copies(tile.layer));
        const double absolute = options_.absoluteNoise / unit_;
        Eigen::ArrayXd variance = Eigen::ArrayXd::Constant(tile.rows(), absolute * absolute);
        if (options_.adc.bits > 0) {
            const int codes = Quantiser::codes(options_.adc.bits, hasSign(l));
            variance += (ranges_.currents[t] / codes).square() / 12.0;
        }
        const auto pairs = [&](const auto& rows) {
            return rows(Eigen::seqN(0, tile.outputs, 2)) + rows(Eigen::seqN(1, tile.outputs, 2));
        };
        const Eigen::ArrayXf sums = blocks_[t].rowwise().sum();
        noise[l].variance.segment(tile.firstOutput, tile.outputs).array() +=
            (pairs(variance) / (copies * copies)).cast<float>();
        noise[l].commonGain.segment(tile.firstOutput, tile.outputs).array() +=
            pairs(sums) / static_cast<float>(copies * map_.inputs(tile.layer));
        reads[l] += tile.outputs;
    }
    for (std::size_t l = 0; l < noise.size();
         ++l) // each output is read so many times, of which copies repeat
        noise[l].relative =
            static_cast<float>(options_.relativeNoise * options_.relativeNoise *
                               static_cast<double>(noise[l].variance.size()) / static_cast<double>(reads[l]));
    return noise;
}

ReadCost CircuitNetwork::readCost(const Dataset& images, const std::stop_token& stop) const
{
    requireFit(images);
    double power = 0.0; // summed over images and tiles
    const auto visit = [&](std::size_t layer, const MatrixXf& driven) {
        for (const Tile& tile : tiles_)
            if (static_cast<std::size_t>(tile.layer) == layer) {
                const MatrixXd voltages = tileVoltages(tile, driven);
                power += arrayOf(tile).read(voltages, stop).columns.cwiseProduct(voltages).sum();
            }
    };
    for (Index first = 0; first < images.images.cols(); first += panel)
        propagate(denseImages(images, first, std::min(panel, images.images.cols() - first)), nullptr, nullptr,
                  visit, stop);
    const double perImage = power / static_cast<double>(images.images.cols());
    return {.energy = perImage * options_.readTime, .power = perImage / static_cast<double>(tiles_.size())};
}

std::pair<Eigen::ArrayXXd, Eigen::ArrayXXd> CircuitNetwork::conductances(const Tile& tile) const
{
    const JunctionArray& array = arrayOf(tile);
    const auto ofTile = [&](const auto& cells) {
        return cells.block(tile.row, columnOf(tile), tile.rows(), tile.inputs);
    };
    return {ofTile(array.linear().transfer()), ofTile(array.smallSignal())};
}

std::vector<LineLoss> CircuitNetwork::rowLosses() const
{
    std::vector<LineLoss> losses;
    for (const Tile& tile : tiles_) {
        const auto [seen, ideal] = conductances(tile);
        for (int row = 0; row < tile.rows(); ++row)
            losses.push_back({tile.layer, tile.copy, map_.dieOf(tile), tile.row + row,
                              1.0 - seen.row(row).sum() / ideal.row(row).sum()});
    }
    return losses;
}

std::vector<LineLoss> CircuitNetwork::columnLosses() const
{
    std::vector<LineLoss> losses;
    for (const Tile& tile : tiles_) {
        const auto [seen, ideal] = conductances(tile);
        for (int column = 0; column < tile.inputs; ++column)
            losses.push_back({tile.layer, tile.copy, map_.dieOf(tile), columnOf(tile) + column,
                              1.0 - seen.col(column).sum() / ideal.col(column).sum()});
    }
    return losses;
}

} // namespace faultline
