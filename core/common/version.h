#pragma once

namespace faultline
{

/// "0.1.0"
const char* version();

} // namespace faultline
