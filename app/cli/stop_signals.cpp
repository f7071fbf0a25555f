#include "cli/stop_signals.h"

#include <csignal>
#include <cstdlib>
#include <ctime>

#include "cli/commands.h"

namespace faultline::cli
{
namespace
{

sigset_t watchedSignals()
{
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaddset(&signals, signal);
    return signals;
}

} // namespace

StopSignals::StopSignals()
{
    const sigset_t signals = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    watcher_ = std::jthread([this](const std::stop_token& done) {
        const sigset_t watched = watchedSignals();
        const timespec patience{.tv_sec = 0, .tv_nsec = 50'000'000};
        while (!done.stop_requested()) {
            if (sigtimedwait(&watched, nullptr, &patience) < 0)
                continue;
            if (stop_.stop_requested())
                std::_Exit(stoppedExitCode);
            stop_.request_stop();
        }
    });
}

StopSignals::~StopSignals()
{
    watcher_.request_stop();
    watcher_.join();
    const sigset_t signals = watchedSignals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

} // namespace faultline::cli
