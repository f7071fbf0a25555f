#include "views/figure_menu.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QShortcut>

#include "views/export_dialog.h"

namespace faultline
{

void addFigureActions(QMenu& menu, QWidget& parent, const std::shared_ptr<const Figure>& figure)
{
    const auto add = [&](const QString& text, const char* name, const auto& action) {
        QAction* entry = menu.addAction(text, &parent, action);
        entry->setObjectName(name);
        entry->setEnabled(figure != nullptr);
    };
    add(ExportDialog::tr("Export…"), "actionExportFigure", [&parent, figure] {
        auto* dialog = new ExportDialog({figure}, &parent);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    add(ExportDialog::tr("Copy figure"), "actionCopyFigure", [figure] { copyFigure(*figure, savedStyle()); });
    add(ExportDialog::tr("Copy numbers"), "actionCopyNumbers",
        [figure] { QApplication::clipboard()->setText(QString::fromStdString(tsv(figure->numbers()))); });
}

void addFigureMenu(QWidget& widget, const FigureShown& figure)
{
    widget.setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(&widget, &QWidget::customContextMenuRequested, &widget, [&widget, figure](QPoint at) {
        auto* menu = new QMenu(&widget);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        addFigureActions(*menu, widget, figure());
        menu->popup(widget.mapToGlobal(at));
    });
}

void addCopyKey(QWidget& widget, const FigureShown& figure)
{
    auto* copy = new QShortcut(QKeySequence::Copy, &widget);
    copy->setContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QShortcut::activated, &widget, [figure] {
        if (const std::shared_ptr<const Figure> shown = figure())
            copyFigure(*shown, savedStyle());
    });
}

} // namespace faultline
