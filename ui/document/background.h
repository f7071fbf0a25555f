#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include <QObject>

namespace faultline
{

/// Does the latest of several tasks on a thread of its own.
class Background : public QObject
{
    Q_OBJECT

public:
    using Finish = std::function<void()>;
    /// What is to be done in the background, and returns what is then done in the window's thread. Looks at
    /// its token now and then, and throws nothing.
    using Task = std::function<Finish(const std::stop_token&)>;

    explicit Background(QObject* parent = nullptr);

    /// Ends the task before, whose Finish is then never called.
    void start(Task task);
    void cancel();

signals:
    void done(); ///< by the task's thread

private:
    void finish();

    int latest_ = 0;
    std::mutex mutex_; // guards the two below
    Finish finish_;
    int finished_ = 0;    // whose finish_ it is
    std::jthread thread_; // stops and joins before anything else goes
};

/// Lets the window go first wherever the calling thread, and threads that it starts, want a core too.
void yieldToWindow();

} // namespace faultline
