#pragma once

#include <vector>

#include "wafer/die.h"

namespace faultline
{

/// A die's defects told apart: rows and columns that failed as a whole, a broken or a bridged wire, and
/// single cells elsewhere.
struct SortedDefects {
    std::vector<Defect> rows, columns; ///< Short or Open for a line that failed, else None
    CellGrid<bool> counted;            ///< measured, and outside of failed lines
    CellGrid<Defect> points;           ///< labels of the counted cells; None elsewhere
    DefectCounts counts{};             ///< of the counted cells
    int cells = 0;                     ///< how many are counted
};

/// A line failed if nine in ten of its measured cells, and at least eight, are open, or as many are shorts.
/// Rows are looked at first, and of columns the cells that are not in failed rows.
SortedDefects sortDefects(const Die& die);

} // namespace faultline
