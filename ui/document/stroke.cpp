#include "document/stroke.h"

#include <algorithm>
#include <cstdlib>

#include "common/random.h"

namespace faultline
{

Stroke::Stroke(int rows, int columns, const StrokeOptions& options, const CellIndex& first)
    : options_(options),
      first_(first),
      last_(first),
      covered_(CellGrid<bool>::Constant(rows, columns, false))
{
    moveTo(first);
}

void Stroke::moveTo(const CellIndex& cell)
{
    if (options_.shape != StrokeShape::Brush) {
        for (const CellIndex& old : cells_)
            covered_(old.row, old.column) = false;
        cells_.clear();
    }
    const int bottom = static_cast<int>(covered_.rows()) - 1, right = static_cast<int>(covered_.cols()) - 1;
    switch (options_.shape) {
    case StrokeShape::Brush:
        addLine(last_, cell);
        break;
    case StrokeShape::Line:
        addLine(first_, cell);
        break;
    case StrokeShape::Rectangle:
        addRectangle(first_, cell);
        break;
    case StrokeShape::Row:
        addRectangle({first_.row, 0}, {cell.row, right});
        break;
    case StrokeShape::Column:
        addRectangle({0, first_.column}, {bottom, cell.column});
        break;
    case StrokeShape::Scatter:
        scatter(cell);
        break;
    }
    last_ = cell;
}

void Stroke::add(const CellIndex& cell)
{
    if (cell.row < 0 || cell.column < 0 || cell.row >= covered_.rows() || cell.column >= covered_.cols() ||
        covered_(cell.row, cell.column))
        return;
    covered_(cell.row, cell.column) = true;
    cells_.push_back(cell);
}

/// A square about the cell; of an even size it reaches one further down and right.
void Stroke::dab(const CellIndex& middle)
{
    const int before = (options_.size - 1) / 2;
    for (int row = 0; row < options_.size; ++row)
        for (int column = 0; column < options_.size; ++column)
            add({middle.row - before + row, middle.column - before + column});
}

/// J. E. Bresenham, IBM Syst. J. 4, 25 (1965).
void Stroke::addLine(const CellIndex& from, const CellIndex& to)
{
    const int rows = std::abs(to.row - from.row), columns = std::abs(to.column - from.column);
    const int down = to.row > from.row ? 1 : -1, right = to.column > from.column ? 1 : -1;
    int error = columns - rows;
    CellIndex at = from;
    for (;;) {
        dab(at);
        if (at == to)
            return;
        const int twice = 2 * error;
        if (twice > -rows) {
            error -= rows;
            at.column += right;
        }
        if (twice < columns) {
            error += columns;
            at.row += down;
        }
    }
}

void Stroke::addRectangle(const CellIndex& from, const CellIndex& to)
{
    const auto [top, bottom] = std::minmax(from.row, to.row);
    const auto [left, right] = std::minmax(from.column, to.column);
    for (int row = std::max(top, 0); row <= std::min<int>(bottom, static_cast<int>(covered_.rows()) - 1);
         ++row)
        for (int column = std::max(left, 0);
             column <= std::min<int>(right, static_cast<int>(covered_.cols()) - 1); ++column)
            add({row, column});
}

/// Every cell has a random number of its own, so that those already hit stay while the rectangle grows.
void Stroke::scatter(const CellIndex& to)
{
    addRectangle(first_, to);
    std::erase_if(cells_, [this](const CellIndex& cell) {
        const auto index = static_cast<std::uint32_t>(cell.row * covered_.cols() + cell.column);
        const bool hit =
            RandomStream(1, RandomUse::Scatter, options_.scatterSeed, index).uniform() < options_.rate;
        covered_(cell.row, cell.column) = hit;
        return !hit;
    });
}

} // namespace faultline
