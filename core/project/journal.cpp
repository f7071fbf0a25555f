#include "project/journal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <utility>

#include <zlib.h>

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

/// CRC-32 of a file's bytes in hexadecimal digits; of no file that of no bytes. What a file holds is known by
/// it, unlike by times, which copies, restored files and clocks change.
std::string checksumOf(const fs::path& file)
{
    uLong checksum = crc32_z(0, nullptr, 0);
    std::ifstream input(file, std::ios::binary);
    std::vector<char> bytes(1 << 16);
    while (input.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), input.gcount() > 0)
        checksum = crc32_z(checksum, reinterpret_cast<const Bytef*>(bytes.data()),
                           static_cast<std::size_t>(input.gcount()));
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%08lx", checksum);
    return digits.data();
}

/// The project file beside a journal.
fs::path fileOf(fs::path folder)
{
    return folder.replace_extension();
}

std::string newId(const fs::path& folder)
{
    std::random_device random;
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "-%08x%08x", random(), random());
    return checksumOf(fileOf(folder)) + digits.data();
}

/// journalIn(); empty for a file that is missing or cannot be read, of which recover() tells.
std::string knownJournal(const fs::path& file)
{
    std::error_code missing;
    try {
        return fs::exists(file, missing) ? journalIn(file) : "";
    } catch (const Error&) {
        return "";
    }
}

/// The id of what a crashed program has kept there, to go on with, unless it has been saved; else a new one.
std::string idIn(const fs::path& folder)
{
    const std::string id = knownJournal(folder / projectName);
    return id.empty() || id == knownJournal(fileOf(folder)) ? newId(folder) : id;
}

/// A number that begins no file's name: what an earlier journal left there is not overwritten.
int freeStudyNumber(const fs::path& folder)
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

/// How a journal's project stands to the file.
enum class Edits { None, OfTheFile, OfOtherContent };

/// Throws Error when the journal's project or the file cannot be read.
Edits editsIn(const fs::path& snapshot, const fs::path& file)
{
    std::error_code missing;
    if (!fs::exists(snapshot, missing))
        return Edits::None;
    if (file.empty() || !fs::exists(file, missing))
        return Edits::OfTheFile;
    const std::string id = journalIn(snapshot);
    if (id.empty()) // an older program's; times have a grain of milliseconds
        return fs::last_write_time(snapshot) >= fs::last_write_time(file) ? Edits::OfTheFile
                                                                          : Edits::OfOtherContent;
    if (id == journalIn(file)) // a crash between saving and clearing
        return Edits::None;
    return id.starts_with(checksumOf(file)) ? Edits::OfTheFile : Edits::OfOtherContent;
}

/// Adds the runs of a part to its study; where there is none that takes them, to one of their own.
void add(Project& project, const Study& part)
{
    const auto tryAdd = [&](Study& study) {
        try {
            merge(study.result, part.result, study.plan, project.wafer);
            return true;
        } catch (const Error& error) { // of other images
            log::warning("journal: " + study.name + " does not take its runs: " + error.what());
            return false;
        }
    };
    const std::string ownName = part.name + " (recovered)";
    for (const std::string& name : {part.name, std::string(), ownName})
        for (Study& study : project.studies)
            if (study.plan.isSameOn(project.wafer, part.plan) && (name.empty() || study.name == name) &&
                tryAdd(study))
                return;
    log::warning("journal: runs of no study of the project come as \"" + ownName + "\"");
    project.studies.push_back({ownName, part.plan, part.result});
}

} // namespace

Journal::Journal(fs::path folder, std::function<void(const std::string&)> failed)
    : folder_(std::move(folder)),
      failed_(std::move(failed)),
      firstStudy_(freeStudyNumber(folder_)),
      id_(idIn(folder_)),
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
    project_.emplace(std::move(project), id_);
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
    auto known = std::ranges::find_if(studies_, [&study](const Study& other) {
        return other.name == study.name && other.plan == study.plan;
    });
    if (known == studies_.end())
        known = studies_.insert(known, {study.name, study.plan, {}});
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%04d-%08x%s",
                  firstStudy_ + static_cast<int>(known - studies_.begin()), run.stream(), partSuffix);
    urgent_ = urgent_ || !result.runs.empty();
    parts_[name.data()] = {study.name, study.plan, std::move(result)};
    wake_.notify_all();
}

void Journal::clear()
{
    id_ = newId(folder_);
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
        auto project = std::exchange(project_, std::nullopt);
        std::map<std::string, Study> parts = std::exchange(parts_, {});

        lock.unlock();
        if (cleared) {
            std::error_code failure;
            fs::remove_all(folder_, failure);
            if (failure)
                log::error("journal: cannot remove " + folder_.string() + ": " + failure.message());
        }
        if (project && write([&] { saveProject(project->first, folder_ / projectName, project->second); }))
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

std::string OtherContent::words() const
{
    const auto utc = [](fs::file_time_type time) {
        const std::time_t seconds =
            std::chrono::system_clock::to_time_t(std::chrono::file_clock::to_sys(time));
        std::array<char, 32> text{};
        std::strftime(text.data(), text.size(), "%F %T UTC", std::gmtime(&seconds));
        return std::string(text.data());
    };
    return "The changes, of " + utc(edited) +
           ", were made to another content of the file than it has now, of " + utc(saved) + ".";
}

std::optional<Recovery> recover(const fs::path& folder, const fs::path& file)
{
    std::error_code missing;
    if (!fs::is_directory(folder, missing))
        return std::nullopt;
    const fs::path snapshot = folder / projectName;
    const bool wasSaved = fs::exists(file, missing);
    Recovery recovery;
    Counts before;
    if (wasSaved) {
        recovery.project = loadProject(file);
        before = counts(recovery.project);
    }
    try {
        const Edits edits = editsIn(snapshot, file);
        recovery.edits = edits != Edits::None;
        Project saved;
        if (recovery.edits)
            saved = std::exchange(recovery.project, loadProject(snapshot));
        if (edits == Edits::OfOtherContent) {
            recovery.otherContent = {fs::last_write_time(file), fs::last_write_time(snapshot)};
            if (sameBench(recovery.project, saved))
                for (const Study& study : saved.studies)
                    add(recovery.project, study);
        }
    } catch (const Error& error) {
        if (!wasSaved)
            throw;
        recovery.edits = false;
        log::warning(std::string("journal: left out ") + error.what());
    }
    if (!wasSaved && !recovery.edits) // runs alone make no project
        return std::nullopt;
    for (const Study& part : readParts(folder))
        add(recovery.project, part);
    const Counts after = counts(recovery.project);
    recovery.finishedRuns = std::max(0, after.finished - before.finished);
    recovery.begunRuns = after.epochs > before.epochs ? after.begun : 0;
    if (!recovery.edits && recovery.finishedRuns == 0 && recovery.begunRuns == 0)
        return std::nullopt;
    return recovery;
}

} // namespace faultline
