#include "cli/folders.h"

#include <algorithm>

#include <unistd.h>

#include "cli/text.h"
#include "common/error.h"
#include "common/files.h"

namespace faultline::cli
{

void prepareFolder(const std::filesystem::path& folder)
{
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (!failure && access(folder.c_str(), W_OK | X_OK) != 0)
        failure = {errno, std::generic_category()};
    if (failure)
        throw Error(folder.string() + ": cannot write results there: " + failure.message());
}

void expectNew(const std::vector<std::filesystem::path>& files, bool force)
{
    const std::vector<std::filesystem::path> found = existing(files);
    if (force || found.empty())
        return;
    constexpr std::size_t most = 5;
    std::vector<std::string> names;
    for (std::size_t k = 0; k < std::min(found.size(), most); ++k)
        names.push_back(found[k].string());
    if (found.size() > most)
        names.push_back(std::to_string(found.size() - most) + " more");
    throw Error(joined(names) + (found.size() == 1 ? ": exists already" : ": exist already") +
                ". Give another name, or --force to replace " + (found.size() == 1 ? "it." : "them."));
}

void addForce(CLI::App& command, bool& force)
{
    command.add_flag("--force", force, "Replace files that exist already");
}

} // namespace faultline::cli
