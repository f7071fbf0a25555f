#include "window/shortcuts.h"

#include <algorithm>

#include <QAbstractButton>
#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>

#include "pages/panel.h"

namespace faultline
{

namespace
{

QString plain(QString text)
{
    return text.remove('&').remove(QChar(0x2026));
}

/// What a button does in words, even where it shows a mark alone: the first line of its tooltip, without its
/// key.
QString wordsOf(const QAbstractButton& button)
{
    const QString text = button.text();
    const bool mark = std::ranges::none_of(text, [](QChar letter) { return letter.isLetter(); });
    return mark ? button.toolTip().section('\n', 0, 0).section(" (", 0, 0) : text;
}

} // namespace

std::vector<std::pair<QString, QString>> shortcutsOf(const QWidget& window)
{
    std::vector<std::pair<QString, QString>> keys;
    const auto add = [&keys](const QKeySequence& sequence, const QString& what) {
        const std::pair entry{sequence.toString(QKeySequence::NativeText), plain(what)};
        if (!sequence.isEmpty() && !what.isEmpty() && std::ranges::find(keys, entry) == keys.end())
            keys.push_back(entry);
    };
    for (const QAction* action : window.findChildren<QAction*>())
        for (const QKeySequence& sequence : action->shortcuts())
            add(sequence, action->text());
    for (const QAbstractButton* button : window.findChildren<QAbstractButton*>())
        add(button->shortcut(), wordsOf(*button));
    std::ranges::stable_sort(keys, {}, &std::pair<QString, QString>::second);
    for (const auto& [key, what] :
         {std::pair{QObject::tr("Arrows"), QObject::tr("Move among dies, cells, data or curves")},
          {QObject::tr("Shift+Arrows"),
           QObject::tr("On the wafer or in charts: select; on a die: by a kernel")},
          {QObject::tr("Return"),
           QObject::tr("On the wafer: open the die; on a die: begin and end a stroke")},
          {QObject::tr("Ctrl+A"), QObject::tr("On the wafer: select all dies")},
          {QObject::tr("+, −"), QObject::tr("On a die: zoom")},
          {QObject::tr("Wheel"), QObject::tr("On a die: zoom at the cursor")},
          {QObject::tr("Space"), QObject::tr("On a die: held down, the left button drags it")},
          {QObject::tr("Middle button"), QObject::tr("On a die: drag it")},
          {QObject::tr("Ctrl+C"), QObject::tr("In a chart: copy the figure; in a table: its rows")},
          {QObject::tr("Esc"), QObject::tr("Give up a stroke or a selection")}})
        keys.emplace_back(key, what);
    return keys;
}

void showShortcuts(QWidget& window)
{
    QDialog dialog(&window);
    dialog.setObjectName("shortcuts");
    dialog.setWindowTitle(QObject::tr("Keyboard shortcuts"));
    QTableWidget* table = resultTable({QObject::tr("Keys"), QObject::tr("What they do")});
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    table->setFocusPolicy(Qt::StrongFocus); // arrow keys scroll it
    table->setAccessibleName(QObject::tr("Keyboard shortcuts"));
    table->horizontalHeaderItem(1)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    for (const auto& [key, what] : shortcutsOf(window)) {
        const int row = table->rowCount();
        table->insertRow(row);
        table->setItem(row, 0, new QTableWidgetItem(key));
        table->setItem(row, 1, new QTableWidgetItem(what));
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(table);
    layout->addWidget(buttons);
    dialog.resize(520, 560);
    dialog.exec();
}

} // namespace faultline
