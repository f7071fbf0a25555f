#pragma once

#include <filesystem>
#include <string_view>

namespace faultline::measured
{

/// Throws Error for a file of a known kind that cannot be read: says which it is and what to save instead.
void refuseForeignFormat(const std::filesystem::path& file, std::string_view bytes);

/// By the ending of its name, in lower case and with its point.
bool isForeignEnding(std::string_view ending);

} // namespace faultline::measured
