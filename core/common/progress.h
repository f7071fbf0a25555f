#pragma once

#include <functional>
#include <string>

namespace faultline
{

/// How far a long piece of work has come.
struct Progress {
    double fraction = 0.0; ///< 0 to 1
    std::string text;      ///< one line of words for a person
};

/// Called from the thread that does the work; must be quick. Stopping goes the other way, by std::stop_token.
using ProgressFunction = std::function<void(const Progress&)>;

} // namespace faultline
