#pragma once

#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <QObject>
#include <QString>
#include <QTimer>

#include "project/project.h"

namespace faultline
{

/// One training run of a study, whether it waits, trains or is finished.
struct RunState {
    enum class Phase { Waiting, Training, Finished };

    RunSettings settings;
    Phase phase = Phase::Waiting;
    std::vector<EpochRecord> curve;

    // Valid when finished:
    double perfectDieError = 0.0; ///< percent
    double meanDieError = 0.0;    ///< percent, over the dies: its own die for a hardware-aware network
};

/// How a study of the project gets on.
struct StudyState {
    enum class Phase { Queued, Running, Paused, Stopped, Finished, Failed };

    Phase phase = Phase::Queued;
    std::vector<RunState> runs; ///< in the fixed order of runsOf()
    QString failure;            ///< why it has failed
    double fraction = 0.0;
    double secondsLeft = -1.0;     ///< negative while unknown
    double imagesPerSecond = -1.0; ///< over all cores; negative while unknown

    int finishedRuns() const;
};

/// The error of one run of a study, evaluated after its training.
struct EvaluatedError {
    int study;
    RunSettings run;
    double percent;
};

/// Trains the studies of a project, one after the other and each on all cores. The training is on worker
/// threads; everything else, the signals too, happens in the thread of the window. Studies are named by their
/// index in Project::studies.
class StudyQueue : public QObject
{
    Q_OBJECT

public:
    /// Changes `project.studies`, and what Project::diesChanged() does.
    explicit StudyQueue(Project& project, QObject* parent = nullptr);
    ~StudyQueue() override;

    const std::vector<StudyState>& states() const { return states_; }
    bool isRunning() const { return running_.has_value(); } ///< or paused
    bool isIdle() const;                                    ///< nothing runs, is paused or waits
    std::optional<int> running() const { return running_; }

    /// Queues a study of the dies that the plan now means, and returns its index. Throws Error, and changes
    /// nothing, when the plan does not fit the wafer.
    int add(const std::string& name, const StudyPlan& plan);
    void insert(int index, Study study); ///< one that does not run, as when its removal is undone
    Study take(int index);               ///< stops it before
    void rename(int index, const std::string& name);
    void move(int from, int to);

    void pause(int study);  ///< a running one holds at the end of its epoch
    void resume(int study); ///< goes on from the runs that a stopped or failed one has finished
    void stop(int study);   ///< finished runs are kept
    void stopAll();         ///< and waits for it
    void reset(); ///< takes the studies of a project that has just been put in place; nothing may run

    void setThreads(int threads) { threads_ = threads; } ///< of studies that start later; 0: one per core

    /// What networks make of this die has changed: their errors on it are dropped.
    void dropErrors(int dieId);
    /// Notes errors that were evaluated later, of runs that are still there.
    void setErrors(int dieId, const std::vector<EvaluatedError>& errors);

signals:
    void studiesChanged(); ///< another list of studies, or another phase or name of one
    void progressed();     ///< curves or progress: at most 30 times a second
    void resultsChanged(); ///< another run has finished, or errors have changed
    void changed();        ///< something that a project saves, besides finished runs
    void runFinished(const faultline::Study& study, const faultline::Run& run);
    /// The last epoch of a run that goes on: at most 30 times a second.
    void runTrained(const faultline::Study& study, const faultline::RunCheckpoint& checkpoint);
    void failed(const QString& reason);

private:
    struct Mailbox;

    StudyState stateOf(const Study& study) const;
    void startNext();
    void start(int study);
    void stopNow(); ///< what runs, and waits for it
    void collect();
    void finish(std::shared_ptr<Mailbox> mailbox);
    void dropStale(Run& run);
    Study& study(int index) { return project_.studies[static_cast<std::size_t>(index)]; }
    StudyState& state(int index) { return states_[static_cast<std::size_t>(index)]; }

    Project& project_;
    int threads_ = 0;
    std::vector<StudyState> states_; // as project_.studies
    std::optional<int> running_;
    std::set<int> staleDies_; // have changed since the running study began
    QTimer collector_;
    std::shared_ptr<Mailbox> mailbox_; // of the running study
    std::jthread worker_;              // last: joined before anything that it uses goes
};

} // namespace faultline
