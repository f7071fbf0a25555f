#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>

namespace faultline
{

struct RehearsalLimits {
    std::size_t memory = 0;        ///< bytes of address space beyond what the process has
    std::chrono::seconds time{60}; ///< from start to end
};

/// Does the work in a copy of this process, whose crash harms nobody. Throws the Error that the work throws
/// there, or one that says how the copy came to its end or which limit it met; whatever else the work does
/// there is lost. Does nothing where a process cannot be copied. A copy has only the thread that made it, and
/// would wait for ever for another that was inside a library that lets in one at a time: all who call that
/// own `library`, and so does this while it copies the process.
void rehearse(const std::function<void()>& work, const RehearsalLimits& limits, std::mutex& library);

} // namespace faultline
