#pragma once

#include <vector>

#include <Eigen/Core>

#include "crossbar/cell_map.h"

namespace faultline
{

/// What each weight of a layer is worth on a die: outputs x inputs, dimensionless, 1 on a perfect die written
/// +1.
struct AnalogLayer {
    Eigen::MatrixXf up;   ///< when written +1 (G+ at P, G- at AP)
    Eigen::MatrixXf down; ///< when written -1 (G+ at AP, G- at P)
};

/// A die as a network sees it: one AnalogLayer per layer of weights. See DESIGN in ARCHITECTURE.md.
using AnalogWeights = std::vector<AnalogLayer>;

/// value = (G_plus - G_minus) / (G_P - G_AP), nominal conductances of the device in the denominator, averaged
/// over the copies of the layer. Throws Error when the die is smaller than the map's geometry.
AnalogWeights analogWeights(const Die& die, const CellMap& map, const Device& device);
AnalogWeights analogWeights(const DieGroup& group, const CellMap& map, const Device& device);

/// A perfect die: +1 and -1 throughout.
AnalogWeights nominalWeights(const CellMap& map);

} // namespace faultline
