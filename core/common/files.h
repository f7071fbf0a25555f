#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace faultline
{

/// Writes a file as a whole or not at all: into `FILE.tmp-PID` beside it, synced to the disk, then renamed
/// over it. A link is followed and an existing file's permissions are kept. `verify`, if given, gets the
/// finished temporary file and throws to refuse it. Any failure leaves an old file as it was, removes the
/// temporary one and throws an Error with the file and the reason. (One exception: when the folder can't be
/// synced after the rename, the Error comes with the new file in place.)
void writeFileAtomically(const std::filesystem::path& file, std::string_view bytes,
                         const std::function<void(const std::filesystem::path& temporary)>& verify = {});

/// Half of this machine's memory, bytes: what a single file may take of it.
std::size_t halfOfMemory();

/// The bytes of a regular file; one that has more than `most` is refused before memory is taken for it.
/// Throws Error with the file and the reason.
std::string readWholeFile(const std::filesystem::path& file, std::size_t most = halfOfMemory());

} // namespace faultline
