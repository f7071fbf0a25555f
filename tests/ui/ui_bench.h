#pragma once

#include <functional>
#include <memory>

#include <QMessageBox>
#include <QString>
#include <QWidget>

#include "project/project.h"
#include "window/appearance.h"

class QMenu;

namespace faultline
{

// What every test of the window needs.

/// The program's style with fixed colours, and settings of its own in an empty folder.
void prepareApplication(const QString& settingsFolder, Appearance appearance = Appearance::Light);

/// Writes an IDX data set of a few hundred 4 x 4 images that a network learns in an epoch.
void writeTinyDataset(const QString& folder);

/// The one widget of that name in `parent`; ends the test when there is none.
template <class Widget>
Widget* childOf(const QWidget* parent, const QString& name)
{
    auto* widget = parent->findChild<Widget*>(name);
    if (!widget)
        qFatal("no %s", qPrintable(name));
    return widget;
}

/// Shows every page of a main window and each of its tabs, and calls `check` with the page and the name of
/// the place.
void onEveryTab(const QWidget& window, const std::function<void(QWidget& page, const QString& place)>& check);

/// The menu that a right click in the middle of a widget opens; ends the test when there is none.
QMenu* menuOf(QWidget& widget);
/// Clicks at one of its entries.
void chooseFromMenu(QWidget& widget, const char* action);

/// Clicks at a button of the next question that opens. Its words, empty until then.
std::shared_ptr<QString> answerQuestion(QMessageBox::StandardButton button);

/// A few small dies and a plan over that data set: a study of it takes less than a second.
Project tinyProject(int dies, const QString& datasetFolder);

/// Dies with some twenty defects of each kind, whose conductances lie far apart.
Wafer clearWafer(int dies);

} // namespace faultline
