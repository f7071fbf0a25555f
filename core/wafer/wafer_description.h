#pragma once

#include <filesystem>

#include "wafer/defect_statistics.h"

namespace faultline
{

/// What a synthetic wafer is drawn from. datasets/demo-wafer.json is one; datasets/README.md explains its
/// keys.
struct WaferDescription {
    static constexpr int maximumDies = 1000;

    std::string name = "wafer";
    std::string description;
    int dies = 36;
    std::uint64_t seed = 1;
    DieGeometry geometry;
    Device device;
    DefectStatistics statistics;

    void validate() const; ///< throws Error
};

/// Reads the JSON form. Throws Error that names the file and the key.
WaferDescription readWaferDescription(const std::filesystem::path& file);

/// The `count` sites nearest to the centre of a grid, row by row: where dies sit whose places are not known.
std::vector<WaferPosition> roundLayout(int count);

/// Draws the wafer; die k comes from stream (seed, WaferDraw, k), so the first dies of a larger wafer are
/// those of a smaller one. Dies are named "D01"... and placed on a round wafer, row by row. Throws Stopped.
Wafer drawWafer(const WaferDescription& description, const std::stop_token& stop = {});

} // namespace faultline
