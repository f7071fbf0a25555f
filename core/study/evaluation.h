#pragma once

#include <stop_token>

#include "learning/circuit_network.h"
#include "study/study.h"

namespace faultline
{

/// How many of so many threads may each keep a network behind a circuit, as far as the machine's memory goes:
/// at least 1. Throws Error when there is not even memory for one.
int circuitThreads(int threads, const CellMap& map, const CircuitOptions& options);

/// The images that converters take their ranges from: the first of the training images.
inline constexpr int calibrationImages = 500;

/// What keys the noise when a run's network is read on a die, or on a group of dies by its id (-1: on none of
/// the wafer's). One network on one die so has one error, wherever and beside whatever it is evaluated.
/// `repeat`: of reads with noise of their own.
NoiseKey noiseKey(const RunSettings& run, int place, std::uint32_t repeat = 0);

/// The class that a trained network gives each image on a die behind the circuit of the run's settings, or on
/// a perfect one without a circuit when `die` is null. A network that takes several dies wants them joined
/// (DieGroup). `images`: of the side that the run's settings say; `calibration`: such, calibrationImages of
/// them, not read without a circuit. Throws Error when the network does not fit, and Stopped.
std::vector<std::uint8_t> classify(const Run& run, const Die* die, const Wafer& wafer, const Dataset& images,
                                   const Dataset& calibration, const std::stop_token& stop = {});

/// Percent of the images that were given another class than their label.
double errorPercent(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given);

/// Number of images, by label (row) and given class (column).
using ConfusionMatrix = Eigen::Array<int, classCount, classCount>;
ConfusionMatrix confusion(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given);

} // namespace faultline
