#include "views/legend_view.h"

#include <QPainter>

#include "views/figure_view.h"

namespace faultline
{

LegendView::LegendView(std::vector<LegendEntry> entries, QWidget* parent)
    : QWidget(parent),
      entries_(std::move(entries))
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize LegendView::sizeHint() const
{
    const double height = paintLegend(nullptr, QRectF(0, 0, 600, 100), entries_, themeOf(*this));
    return {400, static_cast<int>(height) + 1};
}

void LegendView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    Theme theme = themeOf(*this);
    theme.background = palette().color(backgroundRole());
    painter.setFont(theme.font);
    paintLegend(&painter, rect(), entries_, theme);
}

} // namespace faultline
