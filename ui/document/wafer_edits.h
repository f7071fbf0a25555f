#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include <QString>

#include "wafer/die.h"

namespace faultline
{

class ProjectDocument;

// All that a person can change about the wafer. Each call is one step on the document's undo stack, or none
// when it would change nothing. Dies are named by their index in the wafer.

/// A cell and what becomes of it.
struct CellEdit {
    CellIndex cell;
    CellState state;
    bool operator==(const CellEdit&) const = default;
};

/// Writes cells of a die; of several edits to one cell the last counts. `what` names the step, as in "draw
/// shorts"; the die's name is added.
void drawCells(ProjectDocument& document, int die, std::span<const CellEdit> edits, const QString& what);

/// What erasing makes of cells: one that was drawn on gets back what it was before the first step that is
/// still on the undo stack; another with a defect becomes healthy with the device's nominal conductances; a
/// healthy one keeps its variation. Knows the die as it is when this is made.
class Eraser
{
public:
    Eraser(const ProjectDocument& document, int die);
    /// Of the cells that erasing changes.
    std::vector<CellEdit> edits(std::span<const CellIndex> cells) const;

private:
    const Die& die_;
    CellState nominal_;
    std::unordered_map<int, CellState> before_; ///< by row * columns + column
};

/// Copies go to the end of the wafer and to the nearest free positions at the right of their originals.
void duplicateDies(ProjectDocument& document, std::vector<int> dies);
void removeDies(ProjectDocument& document, std::vector<int> dies);
/// Throws Error, and changes nothing, for an empty name and for one that another die has.
void renameDie(ProjectDocument& document, int die, const QString& name);
void setIncluded(ProjectDocument& document, std::span<const int> dies, bool included);
/// Labels the cells of all dies, one grid for each, as applyLabels() does.
void setLabels(ProjectDocument& document, const std::vector<CellGrid<Defect>>& labels);
/// Adds dies, which have the wafer's size and names of their own (diesToAdd), under new ids.
void addDies(ProjectDocument& document, std::vector<Die> dies);
/// Puts a whole wafer in the place of the present one, its dies under new ids: studies stay, of dies that are
/// gone until this is undone.
void replaceWafer(ProjectDocument& document, Wafer wafer);

} // namespace faultline
