#pragma once

#include "study/study.h"

namespace faultline
{

/// The class that a trained network gives each image on a die, or on a perfect one when `die` is null. A
/// network that takes several dies wants them joined (DieGroup). `images`: of the side that the run's
/// settings say. Throws Error when the network does not fit.
std::vector<std::uint8_t> classify(const Run& run, const Die* die, const Wafer& wafer, const Dataset& images);

/// Percent of the images that were given another class than their label.
double errorPercent(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given);

/// Number of images, by label (row) and given class (column).
using ConfusionMatrix = Eigen::Array<int, classCount, classCount>;
ConfusionMatrix confusion(const std::vector<std::uint8_t>& labels, const std::vector<std::uint8_t>& given);

} // namespace faultline
