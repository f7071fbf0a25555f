#include "common/log.h"

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "common/text.h"

namespace faultline::log
{

namespace fs = std::filesystem;

namespace
{

constexpr std::uintmax_t largest = std::uintmax_t{1} << 20;
constexpr int oldFiles = 5;

/// Lives as long as the process: threads may write until its very end.
struct Log {
    std::mutex mutex; // guards all below
    int file = -1;
    fs::path name;
    std::uintmax_t size = 0;
    bool verbose = false;
};

Log& theLog()
{
    static Log* const log = new Log;
    return *log;
}

fs::path numbered(const fs::path& file, int number)
{
    fs::path name = file;
    if (number > 0)
        name += "." + std::to_string(number);
    return name;
}

void openFile(Log& log)
{
    std::error_code ignored;
    fs::create_directories(log.name.parent_path(), ignored);
    log.size = fs::file_size(log.name, ignored);
    if (!ignored && log.size > largest) {
        for (int number = oldFiles - 1; number >= 0; --number)
            fs::rename(numbered(log.name, number), numbered(log.name, number + 1), ignored);
        log.size = 0;
    }
    if (log.file >= 0)
        ::close(log.file);
    log.file = ::open(log.name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void write(const char* level, std::string_view words)
{
    std::string line =
        timestamp() + " " + std::to_string(::getpid()) + " " + level + ": " + std::string(words);
    for (char& c : line) // one message is one line, whatever a file's name holds
        if (static_cast<unsigned char>(c) < ' ')
            c = ' ';
    line += '\n';
    Log& log = theLog();
    const std::scoped_lock lock(log.mutex);
    if (log.verbose)
        std::cerr << line;
    if (log.file < 0)
        return;
    log.size += line.size();
    if (::write(log.file, line.data(), line.size()) < 0)
        log.size = 0; // a full disk: nothing more can be done here
    if (log.size > largest)
        openFile(log);
}

} // namespace

void open(const fs::path& file)
{
    Log& log = theLog();
    const std::scoped_lock lock(log.mutex);
    log.name = file;
    openFile(log);
}

void setVerbose(bool verbose)
{
    Log& log = theLog();
    const std::scoped_lock lock(log.mutex);
    log.verbose = verbose;
}

void info(std::string_view words)
{
    write("info", words);
}

void warning(std::string_view words)
{
    write("warning", words);
}

void error(std::string_view words)
{
    write("error", words);
}

fs::path stateFolder()
{
    if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state == '/')
        return fs::path(state) / "faultline";
    const char* home = std::getenv("HOME");
    return (home && *home ? fs::path(home) : fs::temp_directory_path()) / ".local/state/faultline";
}

} // namespace faultline::log
