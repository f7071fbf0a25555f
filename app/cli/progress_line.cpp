#include "cli/progress_line.h"

#include <algorithm>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/text.h"

namespace faultline::cli
{
namespace
{

std::size_t terminalColumns()
{
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

ProgressLine::ProgressLine(const StudyPlan& plan, const Wafer& wafer)
    : wafer_(wafer),
      runs_(runsOf(plan, wafer)),
      onTerminal_(isatty(STDOUT_FILENO) == 1),
      shown_(Clock::now())
{
}

ProgressLine::~ProgressLine()
{
    if (onTerminal_)
        std::cout << "\r\x1b[K" << std::flush;
}

std::string ProgressLine::words(const RunUpdate& update) const
{
    const RunSettings& run = runs_[static_cast<std::size_t>(update.run)];
    std::string text = "run " + std::to_string(update.run + 1) + " of " + std::to_string(update.runs) + ", " +
                       run.name(wafer_) + ": epoch " + std::to_string(update.epoch.summary.epoch) + " of " +
                       std::to_string(run.training.epochs) + ", error " + fixed(update.epoch.testError, 2) +
                       " %";
    if (update.state == RunUpdate::State::Finished)
        text += ", finished";
    if (update.secondsLeft >= 0.0)
        text += ", " + duration(update.secondsLeft) + " left";
    return text;
}

void ProgressLine::rewrite(const RunUpdate& update) const
{
    constexpr std::size_t length = 20;
    const auto done =
        std::min(length, static_cast<std::size_t>(update.fraction * static_cast<double>(length)));
    const std::string bar = "[" + std::string(done, '#') + std::string(length - done, '.') + "] ";
    std::cout << '\r' << (bar + words(update)).substr(0, terminalColumns() - 1) << "\x1b[K" << std::flush;
}

void ProgressLine::show(const RunUpdate& update)
{
    using namespace std::chrono_literals;
    if (update.state == RunUpdate::State::Started)
        return;
    const auto now = Clock::now();
    const bool finished = update.state == RunUpdate::State::Finished;
    if (onTerminal_) {
        if (now - shown_ < 50ms)
            return;
        rewrite(update);
    } else {
        if (!finished && now - shown_ < 10s)
            return;
        std::cout << words(update) << std::endl;
    }
    shown_ = now;
}

} // namespace faultline::cli
