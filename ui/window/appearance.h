#pragma once

#include <QPalette>

namespace faultline
{

enum class Appearance { System, Light, Dark };

/// Qt's own palette for System.
QPalette paletteOf(Appearance appearance);

} // namespace faultline
