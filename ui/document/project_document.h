#pragma once

#include <filesystem>

#include <QObject>
#include <QString>
#include <QUndoStack>

#include "document/evaluator.h"
#include "document/safekeeping.h"
#include "document/study_queue.h"
#include "project/project.h"

namespace faultline
{

/// The open project as an object that says when it changes, with the queue that trains its studies.
class ProjectDocument : public QObject
{
    Q_OBJECT

public:
    explicit ProjectDocument(Project project, QObject* parent = nullptr);
    ~ProjectDocument() override;

    const Project& project() const { return project_; }
    StudyQueue& queue() { return queue_; }
    const StudyQueue& queue() const { return queue_; }
    Evaluator& evaluator() { return evaluator_; }
    const Evaluator& evaluator() const { return evaluator_; }
    std::shared_ptr<ImageStore> images() const { return images_; }
    /// The study that the pages show, as an index; -1 while there is none.
    int shownStudy() const { return shownStudy_; }
    void showStudy(int study);
    const Study* study() const; ///< the one shown; null while there is none
    bool isModified() const { return modified_ || !undoStack_.isClean(); }
    const std::filesystem::path& file() const { return file_; } ///< empty while never saved

    /// Stops what trains and puts another project in place. `file`: where it was read from, if anywhere.
    void replaceProject(Project project, const std::filesystem::path& file = {});
    /// Results of circuits, in place of those before; not undone, as those of studies.
    void keep(CircuitResults::Waterfall result);
    void keep(CircuitResults::Sweep result);
    /// How figures go to paper; kept with the next save, no change of the project.
    void keepFigures(const FigureSettings& figures) { project_.figures = figures; }
    void open(const std::filesystem::path& file); ///< throws Error and changes nothing
    void save(const std::filesystem::path& file); ///< throws Error, for the file at hand when it is read-only
    /// Why the file at hand must not be written, as when somebody else has it open; empty when it may.
    const std::string& readOnly() const { return safekeeping_.readOnly(); }

    /// What a crashed program has left of the project that has just been opened.
    std::optional<Recovery> recoverable() const { return safekeeping_.recoverable(file_); }
    void recover(Recovery recovery); ///< puts it in place
    void discardJournal() { safekeeping_.discardJournal(); }
    void postponeRecovery() { safekeeping_.postpone(file_); } ///< leaves it; the file is read-only meanwhile
    /// The same for a project that was never saved, by its name in Safekeeping::unsavedProjects().
    void recover(Recovery recovery, const std::filesystem::path& unsaved);

    void setDataset(const std::filesystem::path& folder); ///< empty: the images that ship; can be undone

    /// Of the next study, whose circuit, if it has one, is the project's. Both can be undone.
    void setPlan(const StudyPlan& plan);
    void setCircuit(const CircuitOptions& circuit);   ///< valid options
    void removeStudy(int study);                      ///< can be undone
    void renameStudy(int study, const QString& name); ///< can be undone
    void moveStudy(int from, int to);                 ///< in the queue; can be undone
    QString freeStudyName() const;                    ///< "Study 3"

    /// Every change of the wafer (see document/wafer_edits.h), of the circuit, of the list of studies and of
    /// the next one's plan.
    QUndoStack& undoStack() { return undoStack_; }
    const QUndoStack& undoStack() const { return undoStack_; }
    /// An id that no die of this project has, nor one that undo could bring back.
    int newDieId();

signals:
    void dieChanged(int die); ///< labels or conductances of its cells
    void waferChanged();      ///< dies were added, removed, renamed, included or excluded
    void projectReplaced();
    /// Asks the pages to say what they show; they restore it from Project::view at projectReplaced().
    void aboutToSave(ViewState& view);
    void shownStudyChanged(int study);
    void planChanged();
    void circuitChanged();
    void datasetChanged();
    void circuitResultsChanged();
    void modifiedChanged(bool modified);
    void journalFailed(const QString& reason);

private:
    friend class WaferEdit;

    void put(Project project);
    void change(const QString& name, const StudyPlan& plan, const CircuitOptions& circuit);
    void edited();
    void keepShownStudy();
    QString nameOf(int study) const;
    void setModified(bool modified);
    void tellModified();

    Project project_;
    std::filesystem::path file_;
    QUndoStack undoStack_;
    int lastDieId_ = -1;
    bool modified_ = false;     // by something that cannot be undone
    bool toldModified_ = false; // what modifiedChanged() said last
    int shownStudy_ = -1;
    int knownStudies_ = 0; // when the list last changed
    Safekeeping safekeeping_;
    StudyQueue queue_;
    std::shared_ptr<ImageStore> images_ = std::make_shared<ImageStore>();
    Evaluator evaluator_;
};

} // namespace faultline
