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

void LegendView::setEntries(std::vector<LegendEntry> entries)
{
    entries_ = std::move(entries);
    setVisible(!entries_.empty());
    updateGeometry();
    update();
}

QSize LegendView::sizeHint() const
{
    constexpr int width = 500;
    const double height = paintLegend(nullptr, QRectF(0, 0, width, 100), entries_, themeOf(*this));
    return {width, static_cast<int>(height) + 1};
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
