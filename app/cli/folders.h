#pragma once

#include <filesystem>

namespace faultline::cli
{

/// Makes the folder and sees that it can be written to: before hours of work rather than after. Throws Error.
void prepareFolder(const std::filesystem::path& folder);

} // namespace faultline::cli
