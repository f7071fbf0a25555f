#include "common/files.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

[[noreturn]] void fail(const char* what, const fs::path& file, int code = errno)
{
    throw Error(file.string() + ": " + what + ": " + std::generic_category().message(code));
}

/// A file descriptor. close() reports what a network drive says only then; the destructor is for failures.
class Descriptor
{
public:
    /// `shown` is the name for messages: the one that the caller knows.
    Descriptor(const fs::path& file, const fs::path& shown, int flags, mode_t mode = 0)
        : shown_(shown),
          number_(::open(file.c_str(), flags | O_CLOEXEC, mode))
    {
    }
    ~Descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool isOpen() const { return number_ >= 0; }
    int number() const { return number_; }

    void write(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const ssize_t written = ::write(number_, bytes.data(), bytes.size());
            if (written < 0 && errno != EINTR)
                fail("cannot write", shown_);
            if (written > 0)
                bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    /// Some file systems cannot sync a folder or a pipe and say EINVAL: nothing more can be done there.
    void sync()
    {
        if (::fsync(number_) != 0 && errno != EINVAL)
            fail("cannot sync to the disk", shown_);
    }

    void close()
    {
        if (::close(std::exchange(number_, -1)) != 0)
            fail("cannot write", shown_);
    }

private:
    const fs::path& shown_;
    int number_;
};

/// Removes a file at the end of the scope unless it was kept.
struct Temporary {
    fs::path file;
    bool kept = false;
    ~Temporary()
    {
        if (!kept)
            ::unlink(file.c_str());
    }
};

/// The file that a name stands for once links are followed; the name itself for a new file.
fs::path target(const fs::path& file)
{
    std::error_code missing;
    const fs::path real = fs::canonical(file, missing);
    return missing ? file : real;
}

} // namespace

void writeFileAtomically(const fs::path& file, std::string_view bytes,
                         const std::function<void(const fs::path& temporary)>& verify)
{
    const fs::path destination = target(file);
    struct stat old = {};
    const bool replaces = ::stat(destination.c_str(), &old) == 0;
    if (replaces && !S_ISREG(old.st_mode))
        throw Error(file.string() + ": cannot write: not a regular file");
    if (replaces && ::access(destination.c_str(), W_OK) != 0)
        fail("cannot write", file);

    fs::path name = destination;
    name += ".tmp-" + std::to_string(::getpid());
    ::unlink(name.c_str()); // what a crashed process of the same number has left, or a link that lies in wait
    Descriptor output(name, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (!output.isOpen())
        fail("cannot write", file);
    Temporary temporary{name};
    if (replaces && ::fchmod(output.number(), old.st_mode & 07777) != 0)
        fail("cannot keep the permissions", file);
    output.write(bytes);
    output.sync();
    output.close();
    if (verify)
        verify(name);
    if (::rename(name.c_str(), destination.c_str()) != 0)
        fail("cannot replace", file);
    temporary.kept = true;

    // The new name itself reaches the disk with its folder.
    const fs::path folder = destination.parent_path();
    Descriptor entry(folder.empty() ? "." : folder, file, O_RDONLY | O_DIRECTORY);
    if (entry.isOpen())
        entry.sync();
}

std::vector<std::string> fileNames(const std::vector<std::string>& names, std::string_view ending)
{
    std::set<std::string> taken;
    std::vector<std::string> all;
    for (std::string first : names) {
        std::ranges::replace(first, '/', '_');
        if (first.empty() || first.starts_with('.'))
            first.insert(0, 1, '_');
        std::string name = first;
        for (int count = 2; taken.contains(name) || taken.contains(name + std::string(ending)); ++count)
            name = first + "_" + std::to_string(count);
        taken.insert({name, name + std::string(ending)});
        all.push_back(std::move(name));
    }
    return all;
}

std::vector<fs::path> pathsOf(std::span<const OutputFile> files)
{
    std::vector<fs::path> paths;
    for (const OutputFile& file : files)
        paths.push_back(file.path);
    return paths;
}

std::vector<fs::path> existing(std::span<const fs::path> paths)
{
    std::vector<fs::path> found;
    std::error_code unknown; // is told when the file is written
    for (const fs::path& path : paths)
        if (fs::exists(path, unknown))
            found.push_back(path);
    return found;
}

void writeFiles(std::span<const OutputFile> files)
{
    for (const OutputFile& file : files) {
        std::error_code failure;
        if (const fs::path folder = file.path.parent_path(); !folder.empty())
            fs::create_directories(folder, failure);
        if (failure)
            throw Error(file.path.parent_path().string() + ": cannot write there: " + failure.message());
        writeFileAtomically(file.path, file.contents());
    }
}

std::size_t halfOfMemory()
{
    return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) / 2 *
           static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string readWholeFile(const fs::path& file, std::size_t most)
{
    // O_NONBLOCK: opening a named pipe shall not wait for its writer.
    Descriptor input(file, file, O_RDONLY | O_NONBLOCK);
    struct stat status = {};
    if (!input.isOpen() || ::fstat(input.number(), &status) != 0)
        fail("cannot read", file);
    if (!S_ISREG(status.st_mode))
        throw Error(file.string() + ": cannot read: not a regular file");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > most)
        throw Error(file.string(), "", std::to_string(size >> 20) + " MiB",
                    "at most " + std::to_string(most >> 20) + " MiB");
    std::string bytes(size, '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const ssize_t got = ::read(input.number(), bytes.data() + filled, bytes.size() - filled);
        if (got < 0 && errno != EINTR)
            fail("cannot read", file);
        if (got == 0)
            throw Error(file.string() + ": cannot read: it was shortened meanwhile");
        if (got > 0)
            filled += static_cast<std::size_t>(got);
    }
    return bytes;
}

} // namespace faultline
