#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
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
    /// Names what is kept here until it is cleared: a project that is saved with it has all of that. Begins
    /// with the checksum of the file that the edits are made to.
    const std::string& id() const { return id_; }

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
    int firstStudy_;
    std::string id_; // the caller's own

    std::mutex mutex_; // guards all below
    std::condition_variable_any wake_, idle_;
    std::vector<Study> studies_; // without runs, whose files their numbers name, from firstStudy_ on
    std::optional<std::pair<Project, std::string>> project_; // and the id
    std::map<std::string, Study> parts_;                     // by file name, still to be written
    bool clear_ = false, flush_ = false, urgent_ = false;

    std::jthread thread_; // last: joined before anything that it uses goes
};

/// Edits of another content than the file has now: a copy, a restored or an edited one has taken its place.
struct OtherContent {
    std::filesystem::file_time_type saved, edited; ///< when the file and the edits were written
    std::string words() const;                     ///< a sentence with both times
};

/// A project as a journal and the project file beside it have it together.
struct Recovery {
    Project project;
    int finishedRuns = 0; ///< that the file has not
    int begunRuns = 0;
    bool edits = false; ///< other changes than runs
    /// The project is then the edited one, with the file's runs if they are of the same wafer and images.
    std::optional<OtherContent> otherContent;
};

/// The journal's folder for a project file: "FILE.journal".
std::filesystem::path journalOf(const std::filesystem::path& file);

/// What `folder` holds beyond `file` (empty: never saved); nothing when that is nothing. Runs of a study that
/// the project has not, or not with these images, come as a study of their own. A damaged part of a journal
/// is left out. Throws Error when the project itself cannot be read.
std::optional<Recovery> recover(const std::filesystem::path& folder, const std::filesystem::path& file);

} // namespace faultline
