#include "views/image_grid.h"

#include <algorithm>

#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "figures/plot.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

constexpr int imageSide = 56, gap = 8; // pixels

} // namespace

ImageGrid::ImageGrid(const QString& hint, QWidget* parent) : QAbstractScrollArea(parent), hint_(hint)
{
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
}

void ImageGrid::setItems(std::vector<CaptionedImage> items)
{
    items_ = std::move(items);
    verticalScrollBar()->setValue(0);
    fit();
    viewport()->update();
}

QSize ImageGrid::cell() const
{
    return {imageSide + gap, imageSide + gap + fontMetrics().height()};
}

int ImageGrid::columns() const
{
    return std::max(1, viewport()->width() / cell().width());
}

QRect ImageGrid::place(std::size_t item) const
{
    const int k = static_cast<int>(item);
    return {QPoint(k % columns() * cell().width(),
                   k / columns() * cell().height() - verticalScrollBar()->value()),
            cell()};
}

void ImageGrid::fit()
{
    const int rows = (static_cast<int>(items_.size()) + columns() - 1) / columns();
    verticalScrollBar()->setSingleStep(cell().height() / 2);
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, rows * cell().height() - viewport()->height()));
}

void ImageGrid::resizeEvent(QResizeEvent*)
{
    fit();
}

void ImageGrid::paintEvent(QPaintEvent*)
{
    if (items_.empty()) {
        paintHint(*viewport(), hint_);
        return;
    }
    QPainter painter(viewport());
    painter.setPen(palette().color(QPalette::Text));
    for (std::size_t k = 0; k < items_.size(); ++k) {
        const QRect at = place(k);
        if (!at.intersects(viewport()->rect()))
            continue;
        const QRectF image(at.left() + gap / 2.0, at.top() + gap / 4.0, imageSide, imageSide);
        paintPixels(painter, image, items_[k].image);
        painter.drawText(QRectF(at.left(), image.bottom() + 1, at.width(), fontMetrics().height()),
                         Qt::AlignCenter, items_[k].caption);
    }
    if (hasFocus())
        paintFocus(painter, *viewport());
}

bool ImageGrid::event(QEvent* event)
{
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut)
        viewport()->update();
    return QAbstractScrollArea::event(event);
}

bool ImageGrid::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        for (std::size_t k = 0; k < items_.size(); ++k)
            if (place(k).contains(help->pos())) {
                QToolTip::showText(help->globalPos(), items_[k].tip, viewport());
                return true;
            }
        QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace faultline
