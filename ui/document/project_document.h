#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <QObject>
#include <QString>
#include <QTimer>

#include "project/project.h"

namespace faultline
{

/// One training run of the plan, whether it waits, trains or is finished.
struct RunState {
    enum class Phase { Waiting, Training, Finished };

    RunSettings settings;
    Phase phase = Phase::Waiting;
    std::vector<EpochRecord> curve;

    // Valid when finished:
    double perfectDieError = 0.0; ///< percent
    double meanDieError = 0.0;    ///< percent, over the dies: its own die for a hardware-aware network
};

/// How far the running study is.
struct StudyProgress {
    double fraction = 0.0;
    double secondsLeft = -1.0; ///< negative while unknown
    int finishedRuns = 0;
    int runs = 0;
};

/// The open project as an object that says when it changes. Trains on a worker thread; everything else, the
/// signals too, happens in the thread of the window.
class ProjectDocument : public QObject
{
    Q_OBJECT

public:
    explicit ProjectDocument(Project project, QObject* parent = nullptr);
    ~ProjectDocument() override;

    const Project& project() const { return project_; }
    /// The plan's runs in their fixed order, with what is known of each.
    const std::vector<RunState>& runs() const { return runs_; }
    const StudyProgress& progress() const { return progress_; }
    bool isRunning() const { return running_; }
    bool isModified() const { return modified_; }
    const std::filesystem::path& file() const { return file_; } ///< empty while never saved

    /// Stops a running study and puts another project in place. `file`: where it was read from, if anywhere.
    void replaceProject(Project project, const std::filesystem::path& file = {});
    void open(const std::filesystem::path& file);         ///< throws Error and changes nothing
    void save(const std::filesystem::path& file);         ///< throws Error
    void setDataset(const std::filesystem::path& folder); ///< empty: the images that ship with Faultline

    /// Makes `plan` the project's, drops the results of the last study and trains on `threads` threads (0:
    /// one per core). Throws Error, and changes nothing, when the plan does not fit the wafer.
    void startStudy(const StudyPlan& plan, int threads);
    /// Asks the study to stop; it keeps its finished runs and ends within a moment.
    void stopStudy();

signals:
    void projectReplaced();
    void runningChanged(bool running);
    void progressed();     ///< curves or progress: at most 30 times a second
    void resultsChanged(); ///< another run has finished, or all were dropped
    void modifiedChanged(bool modified);
    void failed(const QString& reason); ///< a study ended with an error

private:
    struct Mailbox;

    void listRuns();
    void collect();
    void finish(const std::shared_ptr<Mailbox>& mailbox);
    void endStudy();
    void setModified(bool modified);

    Project project_;
    std::filesystem::path file_;
    bool modified_ = false;
    bool running_ = false;
    std::vector<RunState> runs_;
    StudyProgress progress_;
    QTimer collector_;
    std::shared_ptr<Mailbox> mailbox_; // of the running study
    std::jthread worker_;              // last: joined before anything that it uses goes
};

} // namespace faultline
