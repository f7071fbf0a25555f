#include "wafer/failed_lines.h"

#include <algorithm>

namespace faultline
{

namespace
{

/// What a line of `cells` cells failed with, if its labels are counted in `counts`.
Defect failureOf(const DefectCounts& counts, int cells)
{
    constexpr int fewest = 8; // shorter lines are often all defective by chance
    for (const Defect defect : {Defect::Short, Defect::Open}) {
        const int found = counts[static_cast<std::size_t>(defect)];
        if (found >= fewest && 10 * found >= 9 * cells)
            return defect;
    }
    return Defect::None;
}

} // namespace

SortedDefects sortDefects(const Die& die)
{
    SortedDefects sorted;
    std::vector<DefectCounts> inColumn(static_cast<std::size_t>(die.columns()));
    for (int row = 0; row < die.rows(); ++row) {
        DefectCounts counts{};
        for (int column = 0; column < die.columns(); ++column)
            ++counts[static_cast<std::size_t>(die.defect(row, column))];
        sorted.rows.push_back(failureOf(counts, die.columns()));
        if (sorted.rows.back() != Defect::None)
            continue;
        for (int column = 0; column < die.columns(); ++column)
            ++inColumn[static_cast<std::size_t>(column)][static_cast<std::size_t>(die.defect(row, column))];
    }
    const auto rows = static_cast<int>(std::ranges::count(sorted.rows, Defect::None));
    for (const DefectCounts& counts : inColumn)
        sorted.columns.push_back(failureOf(counts, rows));

    sorted.points = die.defect;
    for (int row = 0; row < die.rows(); ++row)
        for (int column = 0; column < die.columns(); ++column) {
            Defect& label = sorted.points(row, column);
            if (sorted.inFailedLine({row, column})) {
                label = Defect::None;
                continue;
            }
            ++sorted.cells;
            ++sorted.counts[static_cast<std::size_t>(label)];
        }
    return sorted;
}

} // namespace faultline
