#include "wafer/failed_lines.h"

#include <numeric>

namespace faultline
{

namespace
{

/// What a line failed with, if the labels of its measured cells are counted in `counts`.
Defect failureOf(const DefectCounts& counts)
{
    const int cells = std::accumulate(counts.begin(), counts.end(), 0);
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
    const Eigen::Index rows = die.rows(), columns = die.columns();
    const auto label = [](Defect defect) { return static_cast<std::size_t>(defect); };
    sorted.counted.resize(rows, columns);
    for (Eigen::Index cell = 0; cell < sorted.counted.size(); ++cell)
        sorted.counted.data()[cell] = die.isMeasured(cell);

    std::vector<DefectCounts> inColumn(static_cast<std::size_t>(columns));
    for (Eigen::Index row = 0; row < rows; ++row) {
        DefectCounts counts{};
        for (Eigen::Index column = 0; column < columns; ++column)
            counts[label(die.defect(row, column))] += sorted.counted(row, column);
        sorted.rows.push_back(failureOf(counts));
        if (sorted.rows.back() != Defect::None)
            sorted.counted.row(row) = false;
        for (Eigen::Index column = 0; column < columns; ++column)
            inColumn[static_cast<std::size_t>(column)][label(die.defect(row, column))] +=
                sorted.counted(row, column);
    }
    for (Eigen::Index column = 0; column < columns; ++column) {
        sorted.columns.push_back(failureOf(inColumn[static_cast<std::size_t>(column)]));
        if (sorted.columns.back() != Defect::None)
            sorted.counted.col(column) = false;
    }

    sorted.points = sorted.counted.select(die.defect, Defect::None);
    for (Eigen::Index cell = 0; cell < sorted.counted.size(); ++cell)
        if (sorted.counted.data()[cell])
            ++sorted.counts[label(die.defect.data()[cell])];
    sorted.cells = std::accumulate(sorted.counts.begin(), sorted.counts.end(), 0);
    return sorted;
}

} // namespace faultline
