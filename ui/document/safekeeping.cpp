#include "document/safekeeping.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <QCoreApplication>
#include <QSysInfo>

#include "common/error.h"
#include "common/log.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

fs::path unsavedFolder()
{
    return log::stateFolder() / "unsaved";
}

/// Links to the saved projects that programs work on: what a crashed one has left behind is found by them.
fs::path openFolder()
{
    return log::stateFolder() / "open";
}

/// A name of this process's own, in a folder that is made if need be.
fs::path ownName(const fs::path& folder, int number)
{
    std::error_code ignored; // whoever writes there will say what is wrong
    fs::create_directories(folder, ignored);
    const QString name = QString("%1-%2-%3.faultline")
                             .arg(QSysInfo::machineHostName())
                             .arg(QCoreApplication::applicationPid())
                             .arg(number);
    return folder / name.toStdString();
}

fs::path freeUnsavedName()
{
    std::error_code ignored;
    for (int number = 1;; ++number) {
        const fs::path file = ownName(unsavedFolder(), number);
        if (!fs::exists(journalOf(file), ignored) && !fs::exists(file.string() + ".lock", ignored))
            return file;
    }
}

/// A link that leads to the project until it is removed; empty when none can be made.
fs::path linkTo(const fs::path& file)
{
    std::error_code failure = std::make_error_code(std::errc::file_exists);
    fs::path link;
    for (int number = 1; failure == std::errc::file_exists; ++number) {
        link = ownName(openFolder(), number);
        fs::create_symlink(fs::absolute(file), link, failure);
    }
    if (failure)
        log::warning("after a crash this project will be missed: cannot make " + link.string() + ": " +
                     failure.message());
    return failure ? fs::path() : link;
}

/// Nobody works on it, as far as can be told.
bool isAbandoned(const fs::path& project)
{
    try {
        return LockFile(project).isHeld();
    } catch (const Error& error) {
        log::warning(std::string("left alone: ") + error.what());
        return false;
    }
}

} // namespace

Safekeeping::Safekeeping(const Project& project, QObject* parent) : QObject(parent), project_(project)
{
    using namespace std::chrono_literals;
    timer_.setSingleShot(true);
    timer_.setInterval(2s);
    connect(&timer_, &QTimer::timeout, this, [this] { journal_->keep(project_); });
    moveTo({});
}

Safekeeping::~Safekeeping()
{
    journal_->clear();
    unlink();
}

void Safekeeping::unlink()
{
    std::error_code ignored; // a link that is left leads to nothing of interest
    if (!link_.empty())
        fs::remove(std::exchange(link_, {}), ignored);
}

void Safekeeping::keepAt(const fs::path& place)
{
    timer_.stop();
    unlink();
    if (journal_)
        journal_->clear();
    journal_.reset(); // before another one of the same folder
    journal_ = std::make_unique<Journal>(journalOf(place), [this](const std::string& reason) {
        emit failed(QString::fromStdString(reason)); // queued: from the journal's thread
    });
}

void Safekeeping::take(const fs::path& file)
{
    readOnly_.clear();
    lock_ = {}; // given back first: it may be the same file's
    try {
        lock_ = LockFile(file);
        if (!lock_.isHeld())
            readOnly_ =
                lock_.owner()->words() + " has " + file.string() + " open" + lock_.owner()->advice(file);
    } catch (const Error& error) {
        readOnly_ = error.what();
    }
    if (!readOnly_.empty())
        log::warning("opened read-only: " + readOnly_);
}

void Safekeeping::moveTo(const fs::path& file)
{
    if (!file.empty())
        take(file);
    if (!file.empty() && readOnly_.empty()) {
        keepAt(file);
        link_ = linkTo(file);
        return;
    }
    const std::string reason = file.empty() ? "" : readOnly_;
    adopt(freeUnsavedName());
    readOnly_ = reason;
}

void Safekeeping::postpone(const fs::path& file)
{
    journal_.reset(); // without clearing it
    link_.clear();    // the link stays
    adopt(freeUnsavedName());
    readOnly_ = file.string() + " has work of a crashed program, which is kept for the next start";
}

void Safekeeping::adopt(const fs::path& unsaved)
{
    take(unsaved);
    const std::string reason = std::exchange(readOnly_, {});
    keepAt(unsaved);
    if (!reason.empty()) // its journal is in danger; told once somebody listens
        QMetaObject::invokeMethod(
            this, [this, reason] { emit failed(QString::fromStdString(reason)); }, Qt::QueuedConnection);
}

void Safekeeping::reserve(const fs::path& file)
{
    reserved_ = {}; // of a save that failed
    LockFile other(file);
    if (!other.isHeld())
        throw Error(file.string() + ": " + other.owner()->words() + " has it open" +
                    other.owner()->advice(file) + ". Choose another name to save under.");
    reserved_ = std::move(other);
}

void Safekeeping::saved(const fs::path& file)
{
    if (!reserved_.isHeld()) { // the file at hand
        timer_.stop();
        journal_->clear();
        return;
    }
    lock_ = std::exchange(reserved_, {});
    readOnly_.clear();
    keepAt(file);
    link_ = linkTo(file);
}

std::optional<Recovery> Safekeeping::recoverable(const fs::path& file) const
{
    return readOnly_.empty() ? recover(journalOf(file), file) : std::nullopt;
}

void Safekeeping::edited()
{
    if (!timer_.isActive())
        timer_.start();
}

std::vector<fs::path> Safekeeping::unsavedProjects()
{
    std::vector<fs::path> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(unsavedFolder(), missing))
        if (entry.path().extension() == ".journal") {
            fs::path name = entry.path();
            name.replace_extension();
            if (isAbandoned(name))
                names.push_back(name);
        }
    std::ranges::sort(names);
    return names;
}

std::vector<fs::path> Safekeeping::crashedProjects()
{
    std::vector<fs::path> files;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(openFolder(), missing)) {
        const fs::path file = fs::read_symlink(entry.path(), missing);
        if (missing || !isAbandoned(file))
            continue;
        if (fs::is_directory(journalOf(file), missing))
            files.push_back(file);
        else
            fs::remove(entry.path(), missing); // nothing is left of it there
    }
    std::ranges::sort(files);
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
}

} // namespace faultline
