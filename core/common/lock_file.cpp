#include "common/lock_file.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include "common/error.h"
#include "common/files.h"
#include "common/log.h"
#include "common/text.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

std::string hostName()
{
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string userName()
{
    const passwd* user = ::getpwuid(::geteuid());
    return user ? user->pw_name : std::to_string(::geteuid());
}

/// Field 22 of /proc/PID/stat; 0 when there is no such process, or when it has ended and nobody has asked how
/// (a zombie). The name before it may hold blanks, brackets and line breaks. A process whose first thread
/// has ended looks like a zombie but has further threads, which may still write.
unsigned long long processStart(long process)
{
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(stat), {});
    const auto name = text.rfind(')');
    if (name == text.npos)
        return 0;
    std::istringstream fields(text.substr(name + 1));
    char state = 0;
    fields >> state;
    std::string skipped;
    for (int field = 4; field < 20; ++field)
        fields >> skipped;
    long threads = 0, interval = 0;
    unsigned long long start = 0;
    fields >> threads >> interval >> start;
    const bool hasEnded = (state == 'Z' && threads <= 1) || state == 'X' || state == 'x';
    return hasEnded ? 0 : start;
}

LockOwner thisProcess()
{
    return {hostName(), ::getpid(), processStart(::getpid()), userName(), timestamp()};
}

/// One lock whatever links lead to the file.
fs::path lockOf(const fs::path& file)
{
    std::error_code missing;
    const fs::path real = fs::canonical(file, missing);
    fs::path lock = missing ? fs::absolute(file) : real;
    lock += ".lock";
    return lock;
}

std::string text(const LockOwner& owner)
{
    return "faultline-lock\n" + owner.host + "\n" + std::to_string(owner.process) + "\n" +
           std::to_string(owner.processStart) + "\n" + owner.user + "\n" + owner.since + "\n";
}

/// Nothing when there is no lock; an owner that is not known when it is not one of ours.
std::optional<LockOwner> readLock(const fs::path& lock)
{
    std::error_code missing;
    if (!fs::exists(lock, missing))
        return std::nullopt;
    LockOwner owner;
    try {
        std::istringstream lines(readWholeFile(lock));
        std::string form;
        std::getline(lines, form);
        std::getline(lines, owner.host);
        lines >> owner.process >> owner.processStart >> std::ws;
        std::getline(lines, owner.user);
        std::getline(lines, owner.since);
        if (lines && form == "faultline-lock")
            return owner;
    } catch (const Error&) {
        if (!fs::exists(lock, missing)) // given back meanwhile
            return std::nullopt;
    }
    return LockOwner{"a host that is not known", 0, 0, "somebody", "some time"};
}

bool isStale(const LockOwner& owner)
{
    return owner.host == hostName() && processStart(owner.process) != owner.processStart;
}

/// Moves the lock to a name of its own before it goes: of two that find it stale only one gets it, and one
/// that was too late gives back what another has taken meanwhile.
void removeStale(const fs::path& lock)
{
    fs::path moved = lock;
    moved += "-stale-" + std::to_string(::getpid());
    if (::rename(lock.c_str(), moved.c_str()) != 0)
        return;
    const std::optional<LockOwner> owner = readLock(moved);
    if (owner && !isStale(*owner)) {
        static_cast<void>(::link(moved.c_str(), lock.c_str()));
    } else if (owner) { // what it was writing when it ended
        fs::path temporary = lock;
        temporary.replace_extension(".tmp-" + std::to_string(owner->process));
        ::unlink(temporary.c_str());
    }
    ::unlink(moved.c_str());
}

/// Puts this process's lock where none is; false where one is. The lock appears with its contents, a link to
/// a file without a name, except on file systems that have no such files and where there is no /proc.
bool create(const fs::path& lock, const fs::path& shown)
{
    const auto fail = [&shown](int reason) {
        throw Error(shown.string() + ": cannot lock: " + std::generic_category().message(reason));
    };
    const std::string words = text(thisProcess());
    const auto write = [&](int file) {
        const ssize_t written = ::write(file, words.data(), words.size());
        if (written >= 0 && written != static_cast<ssize_t>(words.size()))
            return ENOSPC;
        return written >= 0 && ::fsync(file) == 0 ? 0 : errno;
    };
    constexpr mode_t permissions = 0644;
    const std::string folder = lock.parent_path().string();
    const int nameless = ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, permissions);
    if (nameless >= 0) {
        int reason = write(nameless);
        const std::string link = "/proc/self/fd/" + std::to_string(nameless);
        if (reason == 0 && ::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, lock.c_str(), AT_SYMLINK_FOLLOW) != 0)
            reason = errno;
        ::close(nameless);
        if (reason == 0 || reason == EEXIST)
            return reason == 0;
        if (reason != ENOENT)
            fail(reason);
    }
    const int file = ::open(lock.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
    if (file < 0 && errno == EEXIST)
        return false;
    if (file < 0)
        fail(errno);
    const int reason = write(file);
    ::close(file);
    if (reason != 0) {
        ::unlink(lock.c_str());
        fail(reason);
    }
    return true;
}

} // namespace

std::string LockOwner::words() const
{
    return user + " on " + host + " (process " + std::to_string(process) + ") since " + since;
}

std::string LockOwner::advice(const fs::path& file) const
{
    if (host == hostName())
        return "";
    return ". If nothing works on it there any more, remove " + lockOf(file).string();
}

LockFile::LockFile(const fs::path& file)
{
    const fs::path lock = lockOf(file);
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (create(lock, file)) {
            lock_ = lock;
            owner_.reset();
            return;
        }
        owner_ = readLock(lock);
        if (!owner_)
            continue;
        if (!isStale(*owner_))
            return;
        log::info("takes over the stale lock of " + owner_->words());
        removeStale(lock);
    }
    if (!owner_)
        throw Error(file.string() + ": cannot lock: others take and drop its lock all the time");
}

LockFile::~LockFile()
{
    if (isHeld())
        ::unlink(lock_.c_str());
}

LockFile::LockFile(LockFile&& other) noexcept
    : lock_(std::exchange(other.lock_, {})),
      owner_(std::exchange(other.owner_, {}))
{
}

LockFile& LockFile::operator=(LockFile&& other) noexcept
{
    std::swap(lock_, other.lock_);
    std::swap(owner_, other.owner_);
    return *this;
}

} // namespace faultline
