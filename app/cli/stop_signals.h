#pragma once

#include <stop_token>
#include <thread>

namespace faultline::cli
{

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request for as long as it lives; a second one ends the
/// program at once. Made before any other thread, since threads inherit which signals they leave to this one.
class StopSignals
{
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    std::stop_token token() const { return stop_.get_token(); }

private:
    std::stop_source stop_;
    std::jthread watcher_;
};

} // namespace faultline::cli
