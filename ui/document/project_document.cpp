#include "document/project_document.h"

#include <algorithm>
#include <optional>

#include "common/error.h"
#include "common/log.h"
#include "project/project_file.h"

namespace faultline
{

namespace
{

// Studies are named by their places: all that changes places is on the stack, but for new ones, which come
// last.

class RemoveStudy : public QUndoCommand
{
public:
    RemoveStudy(StudyQueue& queue, int place, const std::string& name)
        : QUndoCommand(ProjectDocument::tr("remove %1").arg(QString::fromStdString(name))),
          queue_(queue),
          place_(place)
    {
    }

    void redo() override { removed_ = queue_.take(place_); }
    void undo() override
    {
        queue_.insert(place_, std::move(*removed_));
        removed_.reset();
    }

private:
    StudyQueue& queue_;
    int place_;
    std::optional<Study> removed_;
};

class RenameStudy : public QUndoCommand
{
public:
    RenameStudy(StudyQueue& queue, int place, std::string before, std::string after)
        : QUndoCommand(ProjectDocument::tr("rename %1").arg(QString::fromStdString(before))),
          queue_(queue),
          place_(place),
          before_(std::move(before)),
          after_(std::move(after))
    {
    }

    void redo() override { queue_.rename(place_, after_); }
    void undo() override { queue_.rename(place_, before_); }

private:
    StudyQueue& queue_;
    int place_;
    std::string before_, after_;
};

class MoveStudy : public QUndoCommand
{
public:
    MoveStudy(StudyQueue& queue, int from, int to, const std::string& name)
        : QUndoCommand(ProjectDocument::tr("move %1").arg(QString::fromStdString(name))),
          queue_(queue),
          from_(from),
          to_(to)
    {
    }

    void redo() override { queue_.move(from_, to_); }
    void undo() override { queue_.move(to_, from_); }

private:
    StudyQueue& queue_;
    int from_, to_;
};

} // namespace

ProjectDocument::ProjectDocument(Project project, QObject* parent)
    : QObject(parent),
      project_(std::move(project)),
      shownStudy_(static_cast<int>(project_.studies.size()) - 1),
      safekeeping_(project_),
      queue_(project_),
      evaluator_(project_, queue_)
{
    connect(&queue_, &StudyQueue::changed, this, &ProjectDocument::edited);
    connect(&queue_, &StudyQueue::runTrained, &safekeeping_, &Safekeeping::trained);
    connect(&queue_, &StudyQueue::runFinished, this, [this](const Study& study, const Run& run) {
        safekeeping_.finished(study, run);
        setModified(true);
    });
    connect(&safekeeping_, &Safekeeping::failed, this, &ProjectDocument::journalFailed);
    connect(&queue_, &StudyQueue::studiesChanged, this, &ProjectDocument::keepShownStudy);
    connect(&undoStack_, &QUndoStack::cleanChanged, this, &ProjectDocument::tellModified);
    connect(&undoStack_, &QUndoStack::indexChanged, &safekeeping_, &Safekeeping::edited);
    // What networks make of dies follows the dies.
    connect(this, &ProjectDocument::dieChanged, this, [this](int die) {
        evaluator_.dieChanged(project_.wafer.dies[static_cast<std::size_t>(die)].id);
    });
    connect(this, &ProjectDocument::waferChanged, &evaluator_, &Evaluator::complete);
}

ProjectDocument::~ProjectDocument() = default;

void ProjectDocument::replaceProject(Project project, const std::filesystem::path& file)
{
    queue_.stopAll();
    undoStack_.clear(); // its signal is an edit of the old project
    file_ = file;
    safekeeping_.moveTo(file);
    put(std::move(project));
}

void ProjectDocument::put(Project project)
{
    undoStack_.clear();
    lastDieId_ = -1;
    project_ = std::move(project);
    shownStudy_ = static_cast<int>(project_.studies.size()) - 1;
    queue_.reset();
    setModified(false);
    emit projectReplaced();
    emit shownStudyChanged(shownStudy_);
}

void ProjectDocument::open(const std::filesystem::path& file)
{
    replaceProject(loadProject(file), file);
    log::info("opened " + file.string());
}

void ProjectDocument::save(const std::filesystem::path& file)
{
    std::error_code missing;
    if (file != file_ && !std::filesystem::equivalent(file, file_, missing))
        safekeeping_.reserve(file);
    else if (!readOnly().empty())
        throw Error(readOnly() + ". Save this project under another name.");
    saveProject(project_, file);
    safekeeping_.saved(file);
    file_ = file;
    undoStack_.setClean();
    setModified(false);
    log::info("saved " + file.string());
}

void ProjectDocument::recover(Recovery recovery)
{
    queue_.stopAll();
    put(std::move(recovery.project));
    edited();
    log::info("recovered " + std::to_string(recovery.finishedRuns) + " finished and " +
              std::to_string(recovery.begunRuns) + " begun runs");
}

void ProjectDocument::recover(Recovery recovery, const std::filesystem::path& unsaved)
{
    queue_.stopAll();
    file_.clear();
    safekeeping_.adopt(unsaved);
    recover(std::move(recovery));
}

void ProjectDocument::edited()
{
    setModified(true);
    safekeeping_.edited();
}

void ProjectDocument::setDataset(const std::filesystem::path& folder)
{
    project_.dataset = folder.string();
    edited();
    emit datasetChanged();
}

void ProjectDocument::setPlan(const StudyPlan& plan)
{
    const bool other = plan != project_.plan;
    project_.plan = plan;
    if (other)
        edited();
    emit planChanged();
}

void ProjectDocument::removeStudy(int study)
{
    undoStack_.push(new RemoveStudy(queue_, study, project_.studies[static_cast<std::size_t>(study)].name));
}

void ProjectDocument::renameStudy(int study, const QString& name)
{
    const std::string& before = project_.studies[static_cast<std::size_t>(study)].name;
    if (before != name.toStdString())
        undoStack_.push(new RenameStudy(queue_, study, before, name.toStdString()));
}

void ProjectDocument::moveStudy(int from, int to)
{
    undoStack_.push(new MoveStudy(queue_, from, to, project_.studies[static_cast<std::size_t>(from)].name));
    showStudy(to);
}

QString ProjectDocument::freeStudyName() const
{
    for (std::size_t number = project_.studies.size() + 1;; ++number) {
        const QString name = tr("Study %1").arg(number);
        if (std::ranges::find(project_.studies, name.toStdString(), &Study::name) == project_.studies.end())
            return name;
    }
}

const Study* ProjectDocument::study() const
{
    return shownStudy_ < 0 ? nullptr : &project_.studies[static_cast<std::size_t>(shownStudy_)];
}

void ProjectDocument::showStudy(int study)
{
    if (study == shownStudy_)
        return;
    shownStudy_ = study;
    emit shownStudyChanged(study);
}

/// A study that is new is shown, unless another trains; one that has gone is not.
void ProjectDocument::keepShownStudy()
{
    const int studies = static_cast<int>(project_.studies.size());
    if ((studies > knownStudies_ && !queue_.isRunning()) || shownStudy_ >= studies)
        showStudy(studies - 1);
    knownStudies_ = studies;
}

int ProjectDocument::newDieId()
{
    lastDieId_ = std::max(lastDieId_ + 1, project_.freeDieId());
    return lastDieId_;
}

void ProjectDocument::setModified(bool modified)
{
    modified_ = modified;
    tellModified();
}

void ProjectDocument::tellModified()
{
    if (toldModified_ == isModified())
        return;
    toldModified_ = isModified();
    emit modifiedChanged(toldModified_);
}

} // namespace faultline
