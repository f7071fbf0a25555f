#pragma once

#include <vector>

#include "wafer/die.h"

namespace faultline
{

/// A die's defects told apart: rows and columns that failed as a whole, a broken or a bridged wire, and
/// single cells elsewhere.
struct SortedDefects {
    std::vector<Defect> rows, columns; ///< Short or Open for a line that failed, else None
    CellGrid<Defect> points;           ///< labels of the cells outside of failed lines; None in those
    DefectCounts counts{};             ///< of the cells outside of failed lines
    int cells = 0;                     ///< outside of failed lines

    bool inFailedLine(const CellIndex& cell) const
    {
        return rows[static_cast<std::size_t>(cell.row)] != Defect::None ||
               columns[static_cast<std::size_t>(cell.column)] != Defect::None;
    }
};

/// A line failed if nine in ten of its cells, and at least eight, are open, or as many are shorts. Rows are
/// looked at first, and of columns the cells that are not in failed rows.
SortedDefects sortDefects(const Die& die);

} // namespace faultline
