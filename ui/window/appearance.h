#pragma once

#include <QIcon>
#include <QPalette>

namespace faultline
{

enum class Appearance { System, Light, Dark };

/// Qt's own palette for System.
QPalette paletteOf(Appearance appearance);

/// A one-colour SVG drawn in a palette's text colour, and in its highlight colour when checked.
QIcon tintedIcon(const QString& resource, const QPalette& palette);

} // namespace faultline
