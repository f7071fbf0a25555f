#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace faultline
{

/// Who works on a file.
struct LockOwner {
    std::string host;
    long process = 0;
    /// When that process began, in the system's clock ticks since boot: another process may get its number.
    unsigned long long processStart = 0;
    std::string user;
    std::string since;         ///< UTC, ISO 8601
    std::string words() const; ///< "ada on bench3 (process 1234) since 2026-11-23T21:40:07Z"
    /// How to go on when its process cannot be asked from here, as a sentence to follow words(); else
    /// nothing.
    std::string advice(const std::filesystem::path& file) const;
};

/// Says that this process works on a file: "FILE.lock" beside it, a few lines of text that name the owner. It
/// binds only programs that ask, and works on network drives, where the system's own locks may not. A lock
/// whose process has ended is stale and taken over; of another host's process nothing is known, so that its
/// lock holds until that file is removed.
class LockFile
{
public:
    LockFile() = default; ///< holds nothing
    /// Takes the lock unless somebody else has it: then owner() says who. Throws Error when no lock can be
    /// written.
    explicit LockFile(const std::filesystem::path& file);
    ~LockFile(); ///< gives it back
    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&& other) noexcept;

    bool isHeld() const { return !lock_.empty(); }
    const std::optional<LockOwner>& owner() const { return owner_; } ///< somebody else

private:
    std::filesystem::path lock_; // empty: not held
    std::optional<LockOwner> owner_;
};

} // namespace faultline
