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

Background::Background(QObject* parent) : QObject(parent)
{
    connect(this, &Background::done, this, &Background::finish, Qt::QueuedConnection);
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
        {
            const std::scoped_lock lock(mutex_);
            finish_ = std::move(finish);
            finished_ = id;
        }
        emit done();
    });
}

void Background::finish()
{
    Finish finish;
    {
        const std::scoped_lock lock(mutex_);
        finish.swap(finish_);
        if (finished_ != latest_)
            return;
    }
    if (finish)
        finish();
}

void Background::cancel()
{
    ++latest_;
    thread_.request_stop();
}

} // namespace faultline
