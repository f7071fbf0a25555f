#pragma once

#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace faultline
{

/// Seconds that this process' threads have computed so far, together.
inline double processorSeconds()
{
    std::timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double processorSecondsOf(const auto& work)
{
    const double before = processorSeconds();
    work();
    return processorSeconds() - before;
}

/// MB that this process has had at most.
inline double peakMemory()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    double kilobytes = 0.0;
    while (status >> word)
        if (word == "VmHWM:")
            status >> kilobytes;
    return kilobytes / 1e3;
}

struct Cost {
    double seconds = 0.0, processorSeconds = 0.0, megabytes = 0.0;
};

/// Runs the work in a process of its own, whose memory and processor time are those of this work alone. The
/// work says how many seconds count.
inline Cost costOf(const std::function<double()>& work)
{
    int ends[2];
    if (pipe(ends) != 0)
        throw std::runtime_error("no pipe");
    std::fflush(stdout);
    if (fork() == 0) {
        try {
            const double seconds = work();
            const Cost cost{seconds, processorSeconds(), peakMemory()};
            _exit(write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
            _exit(1);
        }
    }
    close(ends[1]);
    Cost cost;
    const bool complete = read(ends[0], &cost, sizeof cost) == sizeof cost;
    close(ends[0]);
    wait(nullptr);
    if (!complete)
        throw std::runtime_error("a measurement failed");
    return cost;
}

} // namespace faultline
