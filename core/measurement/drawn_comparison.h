#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "wafer/defect_statistics.h"

namespace faultline
{

/// Measured dies beside dies drawn from statistics: what a good description of the dies reproduces.
struct DrawnComparison {
    int dies = 0;              ///< drawn
    std::vector<double> edges; ///< of the histograms' bins: siemens, equally far apart on a logarithmic axis
    struct Shares {
        std::vector<double> measured, drawn;
    };
    /// Shares of all measured cells, defective or not, in each bin; those beyond the outermost edges count
    /// there.
    std::array<Shares, levelCount> conductance;
    /// Defective cells of each die; where cells were not measured, as many as all would have at the same
    /// rate.
    std::vector<double> measuredDefects, drawnDefects;
};

/// Draws as many dies as make some eight million cells, but 4 to 400. Throws Stopped.
DrawnComparison compareWithDrawn(const Wafer& wafer, const DefectStatistics& statistics, std::uint64_t seed,
                                 const std::stop_token& stop = {});

} // namespace faultline
