#pragma once

#include <functional>
#include <thread>

#include <QObject>

namespace faultline
{

/// Does the latest of several tasks on a thread of its own.
class Background : public QObject
{
public:
    using Finish = std::function<void()>;
    /// What is to be done in the background, and returns what is then done in the window's thread. Looks at
    /// its token now and then, and throws nothing.
    using Task = std::function<Finish(const std::stop_token&)>;

    using QObject::QObject;

    /// Ends the task before, whose Finish is then never called.
    void start(Task task);
    void cancel();

private:
    int latest_ = 0;
    std::jthread thread_; // stops and joins before anything else goes
};

/// Lets the window go first wherever the calling thread, and threads that it starts, want a core too.
void yieldToWindow();

} // namespace faultline
