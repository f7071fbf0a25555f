#include "views/figure_menu.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QShortcut>

#include "views/export_dialog.h"

namespace faultline
{

void addFigureMenu(QWidget& widget, std::function<std::shared_ptr<const Figure>()> figure)
{
    widget.setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(&widget, &QWidget::customContextMenuRequested, &widget, [&widget, figure](QPoint at) {
        const std::shared_ptr<const Figure> shown = figure();
        auto* menu = new QMenu(&widget);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        const auto add = [&](const QString& text, const char* name, const auto& action) {
            QAction* entry = menu->addAction(text, &widget, action);
            entry->setObjectName(name);
            entry->setEnabled(shown != nullptr);
            return entry;
        };
        add(ExportDialog::tr("Export…"), "actionExportFigure", [&widget, shown] {
            auto* dialog = new ExportDialog({shown}, &widget);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            dialog->open();
        });
        add(ExportDialog::tr("Copy"), "actionCopyFigure", [shown] {
            copyFigure(*shown, savedStyle());
        })->setShortcut(QKeySequence::Copy);
        add(ExportDialog::tr("Copy numbers"), "actionCopyNumbers",
            [shown] { QApplication::clipboard()->setText(QString::fromStdString(tsv(shown->numbers()))); });
        menu->popup(widget.mapToGlobal(at));
    });
    auto* copy = new QShortcut(QKeySequence::Copy, &widget);
    copy->setContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QShortcut::activated, &widget, [figure] {
        if (const std::shared_ptr<const Figure> shown = figure())
            copyFigure(*shown, savedStyle());
    });
}

} // namespace faultline
