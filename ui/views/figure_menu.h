#pragma once

#include <functional>
#include <memory>

#include "figures/figure.h"

class QMenu;
class QWidget;

namespace faultline
{

/// What is shown now; null for nothing.
using FigureShown = std::function<std::shared_ptr<const Figure>()>;

/// Adds to a menu: Export…, Copy and Copy numbers. `parent`: of the export dialog.
void addFigureActions(QMenu& menu, QWidget& parent, const std::shared_ptr<const Figure>& figure);

/// Gives a widget that shows a figure a context menu of these actions.
void addFigureMenu(QWidget& widget, const FigureShown& figure);
/// Makes Ctrl+C copy the figure while the widget has the focus.
void addCopyKey(QWidget& widget, const FigureShown& figure);

} // namespace faultline
