#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace faultline::cli
{

/// What to do once the command line is read; returns the exit code. Throws Error for what a person can mend.
using Action = std::function<int()>;

/// The exit code after Ctrl+C, as shells have it.
inline constexpr int stoppedExitCode = 130;

/// Refuses a number below zero, which CLI11 would take for a huge one where the option has no sign.
inline CLI::Validator notNegative()
{
    return {[](const std::string& text) {
                return text.starts_with('-') ? "found " + text + ", expected 0 or more" : std::string();
            },
            "", "notNegative"};
}

// Each adds its subcommand with its options to the program, and sets `action` when it is the one asked for.
void addStudyCommand(CLI::App& program, Action& action);
void addMergeCommand(CLI::App& program, Action& action);
void addWaferCommand(CLI::App& program, Action& action);
void addDieCommand(CLI::App& program, Action& action);
void addInfoCommand(CLI::App& program, Action& action);
void addSolveCommand(CLI::App& program, Action& action);
void addCircuitCommand(CLI::App& program, Action& action);
void addSweepCommand(CLI::App& program, Action& action);
void addFiguresCommand(CLI::App& program, Action& action);

} // namespace faultline::cli
