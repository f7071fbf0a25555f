#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "common/files.h"
#include "fuzz.h"

/// Feeds every file of the folders that are named to the fuzzed reader, where libFuzzer is not at hand.
int main(int argc, char** argv)
{
    std::vector<std::filesystem::path> files;
    for (int k = 1; k < argc; ++k)
        for (const auto& entry : std::filesystem::directory_iterator(argv[k]))
            files.push_back(entry.path());
    std::ranges::sort(files);
    for (const std::filesystem::path& file : files) {
        std::printf("%s\n", file.c_str());
        std::fflush(stdout); // before a crash
        const std::string bytes = faultline::readWholeFile(file);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::printf("%zu files\n", files.size());
    return files.empty() ? 1 : 0;
}
