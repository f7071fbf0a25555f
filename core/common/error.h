#pragma once

#include <stdexcept>
#include <string>

namespace faultline
{

/// The one exception that the library throws for anything a person can mend: a bad file, a wrong setting,
/// a network that does not fit. `what()` is a finished sentence for a message box or a terminal.
class Error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;

    /// A bad input file: "FILE: PLACE: found FOUND, expected EXPECTED".
    /// `place` is a row and column, a byte offset or a dataset's name; empty when the whole file is meant.
    Error(const std::string& file, const std::string& place, const std::string& found,
          const std::string& expected)
        : std::runtime_error(file + ": " + (place.empty() ? "" : place + ": ") + "found " + found +
                             ", expected " + expected)
    {
    }
};

/// Calls `part`, and has its Error say where the values stood that it did not like.
template <class Part>
auto at(const std::string& place, Part part)
{
    try {
        return part();
    } catch (const Error& error) {
        throw Error(place + ": " + error.what());
    }
}

} // namespace faultline
