#include "common/rehearsal.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

namespace faultline
{

namespace
{

/// How the copy ends. A sanitizer that finds something ends it with 1.
enum Ending : int { Done = 0, Refused = 3 };

void limit(__rlimit_resource what, std::size_t most)
{
    const rlimit value{most, most};
    ::setrlimit(what, &value);
}

/// Of this process, in bytes; 0 where the system does not tell.
std::size_t addressSpace()
{
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string mebibytes(std::size_t bytes)
{
    return std::to_string(bytes >> 20) + " MiB";
}

[[noreturn]] void perform(const std::function<void()>& work, std::size_t memory, int toParent)
{
    for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV})
        std::signal(signal, SIG_DFL);
    limit(RLIMIT_CORE, 0);
    if (const std::size_t present = addressSpace(); present > 0)
        limit(RLIMIT_AS, present + memory);
    std::string message;
    try {
        work();
        ::_exit(Done);
    } catch (const Error& error) {
        message = error.what();
    } catch (const std::bad_alloc&) {
        message =
            "it needs more than the " + mebibytes(memory) + " of memory that a file of its size may take";
    } catch (...) { // will be thrown where it is met for real
        ::_exit(Done);
    }
    static_cast<void>(::write(toParent, message.data(), message.size()));
    ::_exit(Refused);
}

/// All that comes until the other end is closed; none when that is not before the time is over.
bool receive(int fromCopy, std::chrono::seconds time, std::string& message)
{
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + time;
    std::array<char, 4096> part;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd ready{fromCopy, POLLIN, 0};
        const int polled = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
        if (polled == 0)
            return false;
        const ssize_t length = polled > 0 ? ::read(fromCopy, part.data(), part.size()) : -1;
        if (length == 0)
            return true;
        if (length > 0)
            message.append(part.data(), static_cast<std::size_t>(length));
        else if (errno != EINTR)
            return false;
    }
}

int waitFor(pid_t copy)
{
    int status = 0;
    while (::waitpid(copy, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

} // namespace

void rehearse(const std::function<void()>& work, const RehearsalLimits& limits, std::mutex& library)
{
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        return;
    std::unique_lock lock(library);
    const pid_t copy = ::fork();
    lock.unlock(); // of the copy, too
    if (copy == 0)
        perform(work, limits.memory, pipe[1]);
    ::close(pipe[1]);
    std::string message;
    bool inTime = true;
    int status = 0;
    if (copy > 0) {
        inTime = receive(pipe[0], limits.time, message);
        if (!inTime)
            ::kill(copy, SIGKILL);
        status = waitFor(copy);
    }
    ::close(pipe[0]);
    if (!inTime)
        throw Error("reading it takes longer than " + std::to_string(limits.time.count()) + " seconds");
    if (WIFEXITED(status) && WEXITSTATUS(status) == Refused)
        throw Error(message);
    if (WIFSIGNALED(status))
        throw Error(std::string("it is damaged in a way that crashes what reads it (") +
                    ::strsignal(WTERMSIG(status)) + ")");
    if (WEXITSTATUS(status) != Done)
        throw Error("it is damaged in a way that ends what reads it");
}

} // namespace faultline
