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

/// A name of this process's own.
fs::path freeUnsavedName()
{
    std::error_code ignored; // the journal itself will say what is wrong there
    fs::create_directories(unsavedFolder(), ignored);
    for (int number = 1;; ++number) {
        const QString name = QString("%1-%2-%3.faultline")
                                 .arg(QSysInfo::machineHostName())
                                 .arg(QCoreApplication::applicationPid())
                                 .arg(number);
        const fs::path file = unsavedFolder() / name.toStdString();
        if (!fs::exists(journalOf(file), ignored) && !fs::exists(file.string() + ".lock", ignored))
            return file;
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
}

void Safekeeping::keepAt(const fs::path& place)
{
    timer_.stop();
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
            readOnly_ = lock_.owner()->words() + " has " + file.string() + " open";
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
        return;
    }
    const std::string reason = file.empty() ? "" : readOnly_;
    const fs::path unsaved = freeUnsavedName();
    take(unsaved);
    readOnly_ = reason;
    keepAt(unsaved);
}

void Safekeeping::adopt(const fs::path& unsaved)
{
    take(unsaved);
    readOnly_.clear();
    keepAt(unsaved);
}

void Safekeeping::reserve(const fs::path& file)
{
    reserved_ = {}; // of a save that failed
    LockFile other(file);
    if (!other.isHeld())
        throw Error(file.string() + ": " + other.owner()->words() +
                    " has it open. Choose another name to save under.");
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
            if (LockFile(name).isHeld()) // nobody else works on it
                names.push_back(name);
        }
    std::ranges::sort(names);
    return names;
}

} // namespace faultline
