#pragma once

#include <sstream>
#include <string_view>

#include "common/error.h"

namespace faultline
{

/// For validate() functions: throws Error "WHAT is VALUE, must be ALLOWED" unless the condition holds.
template <class T>
void require(bool condition, std::string_view what, const T& value, std::string_view allowed)
{
    if (condition)
        return;
    std::ostringstream message;
    message << what << " is " << value << ", must be " << allowed;
    throw Error(message.str());
}

} // namespace faultline
