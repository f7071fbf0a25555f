#pragma once

#include <exception>
#include <stop_token>

namespace faultline
{

/// Leaves work that somebody has stopped, from however deep inside; who gave the token catches it.
class Stopped : public std::exception
{
public:
    const char* what() const noexcept override { return "stopped"; }
};

inline void throwIfStopped(const std::stop_token& stop)
{
    if (stop.stop_requested())
        throw Stopped();
}

} // namespace faultline
