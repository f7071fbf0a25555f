#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "project/project.h"

namespace faultline
{

/// What has become of a project since it was last saved, in a folder of its own, so that a crash or a power
/// cut costs a few seconds of work. A thread of its own writes, each file as a whole, and the callers never
/// wait for it. The folder holds `project.faultline` once edits were journalled, and one `.part` file for
/// each training run: the run itself when it is finished, else its last epoch. Finished runs and edits are
/// written at once, epochs every second. Form: SCHEMA.md.
class Journal
{
public:
    /// Makes the folder when there is something to write. `failed` is told, from the journal's thread, why it
    /// cannot write; once for each reason.
    explicit Journal(std::filesystem::path folder,
                     std::function<void(const std::string& reason)> failed = {});
    ~Journal(); ///< writes what is left
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    const std::filesystem::path& folder() const { return folder_; }

    void keep(Project project); ///< with all edits
    void keep(const Study& study, Run run);
    void keep(const Study& study, RunCheckpoint checkpoint);
    /// The project has just been saved: all that was kept so far is dropped.
    void clear();
    void flush(); ///< waits until all is written, or could not be

private:
    void keep(const Study& study, const RunSettings& run, StudyResult result);
    void work(const std::stop_token& stop);
    bool write(const std::function<void()>& writing);

    std::filesystem::path folder_;
    std::function<void(const std::string&)> failed_;
    std::string lastFailure_; // the thread's own
    int firstPlan_;

    std::mutex mutex_; // guards all below
    std::condition_variable_any wake_, idle_;
    std::vector<StudyPlan> plans_; // their numbers, from firstPlan_ on, name the files of their runs
    std::optional<Project> project_;
    std::map<std::string, Study> parts_; // by file name, still to be written
    bool clear_ = false, flush_ = false, urgent_ = false;

    std::jthread thread_; // last: joined before anything that it uses goes
};

/// A project as a journal and the project file beside it have it together.
struct Recovery {
    Project project;
    int finishedRuns = 0; ///< that the file has not
    int begunRuns = 0;
    bool edits = false; ///< other changes than runs
};

/// The journal's folder for a project file: "FILE.journal".
std::filesystem::path journalOf(const std::filesystem::path& file);

/// What `folder` holds beyond `file` (empty: never saved); nothing when that is nothing. A damaged part of a
/// journal is left out. Throws Error when the project itself cannot be read.
std::optional<Recovery> recover(const std::filesystem::path& folder, const std::filesystem::path& file);

} // namespace faultline
