#include "project/journal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/error.h"
#include "common/log.h"
#include "project/project_file.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

using namespace std::chrono_literals;

constexpr const char* projectName = "project.faultline";
constexpr const char* partSuffix = ".part";
/// Between two rounds of writing epochs: each supersedes the one before, so few of them need the disk.
constexpr auto rest = 1s;

/// A number that begins no file's name: what an earlier journal left there is not overwritten.
int freePlanNumber(const fs::path& folder)
{
    int number = 0;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing))
        number = std::max(number, 1 + std::atoi(entry.path().filename().c_str()));
    return number;
}

/// The parts of a journal that can be read. Files are written as a whole, so one that cannot be read was
/// damaged later; the others are no worse for it.
std::vector<Study> readParts(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing))
        if (entry.path().extension() == partSuffix)
            files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<Study> parts;
    for (const fs::path& file : files) {
        try {
            parts.push_back(loadStudyPart(file));
        } catch (const Error& error) {
            log::warning(std::string("journal: left out ") + error.what());
        }
    }
    return parts;
}

/// How much training a project holds.
struct Counts {
    int finished = 0, begun = 0;
    std::size_t epochs = 0; // of the begun runs
};

Counts counts(const Project& project)
{
    Counts sum;
    for (const Study& study : project.studies) {
        sum.finished += static_cast<int>(study.result.runs.size());
        sum.begun += static_cast<int>(study.result.begun.size());
        for (const RunCheckpoint& checkpoint : study.result.begun)
            sum.epochs += checkpoint.curve.size();
    }
    return sum;
}

} // namespace

Journal::Journal(fs::path folder, std::function<void(const std::string&)> failed)
    : folder_(std::move(folder)),
      failed_(std::move(failed)),
      firstPlan_(freePlanNumber(folder_)),
      thread_([this](const std::stop_token& stop) { work(stop); })
{
}

Journal::~Journal()
{
    thread_.request_stop();
    thread_.join();
}

void Journal::keep(Project project)
{
    const std::scoped_lock lock(mutex_);
    project_ = std::move(project);
    urgent_ = true;
    wake_.notify_all();
}

void Journal::keep(const Study& study, Run run)
{
    StudyResult result;
    result.statistics = study.result.statistics;
    result.images = study.result.images;
    const RunSettings settings = run.settings;
    result.runs.push_back(std::move(run));
    keep(study, settings, std::move(result));
}

void Journal::keep(const Study& study, RunCheckpoint checkpoint)
{
    StudyResult result;
    result.statistics = study.result.statistics;
    result.images = study.result.images;
    const RunSettings settings = checkpoint.settings;
    result.begun.push_back(std::move(checkpoint));
    keep(study, settings, std::move(result));
}

void Journal::keep(const Study& study, const RunSettings& run, StudyResult result)
{
    const std::scoped_lock lock(mutex_);
    auto plan = std::ranges::find(plans_, study.plan);
    if (plan == plans_.end())
        plan = plans_.insert(plan, study.plan);
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%04d-%08x%s",
                  firstPlan_ + static_cast<int>(plan - plans_.begin()), run.stream(), partSuffix);
    urgent_ = urgent_ || !result.runs.empty();
    parts_[name.data()] = {study.name, study.plan, std::move(result)};
    wake_.notify_all();
}

void Journal::clear()
{
    const std::scoped_lock lock(mutex_);
    project_.reset();
    parts_.clear();
    clear_ = true;
    wake_.notify_all();
}

void Journal::flush()
{
    std::unique_lock lock(mutex_);
    flush_ = true;
    wake_.notify_all();
    idle_.wait(lock, [this] { return !flush_; });
}

bool Journal::write(const std::function<void()>& writing)
{
    try {
        fs::create_directories(folder_);
        writing();
        lastFailure_.clear();
        return true;
    } catch (const std::exception& failure) {
        if (lastFailure_ != failure.what()) {
            lastFailure_ = failure.what();
            log::error("journal: " + lastFailure_);
            if (failed_)
                failed_(lastFailure_);
        }
        return false;
    }
}

void Journal::work(const std::stop_token& stop)
{
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, stop, [this] { return clear_ || flush_ || project_ || !parts_.empty(); });
        const bool last = stop.stop_requested(), flushed = flush_;
        const bool cleared = std::exchange(clear_, false);
        urgent_ = false;
        std::optional<Project> project = std::exchange(project_, std::nullopt);
        std::map<std::string, Study> parts = std::exchange(parts_, {});

        lock.unlock();
        if (cleared) {
            std::error_code failure;
            fs::remove_all(folder_, failure);
            if (failure)
                log::error("journal: cannot remove " + folder_.string() + ": " + failure.message());
        }
        if (project && write([&] { saveProject(*project, folder_ / projectName); }))
            project.reset();
        std::erase_if(parts, [this](const auto& part) {
            return write([&] { saveStudyPart(part.second, folder_ / part.first); });
        });
        lock.lock();

        if (!clear_) { // what could not be written is tried again, unless there is newer
            if (project && !project_)
                project_ = std::move(project);
            parts_.merge(parts);
        }
        if (flushed) {
            flush_ = false;
            idle_.notify_all();
        }
        if (last)
            return;
        wake_.wait_for(lock, stop, rest, [this] { return clear_ || flush_ || urgent_; });
    }
}

fs::path journalOf(const fs::path& file)
{
    fs::path folder = file;
    folder += ".journal";
    return folder;
}

std::optional<Recovery> recover(const fs::path& folder, const fs::path& file)
{
    std::error_code missing;
    if (!fs::is_directory(folder, missing))
        return std::nullopt;
    const fs::path snapshot = folder / projectName;
    const auto saved = fs::last_write_time(file, missing);
    const bool wasSaved = !missing;
    const auto written = fs::last_write_time(snapshot, missing);
    // Times have a grain of milliseconds: of two that are equal, what may be news counts as news.
    const bool edited = !missing && (!wasSaved || written >= saved);
    const std::vector<Study> parts = readParts(folder);
    if (!edited && (parts.empty() || !wasSaved))
        return std::nullopt;

    Recovery recovery;
    Counts before;
    if (wasSaved) {
        recovery.project = loadProject(file);
        before = counts(recovery.project);
    }
    if (edited) {
        try {
            recovery.project = loadProject(snapshot);
            recovery.edits = true;
        } catch (const Error& error) {
            if (!wasSaved)
                throw;
            log::warning(std::string("journal: left out ") + error.what());
        }
    }
    for (const Study& part : parts)
        for (Study& study : recovery.project.studies) {
            if (study.plan != part.plan)
                continue;
            try {
                merge(study.result, part.result, study.plan, recovery.project.wafer);
            } catch (const Error& error) { // of other images
                log::warning("journal: left out runs of " + study.name + ": " + error.what());
            }
        }
    const Counts after = counts(recovery.project);
    recovery.finishedRuns = std::max(0, after.finished - before.finished);
    recovery.begunRuns = after.epochs > before.epochs ? after.begun : 0;
    if (!recovery.edits && recovery.finishedRuns == 0 && recovery.begunRuns == 0)
        return std::nullopt;
    return recovery;
}

} // namespace faultline
