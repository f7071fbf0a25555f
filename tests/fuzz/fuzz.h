#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "common/error.h"

/// A file in memory, for readers that take a file's name.
class MemoryFile
{
public:
    MemoryFile() : number_(::memfd_create("fuzz", MFD_CLOEXEC)) {}
    ~MemoryFile() { ::close(number_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::filesystem::path write(std::span<const std::uint8_t> bytes) const
    {
        if (::ftruncate(number_, 0) != 0 ||
            ::pwrite(number_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error("cannot write a file in memory");
        return "/proc/self/fd/" + std::to_string(number_);
    }

private:
    int number_;
};

/// What a reader makes of bad input: one Error. Any other exception ends the program, as a crash does.
template <class Read>
int readOrRefuse(const Read& read)
{
    try {
        read();
    } catch (const faultline::Error&) {
        // The one way to refuse.
    }
    return 0;
}

/// The entry that libFuzzer calls, one in each program of this folder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
