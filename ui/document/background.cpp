#include "document/background.h"

#include <sys/resource.h>
#include <unistd.h>

namespace faultline
{

void yieldToWindow()
{
    // On Linux a niceness belongs to a thread. Where it cannot be had, the window is merely less smooth.
    constexpr int niceness = 10;
    static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness));
}

void Background::start(Task task)
{
    cancel();
    // The thread before is joined by the new one: the window never waits.
    thread_ = std::jthread([this, id = latest_, task = std::move(task),
                            before = std::move(thread_)](const std::stop_token& stop) mutable {
        yieldToWindow();
        if (before.joinable())
            before.join();
        if (stop.stop_requested())
            return;
        Finish finish = task(stop);
        if (stop.stop_requested())
            return;
        QMetaObject::invokeMethod(
            this,
            [this, id, finish = std::move(finish)] {
                if (id == latest_)
                    finish();
            },
            Qt::QueuedConnection);
    });
}

void Background::cancel()
{
    ++latest_;
    thread_.request_stop();
}

} // namespace faultline
