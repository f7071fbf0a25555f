#pragma once

#include <functional>
#include <memory>
#include <vector>

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
/// The figures of all such widgets inside of another, as they are shown now.
std::vector<std::shared_ptr<const Figure>> figuresShown(const QWidget& widget);
/// Makes Ctrl+C copy the figure while the widget has the focus, whatever it does elsewhere on the page.
void addCopyKey(QWidget& widget, const FigureShown& figure);

} // namespace faultline
