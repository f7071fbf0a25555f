#include "views/figure_view.h"

#include <QPainter>

namespace faultline
{

FigureView::FigureView(const QString& hint, QWidget* parent) : QWidget(parent), hint_(hint)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void FigureView::setFigure(std::unique_ptr<Figure> figure)
{
    figure_ = std::move(figure);
    update();
}

void FigureView::paintEvent(QPaintEvent*)
{
    if (!figure_) {
        paintHint(*this, hint_);
        return;
    }
    QPainter painter(this);
    const Theme theme = themeOf(*this);
    painter.fillRect(rect(), theme.background);
    const double margin = 0.6 * theme.textSize();
    figure_->paint(painter, QRectF(rect()).adjusted(margin, margin, -margin, -margin), theme);
}

void paintHint(QWidget& widget, const QString& hint)
{
    QPainter painter(&widget);
    const Theme theme = themeOf(widget);
    painter.fillRect(widget.rect(), theme.background);
    painter.setPen(theme.colour(Hue::Muted));
    painter.drawText(widget.rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, hint);
}

Theme themeOf(const QWidget& widget)
{
    return screenTheme(widget.palette(), widget.font());
}

} // namespace faultline
