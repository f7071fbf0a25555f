#pragma once

#include <functional>
#include <memory>

#include "figures/figure.h"

class QWidget;

namespace faultline
{

/// Gives a widget that shows a figure its context menu: Export…, Copy and Copy numbers; Ctrl+C copies, too.
/// `figure` returns what is shown now, null for nothing.
void addFigureMenu(QWidget& widget, std::function<std::shared_ptr<const Figure>()> figure);

} // namespace faultline
