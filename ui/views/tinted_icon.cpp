#include "views/tinted_icon.h"

#include <QPainter>
#include <QPalette>
#include <QSvgRenderer>

namespace faultline
{

QIcon tintedIcon(const QString& resource, const QPalette& palette)
{
    QSvgRenderer renderer(resource);
    const auto tinted = [&](const QColor& colour, int size) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        renderer.render(&painter);
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(pixmap.rect(), colour);
        return pixmap;
    };
    QIcon icon;
    for (const int size : {18, 28, 36, 56, 84}) {
        icon.addPixmap(tinted(palette.color(QPalette::WindowText), size), QIcon::Normal, QIcon::Off);
        icon.addPixmap(tinted(palette.color(QPalette::Highlight), size), QIcon::Normal, QIcon::On);
    }
    return icon;
}

} // namespace faultline
