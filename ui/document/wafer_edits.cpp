#include "document/wafer_edits.h"

#include <algorithm>
#include <map>
#include <set>

#include <QCoreApplication>
#include <QUndoCommand>
#include <QUndoStack>

#include "common/error.h"
#include "document/project_document.h"
#include "measurement/classification.h"

namespace faultline
{

namespace
{

QString tr(const char* text, int count = -1)
{
    return QCoreApplication::translate("WaferEdits", text, nullptr, count);
}

QString nameOf(const Die& die)
{
    return QString::fromStdString(die.name);
}

QString namesOf(const Wafer& wafer, std::span<const int> dies)
{
    return dies.size() == 1 ? nameOf(wafer.dies[static_cast<std::size_t>(dies[0])])
                            : tr("%1 dies").arg(dies.size());
}

} // namespace

/// What all steps need of the document: its wafer, and to say what has changed.
class WaferEdit : public QUndoCommand
{
public:
    WaferEdit(ProjectDocument& document, const QString& text) : QUndoCommand(text), document_(document) {}

protected:
    Wafer& wafer() { return document_.project_.wafer; }
    std::string& projectName() { return document_.project_.name; }
    Die& die(int index) { return wafer().dies[static_cast<std::size_t>(index)]; }
    void tellCells(int die) { emit document_.dieChanged(die); }
    void tellDies() { emit document_.waferChanged(); }

private:
    ProjectDocument& document_;
};

namespace
{

/// The cells of one stroke that it changed, before and after.
class DrawCells : public WaferEdit
{
public:
    struct Change {
        CellIndex cell;
        CellState before, after;
    };

    DrawCells(ProjectDocument& document, int die, std::vector<Change> changes, const QString& text)
        : WaferEdit(document, text),
          dieIndex_(die),
          dieId_(WaferEdit::die(die).id),
          changes_(std::move(changes))
    {
    }

    int dieId() const { return dieId_; }
    const std::vector<Change>& changes() const { return changes_; }

    void undo() override { write(&Change::before); }
    void redo() override { write(&Change::after); }

private:
    void write(CellState Change::*state)
    {
        for (const Change& change : changes_)
            die(dieIndex_).setCell(change.cell, change.*state);
        tellCells(dieIndex_);
    }

    int dieIndex_, dieId_;
    std::vector<Change> changes_;
};

class AddDies : public WaferEdit
{
public:
    AddDies(ProjectDocument& document, std::vector<Die> dies, const QString& text)
        : WaferEdit(document, text),
          count_(dies.size()),
          dies_(std::move(dies))
    {
    }

    void redo() override
    {
        std::ranges::move(dies_, std::back_inserter(wafer().dies));
        tellDies();
    }

    void undo() override
    {
        const auto first = wafer().dies.end() - static_cast<std::ptrdiff_t>(count_);
        dies_.assign(std::move_iterator(first), std::move_iterator(wafer().dies.end()));
        wafer().dies.erase(first, wafer().dies.end());
        tellDies();
    }

private:
    std::size_t count_;
    std::vector<Die> dies_; ///< empty while they are in the wafer
};

/// Studies keep what they know of removed dies, by their ids.
class RemoveDies : public WaferEdit
{
public:
    RemoveDies(ProjectDocument& document, std::vector<int> dies, const QString& text)
        : WaferEdit(document, text),
          indices_(std::move(dies))
    {
    }

    void redo() override
    {
        for (auto index = indices_.rbegin(); index != indices_.rend(); ++index) {
            dies_.push_back(std::move(die(*index)));
            wafer().dies.erase(wafer().dies.begin() + *index);
        }
        tellDies();
    }

    void undo() override
    {
        for (const int index : indices_) {
            wafer().dies.insert(wafer().dies.begin() + index, std::move(dies_.back()));
            dies_.pop_back();
        }
        tellDies();
    }

private:
    std::vector<int> indices_; ///< ascending
    std::vector<Die> dies_;    ///< the last one first, as they were taken
};

class RenameDie : public WaferEdit
{
public:
    RenameDie(ProjectDocument& document, int die, std::string name, const QString& text)
        : WaferEdit(document, text),
          index_(die),
          other_(std::move(name))
    {
    }

    void redo() override
    {
        std::swap(die(index_).name, other_);
        tellDies();
    }
    void undo() override { redo(); }

private:
    int index_;
    std::string other_; ///< the name that it does not have at present
};

class IncludeDies : public WaferEdit
{
public:
    IncludeDies(ProjectDocument& document, std::vector<int> dies, bool included, const QString& text)
        : WaferEdit(document, text),
          indices_(std::move(dies)),
          included_(included)
    {
    }

    void redo() override { set(included_); }
    void undo() override { set(!included_); }

private:
    void set(bool included)
    {
        for (const int index : indices_)
            die(index).included = included;
        tellDies();
    }

    std::vector<int> indices_; ///< those that it changes
    bool included_;
};

class LabelCells : public WaferEdit
{
public:
    LabelCells(ProjectDocument& document, const std::vector<CellGrid<Defect>>& labels, const QString& text)
        : WaferEdit(document, text)
    {
        Wafer labelled = wafer();
        const std::vector<int> changed = applyLabels(labels, labelled);
        for (std::size_t k = 0; k < labelled.dies.size(); ++k) {
            others_.push_back(std::move(labelled.dies[k].defect));
            if (std::ranges::find(changed, labelled.dies[k].id) != changed.end())
                otherConductances_[k] = std::move(labelled.dies[k].conductance);
        }
    }

    void redo() override
    {
        for (std::size_t k = 0; k < others_.size(); ++k)
            others_[k].swap(wafer().dies[k].defect);
        tellDies();
        for (auto& [k, conductance] : otherConductances_) {
            conductance.swap(wafer().dies[k].conductance);
            tellCells(static_cast<int>(k));
        }
    }
    void undo() override { redo(); }

private:
    std::vector<CellGrid<Defect>> others_; ///< the labels that the dies do not have at present
    /// What dies would conduct with these labels, by their place, where that is something else.
    std::map<std::size_t, std::vector<CellGrid<float>>> otherConductances_;
};

/// The project has the name of its wafer.
class ReplaceWafer : public WaferEdit
{
public:
    ReplaceWafer(ProjectDocument& document, Wafer wafer, const QString& text)
        : WaferEdit(document, text),
          wafer_(std::move(wafer)),
          name_(wafer_.name.empty() ? projectName() : wafer_.name)
    {
    }

    void redo() override
    {
        std::swap(wafer(), wafer_);
        std::swap(projectName(), name_);
        tellDies();
    }
    void undo() override { redo(); }

private:
    Wafer wafer_; ///< what is not in the project at present
    std::string name_;
};

} // namespace

void drawCells(ProjectDocument& document, int die, std::span<const CellEdit> edits, const QString& what)
{
    const Die& target = document.project().wafer.dies[static_cast<std::size_t>(die)];
    std::vector<DrawCells::Change> changes;
    std::unordered_map<int, std::size_t> places;
    for (const CellEdit& edit : edits) {
        if (!target.contains(edit.cell))
            continue;
        const int cell = edit.cell.row * target.columns() + edit.cell.column;
        const auto [place, isNew] = places.emplace(cell, changes.size());
        if (isNew)
            changes.push_back({edit.cell, target.cell(edit.cell), edit.state});
        else
            changes[place->second].after = edit.state;
    }
    std::erase_if(changes, [](const DrawCells::Change& change) { return change.before == change.after; });
    if (!changes.empty())
        document.undoStack().push(
            new DrawCells(document, die, std::move(changes), tr("%1 on %2").arg(what, nameOf(target))));
}

Eraser::Eraser(const ProjectDocument& document, int die)
    : die_(document.project().wafer.dies[static_cast<std::size_t>(die)])
{
    const QUndoStack& stack = document.undoStack();
    for (int k = stack.index() - 1; k >= 0; --k) {
        const auto* stroke = dynamic_cast<const DrawCells*>(stack.command(k));
        if (stroke && stroke->dieId() == die_.id)
            for (const DrawCells::Change& change : stroke->changes())
                before_.insert_or_assign(change.cell.row * die_.columns() + change.cell.column,
                                         change.before);
    }
    for (const Level level : {AP, P})
        nominal_.conductance[level] = static_cast<float>(document.project().wafer.device.conductance(level));
}

std::vector<CellEdit> Eraser::edits(std::span<const CellIndex> cells) const
{
    std::vector<CellEdit> edits;
    for (const CellIndex& cell : cells) {
        const auto known = before_.find(cell.row * die_.columns() + cell.column);
        if (known != before_.end())
            edits.push_back({cell, known->second});
        else if (die_.defect(cell.row, cell.column) != Defect::None)
            edits.push_back({cell, nominal_});
    }
    return edits;
}

void duplicateDies(ProjectDocument& document, std::vector<int> dies)
{
    if (dies.empty())
        return;
    const Wafer& wafer = document.project().wafer;
    std::set<std::string> names;
    std::set<std::pair<int, int>> taken;
    for (const Die& die : wafer.dies) {
        names.insert(die.name);
        taken.emplace(die.position.row, die.position.column);
    }
    std::vector<Die> copies;
    for (const int index : dies) {
        Die copy = wafer.dies[static_cast<std::size_t>(index)];
        const std::string stem = copy.name + " copy";
        copy.name = stem;
        for (int k = 2; !names.insert(copy.name).second; ++k)
            copy.name = stem + ' ' + std::to_string(k);
        do
            ++copy.position.column;
        while (!taken.emplace(copy.position.row, copy.position.column).second);
        copy.id = document.newDieId();
        copies.push_back(std::move(copy));
    }
    const QString text = tr("duplicate %1").arg(namesOf(wafer, dies));
    document.undoStack().push(new AddDies(document, std::move(copies), text));
}

void removeDies(ProjectDocument& document, std::vector<int> dies)
{
    if (dies.empty())
        return;
    std::ranges::sort(dies);
    const QString text = tr("remove %1").arg(namesOf(document.project().wafer, dies));
    document.undoStack().push(new RemoveDies(document, std::move(dies), text));
}

void renameDie(ProjectDocument& document, int die, const QString& name)
{
    const std::vector<Die>& dies = document.project().wafer.dies;
    const std::string wanted = name.trimmed().toStdString();
    const std::string& present = dies[static_cast<std::size_t>(die)].name;
    if (wanted.empty())
        throw Error("A die needs a name.");
    if (wanted == present)
        return;
    if (std::ranges::find(dies, wanted, &Die::name) != dies.end())
        throw Error("Another die is already called " + wanted + ".");
    const QString text = tr("rename %1").arg(QString::fromStdString(present));
    document.undoStack().push(new RenameDie(document, die, wanted, text));
}

void setIncluded(ProjectDocument& document, std::span<const int> dies, bool included)
{
    const Wafer& wafer = document.project().wafer;
    std::vector<int> changed;
    for (const int die : dies)
        if (wafer.dies[static_cast<std::size_t>(die)].included != included)
            changed.push_back(die);
    if (changed.empty())
        return;
    const QString text = (included ? tr("include %1") : tr("exclude %1")).arg(namesOf(wafer, changed));
    document.undoStack().push(new IncludeDies(document, std::move(changed), included, text));
}

void setLabels(ProjectDocument& document, const std::vector<CellGrid<Defect>>& labels)
{
    const bool same =
        std::ranges::equal(labels, document.project().wafer.dies,
                           [](const auto& grid, const Die& die) { return (grid == die.defect).all(); });
    if (!same)
        document.undoStack().push(new LabelCells(document, labels, tr("classify cells")));
}

void addDies(ProjectDocument& document, std::vector<Die> dies)
{
    for (Die& die : dies)
        die.id = document.newDieId();
    document.undoStack().push(new AddDies(document, std::move(dies), tr("import dies")));
}

void replaceWafer(ProjectDocument& document, Wafer wafer)
{
    for (Die& die : wafer.dies)
        die.id = document.newDieId();
    document.undoStack().push(new ReplaceWafer(document, std::move(wafer), tr("new wafer")));
}

} // namespace faultline
