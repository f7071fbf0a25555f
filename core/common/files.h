#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline
{

/// Writes a file as a whole or not at all: into `FILE.tmp-PID` beside it, synced to the disk, then renamed
/// over it. A link is followed and an existing file's permissions are kept. `verify`, if given, gets the
/// finished temporary file and throws to refuse it. Any failure leaves an old file as it was, removes the
/// temporary one and throws an Error with the file and the reason. (One exception: when the folder can't be
/// synced after the rename, the Error comes with the new file in place.)
void writeFileAtomically(const std::filesystem::path& file, std::string_view bytes,
                         const std::function<void(const std::filesystem::path& temporary)>& verify = {});

/// Names of files for what a person has named, one for each: with _ for what a file cannot have, and a number
/// where another has that name, or that name with an ending that its files may have.
std::vector<std::string> fileNames(const std::vector<std::string>& names, std::string_view ending = "");

/// A file of an export, and what makes its contents: once it is known that the file may be written.
struct OutputFile {
    std::filesystem::path path;
    std::function<std::string()> contents;
};

std::vector<std::filesystem::path> pathsOf(std::span<const OutputFile> files);

/// Those of the paths where something is already.
std::vector<std::filesystem::path> existing(std::span<const std::filesystem::path> paths);

/// Writes one after the other, each as a whole, and makes their folders if needed. Throws Error.
void writeFiles(std::span<const OutputFile> files);

/// Half of this machine's memory, bytes: what a single file may take of it.
std::size_t halfOfMemory();

/// The bytes of a regular file; one that has more than `most` is refused before memory is taken for it.
/// Throws Error with the file and the reason.
std::string readWholeFile(const std::filesystem::path& file, std::size_t most = halfOfMemory());

} // namespace faultline
