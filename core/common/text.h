#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace faultline
{

/// What a file holds, between quotation marks and cut to a length that fits into a message.
std::string inQuotes(std::string_view text);

/// In lower case, of the letters of ASCII.
std::string lower(std::string_view word);

/// "one of epochs, batch, draws; the nearest is epochs", for a word that is none of these names.
std::string oneOf(const std::vector<std::string>& names, std::string_view word);

/// The time as in ISO 8601, in UTC: "2024-05-17T09:30:00Z".
std::string timestamp();

} // namespace faultline
