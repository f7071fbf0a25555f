#pragma once

#include <cstdint>
#include <vector>

#include "wafer/die.h"

namespace faultline
{

enum class StrokeShape { Brush, Line, Rectangle, Row, Column, Scatter };

struct StrokeOptions {
    StrokeShape shape = StrokeShape::Brush;
    int size = 1;                  ///< of brush and line: cells across, at least 1
    double rate = 0.01;            ///< of Scatter: share of the rectangle's cells, 0 to 1
    std::uint32_t scatterSeed = 0; ///< the same one hits the same cells of a die
};

/// The cells that one pull of a drawing tool covers. Brushes follow the way; all other shapes lie between its
/// first and its last cell: a straight line, a filled rectangle, all rows or columns from one to the other,
/// or random cells of the rectangle.
class Stroke
{
public:
    /// `first` must be on a die of that many cells.
    Stroke(int rows, int columns, const StrokeOptions& options, const CellIndex& first);
    void moveTo(const CellIndex& cell); ///< may lie beside the die

    /// Those on the die, each once.
    const std::vector<CellIndex>& cells() const { return cells_; }

private:
    void add(const CellIndex& cell);
    void dab(const CellIndex& middle);
    void addLine(const CellIndex& from, const CellIndex& to);
    void addRectangle(const CellIndex& from, const CellIndex& to);
    void scatter(const CellIndex& to);

    StrokeOptions options_;
    CellIndex first_, last_;
    CellGrid<bool> covered_;
    std::vector<CellIndex> cells_;
};

} // namespace faultline
