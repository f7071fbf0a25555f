#include "views/wafer_view.h"

#include <cmath>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "figures/study_figures.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

QString tipOf(const Die& die)
{
    QStringList lines{QString::fromStdString(die.name)};
    const DefectCounts counts = die.counts();
    for (const Defect defect : allDefects)
        lines.append(QString("%1: %2")
                         .arg(QString::fromUtf8(name(defect)))
                         .arg(counts[static_cast<std::size_t>(defect)]));
    return lines.join('\n');
}

} // namespace

WaferView::WaferView(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Dies of the wafer"));
}

void WaferView::setWafer(const Wafer& wafer)
{
    map_ = waferMapFigure(wafer);
    positions_ = shownPositions(wafer);
    tips_.clear();
    for (const Die& die : wafer.dies)
        tips_.append(tipOf(die));
    selected_ = -1;
    if (!wafer.dies.empty())
        select(0);
    update();
}

void WaferView::select(int die)
{
    if (die == selected_)
        return;
    selected_ = die;
    update();
    emit selectionChanged(die);
}

QRectF WaferView::mapArea() const
{
    const double margin = 0.8 * themeOf(*this).textSize();
    return QRectF(rect()).adjusted(margin, margin, -margin, -margin);
}

QRectF WaferView::dieRect(int die) const
{
    return map_->dieRect(static_cast<std::size_t>(die), mapArea(), themeOf(*this));
}

int WaferView::dieAt(const QPointF& point) const
{
    const double name = 1.2 * themeOf(*this).textSize(); // the line above belongs to the die
    for (int die = 0; die < tips_.size(); ++die)
        if (dieRect(die).adjusted(0, -name, 0, 0).contains(point))
            return die;
    return -1;
}

void WaferView::paintEvent(QPaintEvent*)
{
    if (!map_) {
        paintHint(*this, tr("This project has no dies."));
        return;
    }
    QPainter painter(this);
    const Theme theme = themeOf(*this);
    painter.fillRect(rect(), theme.background);
    map_->paint(painter, mapArea(), theme);
    if (selected_ >= 0) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(palette().color(QPalette::Highlight), hasFocus() ? 3.0 : 2.0));
        painter.drawRect(dieRect(selected_).adjusted(-2, -2, 2, 2));
    }
}

void WaferView::mousePressEvent(QMouseEvent* event)
{
    const int die = event->button() == Qt::LeftButton ? dieAt(event->position()) : -1;
    if (die >= 0)
        select(die);
}

void WaferView::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return selectNeighbour(0, -1);
    case Qt::Key_Right:
        return selectNeighbour(0, 1);
    case Qt::Key_Up:
        return selectNeighbour(-1, 0);
    case Qt::Key_Down:
        return selectNeighbour(1, 0);
    default:
        QWidget::keyPressEvent(event);
    }
}

/// The nearest die in that direction: wafers are round, so the next row may begin elsewhere.
void WaferView::selectNeighbour(int rows, int columns)
{
    if (selected_ < 0)
        return;
    const WaferPosition from = positions_[static_cast<std::size_t>(selected_)];
    int nearest = selected_;
    double least = INFINITY;
    for (int die = 0; die < static_cast<int>(positions_.size()); ++die) {
        const int down = positions_[static_cast<std::size_t>(die)].row - from.row;
        const int right = positions_[static_cast<std::size_t>(die)].column - from.column;
        const int along = down * rows + right * columns, across = down * columns + right * rows;
        const double distance = along + 2.0 * std::abs(across);
        if (along > 0 && distance < least) {
            least = distance;
            nearest = die;
        }
    }
    select(nearest);
}

bool WaferView::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int die = map_ ? dieAt(help->pos()) : -1;
    if (die >= 0)
        QToolTip::showText(help->globalPos(), tips_[die], this, dieRect(die).toAlignedRect());
    else
        QToolTip::hideText();
    return true;
}

} // namespace faultline
