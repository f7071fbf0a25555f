#pragma once

#include <QIcon>

class QPalette;

namespace faultline
{

/// A one-colour SVG drawn in a palette's text colour, and in its highlight colour when checked.
QIcon tintedIcon(const QString& resource, const QPalette& palette);

} // namespace faultline
