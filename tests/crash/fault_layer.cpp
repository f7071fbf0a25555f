// Stands between a program and the system (LD_PRELOAD) and has calls on files fail. The environment says how:
//   FAULT_UNDER   only files whose path begins so
//   FAULT_LOG     where each of these calls is written down, a line each: "write PATH"
//   FAULT_AT      the number of the call that fails, from 1 on; absent: none
//   FAULT_LASTS   if set, all calls from there on
//   FAULT_ERROR   the errno; 0: a short write, and other calls go through

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace
{

enum class Fate { Real, Short, Failed };

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string pathOf(int file)
{
    std::array<char, 4096> path{};
    const ssize_t size =
        ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "";
}

/// Counts and notes the call and says what becomes of it; sets errno when it is to fail. errno is else kept.
Fate fateOf(const char* call, const std::string& path)
{
    static std::atomic<int> calls = 0;
    const int before = errno;
    const std::string under = variable("FAULT_UNDER");
    if (under.empty() || !path.starts_with(under))
        return Fate::Real;
    const int number = ++calls;
    if (const std::string log = variable("FAULT_LOG"); !log.empty()) {
        const std::string line = std::string(call) + " " + path + "\n";
        const auto file = static_cast<int>(
            ::syscall(SYS_openat, AT_FDCWD, log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
        ::syscall(SYS_write, file, line.data(), line.size());
        ::syscall(SYS_close, file);
    }
    errno = before;
    const int at = std::atoi(variable("FAULT_AT").c_str());
    if (at == 0 || (variable("FAULT_LASTS").empty() ? number != at : number < at))
        return Fate::Real;
    const int error = std::atoi(variable("FAULT_ERROR").c_str());
    if (error == 0)
        return Fate::Short;
    errno = error;
    return Fate::Failed;
}

template <class Function>
Function* next(const char* name)
{
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int openAs(const char* name, const char* path, int flags, mode_t mode)
{
    static const auto real = next<int(const char*, int, ...)>("open64");
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_DIRECTORY) != 0;
    if (writes && fateOf(name, path) == Fate::Failed)
        return -1;
    return real(path, flags, mode);
}

} // namespace

extern "C" {

int open(const char* path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = va_arg(more, mode_t); // of no meaning unless a file is made
    va_end(more);
    return openAs("open", path, flags, mode);
}

int open64(const char* path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return openAs("open", path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t size)
{
    static const auto real = next<ssize_t(int, const void*, size_t)>("write");
    const Fate fate = fateOf("write", pathOf(file));
    return fate == Fate::Failed ? -1 : real(file, bytes, fate == Fate::Short ? size / 2 : size);
}

int fsync(int file)
{
    static const auto real = next<int(int)>("fsync");
    return fateOf("fsync", pathOf(file)) == Fate::Failed ? -1 : real(file);
}

int rename(const char* from, const char* to) noexcept
{
    static const auto real = next<int(const char*, const char*)>("rename");
    return fateOf("rename", to) == Fate::Failed ? -1 : real(from, to);
}
}
