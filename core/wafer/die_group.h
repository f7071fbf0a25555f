#pragma once

#include <string>
#include <vector>

#include "wafer/die.h"

namespace faultline
{

/// The dies of one wafer that hold a network together: one, or several that act as one larger crossbar.
/// They stand side by side from left to right. Each has its own bit lines: the currents of its rows are
/// sensed apart and added digitally, as they are for a layer that is cut between its inputs, so a rectangle
/// of weights may lie across a joint.
struct DieGroup {
    std::vector<const Die*> dies; ///< at least one; of a wafer that must outlive the group and stay as it is

    int id() const { return dies.front()->id; } ///< of the first die: by it results name the group
    std::string name() const;                   ///< "D01", "D01+D02", "D01..D54"
    bool contains(int dieId) const;
    DefectCounts counts() const;
    int defectCount() const;  ///< measured cells with any defect
    int missingCells() const; ///< that were not measured

    /// The larger crossbar as one die, under the group's id and name.
    Die joined() const;
};

/// The geometry of that many dies side by side.
DieGeometry sideBySide(DieGeometry die, int count);

} // namespace faultline
