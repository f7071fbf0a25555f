#include "cli/study_folder.h"

#include <algorithm>
#include <iostream>

#include "cli/folders.h"
#include "common/error.h"
#include "common/files.h"
#include "project/journal.h"
#include "project/project_file.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

std::vector<fs::path> resultsIn(const fs::path& folder)
{
    return {folder / "study.json", folder / "dies.csv", folder / "figures"};
}

/// "study-1.json"
fs::path numbered(const fs::path& file, int number)
{
    return file.parent_path() /
           (file.stem().string() + "-" + std::to_string(number) + file.extension().string());
}

} // namespace

void expectOwnResults(const fs::path& folder, bool force)
{
    const fs::path file = folder / "study.faultline";
    if (!fs::exists(file) && !fs::exists(journalOf(file)))
        expectNew(resultsIn(folder), force);
}

void keepAside(const Project& other, const fs::path& file, const std::string& what)
{
    const std::vector<fs::path> results = existing(resultsIn(file.parent_path()));
    int number = 1;
    const auto isTaken = [&number](const fs::path& path) { return fs::exists(numbered(path, number)); };
    while (isTaken(file) || std::ranges::any_of(results, isTaken))
        ++number;
    saveProject(other, numbered(file, number));
    std::cout << what << " is kept as " << numbered(file, number).string();
    for (const fs::path& result : results) {
        std::error_code failure;
        fs::rename(result, numbered(result, number), failure);
        if (failure)
            throw Error(result.string() + ": cannot be renamed: " + failure.message());
        std::cout << ", its " << result.filename().string() << " as "
                  << numbered(result, number).filename().string();
    }
    std::cout << std::endl;
}

} // namespace faultline::cli
