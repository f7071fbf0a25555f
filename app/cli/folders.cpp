#include "cli/folders.h"

#include <unistd.h>

#include "common/error.h"

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

} // namespace faultline::cli
