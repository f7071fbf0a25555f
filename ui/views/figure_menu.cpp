#include "views/figure_menu.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMenu>

#include "views/export_dialog.h"

namespace faultline
{

namespace
{

/// What a widget shows, to be found from outside.
class Source : public QObject
{
public:
    Source(QWidget& widget, FigureShown figure) : QObject(&widget), figure_(std::move(figure)) {}

    std::shared_ptr<const Figure> figure() const { return figure_(); }

private:
    FigureShown figure_;
};

/// Takes the key before a shortcut of the page can, as a text field does.
class CopyKey : public QObject
{
public:
    CopyKey(QWidget& widget, FigureShown figure) : QObject(&widget), figure_(std::move(figure)) {}

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        const bool pressed = event->type() == QEvent::KeyPress;
        if ((!pressed && event->type() != QEvent::ShortcutOverride) ||
            !static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy))
            return QObject::eventFilter(watched, event);
        event->accept();
        if (pressed)
            if (const std::shared_ptr<const Figure> shown = figure_())
                copyFigure(*shown, savedStyle());
        return true;
    }

private:
    FigureShown figure_;
};

} // namespace

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
    new Source(widget, figure);
    widget.setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(&widget, &QWidget::customContextMenuRequested, &widget, [&widget, figure](QPoint at) {
        auto* menu = new QMenu(&widget);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        addFigureActions(*menu, widget, figure());
        menu->popup(widget.mapToGlobal(at));
    });
}

std::vector<std::shared_ptr<const Figure>> figuresShown(const QWidget& widget)
{
    std::vector<std::shared_ptr<const Figure>> figures;
    for (const QObject* child : widget.findChildren<QObject*>())
        if (const auto* source = dynamic_cast<const Source*>(child))
            if (auto figure = source->figure())
                figures.push_back(std::move(figure));
    return figures;
}

void addCopyKey(QWidget& widget, const FigureShown& figure)
{
    widget.installEventFilter(new CopyKey(widget, figure));
}

} // namespace faultline
