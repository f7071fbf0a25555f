#pragma once

#include <span>

#include "study/study.h"

namespace faultline
{

/// Where a network stands that is read through a circuit. Throws Error for one that takes several dies: their
/// circuits would have to be read together.
CellMap mapOnOneDie(std::span<const int> layers, const DieGeometry& die, Spare spare);

/// The images that converters take their ranges from: the first of the training images.
inline constexpr int calibrationImages = 500;

/// The class that a trained network gives each image on a die behind the circuit of the run's settings, or on
/// a perfect one without a circuit when `die` is null. A network that takes several dies wants them joined
/// (DieGroup). `images`: of the side that the run's settings say; `calibration`: such, calibrationImages of
/// them, not read without a circuit. Throws Error when the network does not fit.
std::vector<std::uint8_t> classify(const Run& run, const Die* die, const Wafer& wafer, const Dataset& images,
                                   const Dataset& calibration);

/// Percent of the images that were given another class than their label.
double errorPercent(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given);

/// Number of images, by label (row) and given class (column).
using ConfusionMatrix = Eigen::Array<int, classCount, classCount>;
ConfusionMatrix confusion(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given);

} // namespace faultline
