#pragma once

#include <filesystem>
#include <string_view>

/// The log: what the program did and what went wrong, for the person at this machine alone; nothing is sent
/// anywhere. One line per message, "2026-11-23T21:40:07Z 1234 warning: WORDS", where 1234 is the process.
/// Callable from any thread; says nothing until opened, and never throws: a program must not fail for its
/// log.
namespace faultline::log
{

/// Appends to a file from now on. One above 1 MiB is moved to FILE.1 before, FILE.1 to FILE.2 and so on; the
/// fifth is dropped. The folder is made if needed.
void open(const std::filesystem::path& file);
/// Also prints every message to the standard error.
void setVerbose(bool verbose);

void info(std::string_view words);
void warning(std::string_view words);
void error(std::string_view words);

/// Where programs keep their state: $XDG_STATE_HOME/faultline, or ~/.local/state/faultline.
std::filesystem::path stateFolder();

} // namespace faultline::log
