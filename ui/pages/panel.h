#pragma once

#include <string>

#include <QFrame>
#include <QLabel>

class QComboBox;
class QFormLayout;
class QScrollArea;
class QTableView;
class QTableWidget;
class QTableWidgetItem;
class QHBoxLayout;
class QVBoxLayout;

namespace faultline
{

// The few things that all pages are built from, so that they look alike.

/// Width of the gaps between panels and at the page's edge, pixels.
inline constexpr int pageMargin = 12;

/// A titled box on the page, with a widget in it or what is added to its body.
class Panel : public QFrame
{
public:
    explicit Panel(const QString& title, QWidget* content = nullptr);

    void setTitle(const QString& title);
    void addToTitle(QWidget* widget); ///< at the right of its line
    QVBoxLayout* body() const { return body_; }

private:
    QLabel* title_;
    QHBoxLayout* titleRow_;
    QVBoxLayout* body_;
};

QLabel* boldLabel(const QString& text);
/// Words of less weight.
QLabel* quietLabel(const QString& text = {});

/// Fields of which the lower ones scroll where there is no room for all.
QScrollArea* scrolled(QWidget* fields);

/// A heading over the rows of a form that follow, with room above it.
void addSection(QFormLayout& form, const QString& title);

/// Names of a box's entries that are the same in every language, for what is kept in the project.
void nameEntries(QComboBox& box, const QStringList& names);
std::string chosenName(const QComboBox& box);
void chooseName(QComboBox& box, const std::string& name); ///< leaves the box where it has none of that name

/// The looks of all tables: no grid, names in the first column, numbers in the others.
void makeQuiet(QTableView& table);
/// A table of results, with nothing to edit or select.
QTableWidget* resultTable(const QStringList& columns);
QTableWidgetItem* numberItem(const QString& text); ///< at the right
/// As high as its rows, without scroll bars.
void fitToRows(QTableView& table);

} // namespace faultline
