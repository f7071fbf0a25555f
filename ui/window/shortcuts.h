#pragma once

#include <utility>
#include <vector>

#include <QString>

class QWidget;

namespace faultline
{

/// What a window's keys do: of its actions and buttons, and of the views that have keys of their own; key
/// first.
std::vector<std::pair<QString, QString>> shortcutsOf(const QWidget& window);

/// Shows them in a table.
void showShortcuts(QWidget& window);

} // namespace faultline
