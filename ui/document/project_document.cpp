#include "document/project_document.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include <QElapsedTimer>

#include "common/error.h"
#include "common/log.h"
#include "project/project_file.h"

namespace faultline
{

namespace
{

// Studies are named by their places: all that changes places is on the stack, but for new ones, which come
// last.

class Step : public QUndoCommand
{
public:
    Step(const QString& name, std::function<void()> redo, std::function<void()> undo)
        : QUndoCommand(name),
          redo_(std::move(redo)),
          undo_(std::move(undo))
    {
    }

    void redo() override { redo_(); }
    void undo() override { undo_(); }

private:
    std::function<void()> redo_, undo_;
};

/// What forms show of the project.
struct Settings {
    StudyPlan plan;
    CircuitOptions circuit;
    bool operator==(const Settings&) const = default;
};

/// Changes of one name that follow each other within a moment are one: a number is typed digit by digit.
class SettingsChange : public QUndoCommand
{
public:
    using Put = std::function<void(const Settings&)>;

    SettingsChange(const QString& name, Settings before, Settings after, Put put)
        : QUndoCommand(name),
          before_(std::move(before)),
          after_(std::move(after)),
          put_(std::move(put))
    {
        made_.start();
    }

    void redo() override { put_(after_); }
    void undo() override { put_(before_); }
    int id() const override { return 1; }
    bool mergeWith(const QUndoCommand* other) override
    {
        constexpr qint64 moment = 1000; // milliseconds
        const auto& next = dynamic_cast<const SettingsChange&>(*other);
        if (next.text() != text() || made_.elapsed() > moment)
            return false;
        made_ = next.made_;
        after_ = next.after_;
        setObsolete(after_ == before_);
        return true;
    }

private:
    Settings before_, after_;
    Put put_;
    QElapsedTimer made_;
};

} // namespace

ProjectDocument::ProjectDocument(Project project, QObject* parent)
    : QObject(parent),
      project_(std::move(project)),
      shownStudy_(static_cast<int>(project_.studies.size()) - 1),
      safekeeping_(project_),
      queue_(project_),
      evaluator_(project_, queue_, images_)
{
    connect(&queue_, &StudyQueue::changed, this, &ProjectDocument::edited);
    connect(&queue_, &StudyQueue::runTrained, &safekeeping_, &Safekeeping::trained);
    connect(&queue_, &StudyQueue::runFinished, this, [this](const Study& study, const Run& run) {
        safekeeping_.finished(study, run);
        setModified(true);
    });
    for (const auto signal : {&ProjectDocument::circuitChanged, &ProjectDocument::datasetChanged})
        connect(this, signal, this, [this] {
            project_.circuitResults.outdate();
            emit circuitResultsChanged();
        });
    connect(&safekeeping_, &Safekeeping::failed, this, &ProjectDocument::journalFailed);
    connect(&queue_, &StudyQueue::studiesChanged, this, &ProjectDocument::keepShownStudy);
    connect(&undoStack_, &QUndoStack::cleanChanged, this, &ProjectDocument::tellModified);
    connect(&undoStack_, &QUndoStack::indexChanged, &safekeeping_, &Safekeeping::edited);
    // What networks make of dies follows the dies.
    connect(this, &ProjectDocument::dieChanged, this, [this](int die) {
        evaluator_.dieChanged(project_.wafer.dies[static_cast<std::size_t>(die)].id);
        emit circuitResultsChanged();
    });
    connect(this, &ProjectDocument::waferChanged, this, [this] {
        project_.diesChanged();
        emit circuitResultsChanged();
        evaluator_.complete();
    });
    connect(this, &ProjectDocument::datasetChanged, &evaluator_, &Evaluator::complete);
}

/// Nobody is told of the undo stack's end: who listens would ask for what is gone.
ProjectDocument::~ProjectDocument()
{
    undoStack_.disconnect();
}

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
    knownStudies_ = static_cast<int>(project_.studies.size()); // none of them is new
    const int lastStudy = knownStudies_ - 1;
    const int study = project_.view ? project_.view->study : -1;
    shownStudy_ = study < 0 ? lastStudy : std::min(study, lastStudy);
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
    ViewState view;
    view.study = shownStudy_;
    emit aboutToSave(view);
    project_.view = view;
    saveProject(project_, file, safekeeping_.journal());
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

void ProjectDocument::keep(CircuitResults::Waterfall result)
{
    project_.circuitResults.waterfall = std::move(result);
    edited();
    emit circuitResultsChanged();
}

void ProjectDocument::keep(CircuitResults::Sweep result)
{
    project_.circuitResults.sweep = std::move(result);
    edited();
    emit circuitResultsChanged();
}

void ProjectDocument::setDataset(const std::filesystem::path& folder)
{
    const auto put = [this](const std::string& name) {
        return [this, name] {
            project_.dataset = name;
            project_.images.reset();
            emit datasetChanged();
        };
    };
    if (folder.string() != project_.dataset)
        undoStack_.push(new Step(tr("change images"), put(folder.string()), put(project_.dataset)));
}

void ProjectDocument::setPlan(const StudyPlan& plan)
{
    if (plan.isIdentical(project_.plan))
        emit planChanged(); // for a form that shows something else
    else
        change(tr("change settings"), plan, plan.circuit.value_or(project_.circuit));
}

void ProjectDocument::setCircuit(const CircuitOptions& circuit)
{
    StudyPlan plan = project_.plan;
    if (plan.circuit)
        plan.circuit = circuit;
    if (circuit != project_.circuit)
        change(tr("change circuit"), plan, circuit);
}

void ProjectDocument::change(const QString& name, const StudyPlan& plan, const CircuitOptions& circuit)
{
    const auto put = [this](const Settings& settings) {
        const bool otherPlan = !project_.plan.isIdentical(settings.plan);
        const bool otherCircuit = project_.circuit != settings.circuit;
        project_.plan = settings.plan;
        project_.circuit = settings.circuit;
        if (otherPlan)
            emit planChanged();
        if (otherCircuit)
            emit circuitChanged();
    };
    undoStack_.push(new SettingsChange(name, {project_.plan, project_.circuit}, {plan, circuit}, put));
}

void ProjectDocument::removeStudy(int study)
{
    const auto removed = std::make_shared<Study>();
    undoStack_.push(new Step(
        tr("remove %1").arg(nameOf(study)), [this, removed, study] { *removed = queue_.take(study); },
        [this, removed, study] { queue_.insert(study, std::move(*removed)); }));
}

void ProjectDocument::renameStudy(int study, const QString& name)
{
    const QString before = nameOf(study);
    const auto rename = [this, study](const QString& to) {
        return [this, study, to] { queue_.rename(study, to.toStdString()); };
    };
    if (before != name)
        undoStack_.push(new Step(tr("rename %1").arg(before), rename(name), rename(before)));
}

void ProjectDocument::moveStudy(int from, int to)
{
    undoStack_.push(new Step(
        tr("move %1").arg(nameOf(from)), [this, from, to] { queue_.move(from, to); },
        [this, from, to] { queue_.move(to, from); }));
    showStudy(to);
}

QString ProjectDocument::nameOf(int study) const
{
    return QString::fromStdString(project_.studies[static_cast<std::size_t>(study)].name);
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
