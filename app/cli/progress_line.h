#pragma once

#include <chrono>
#include <string>

#include "study/runner.h"

namespace faultline::cli
{

/// Shows how a study gets on, on the standard output: one line that is rewritten on a terminal; otherwise a
/// plain line for each finished run and, in between, every ten seconds.
class ProgressLine
{
public:
    ProgressLine(const StudyPlan& plan, const Wafer& wafer);
    ~ProgressLine(); ///< leaves an empty line behind on a terminal

    void show(const RunUpdate& update);

private:
    using Clock = std::chrono::steady_clock;

    std::string words(const RunUpdate& update) const;
    void rewrite(const RunUpdate& update) const;

    const Wafer& wafer_;
    std::vector<RunSettings> runs_;
    bool onTerminal_;
    Clock::time_point shown_;
};

} // namespace faultline::cli
