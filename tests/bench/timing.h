#pragma once

#include <chrono>

namespace faultline
{

/// Wall-clock seconds that a call takes.
double secondsOf(const auto& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace faultline
