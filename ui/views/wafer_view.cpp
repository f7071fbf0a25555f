#include "views/wafer_view.h"

#include <cmath>

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLineEdit>
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
    if (!die.included)
        lines.append(WaferView::tr("excluded from studies"));
    const DefectCounts counts = die.counts();
    for (const Defect defect : allDefects)
        lines.append(QString("%1: %2")
                         .arg(QString::fromUtf8(name(defect)))
                         .arg(counts[static_cast<std::size_t>(defect)]));
    if (!die.acquisition.missing.empty())
        lines.append(WaferView::tr("not measured: %1").arg(die.acquisition.missing.size()));
    return lines.join('\n');
}

} // namespace

WaferView::WaferView(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Dies of the wafer"));
}

void WaferView::setWafer(const Wafer& wafer, DieValues values)
{
    const bool sameDies = names_.size() == static_cast<qsizetype>(wafer.dies.size());
    map_ = waferMapFigure(wafer, std::move(values));
    positions_ = shownPositions(wafer);
    names_.clear();
    tips_.clear();
    for (std::size_t k = 0; k < wafer.dies.size(); ++k) {
        names_.append(QString::fromStdString(wafer.dies[k].name));
        tips_.append(tipOf(wafer.dies[k]));
    }
    delete nameEditor_;
    band_.reset();
    drawn_ = {};
    update();
    if (!sameDies) {
        anchor_ = names_.isEmpty() ? -1 : 0;
        selected_.clear();
        current_ = -1;
        select(anchor_);
    }
}

QString WaferView::tip(int die) const
{
    const QString note = notes_.value(die);
    return note.isEmpty() ? tips_[die] : tips_[die] + '\n' + note;
}

void WaferView::select(int die)
{
    anchor_ = die;
    select(die < 0 ? std::set<int>{} : std::set<int>{die}, die);
}

void WaferView::select(std::set<int> dies, int current)
{
    if (dies == selected_ && current == current_)
        return;
    selected_ = std::move(dies);
    current_ = current;
    update();
    emit selectionChanged();
}

/// From the anchor on, in the order of the dies.
void WaferView::selectTo(int die)
{
    const auto [first, last] = std::minmax(std::max(anchor_, 0), die);
    std::set<int> range;
    for (int k = first; k <= last; ++k)
        range.insert(k);
    select(std::move(range), die);
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
    for (int die = 0; die < names_.size(); ++die)
        if (dieRect(die).adjusted(0, -name, 0, 0).contains(point))
            return die;
    return -1;
}

void WaferView::editName(int die)
{
    delete nameEditor_;
    nameEditor_ = new QLineEdit(names_[die], this);
    nameEditor_->setObjectName("nameEditor");
    nameEditor_->setAccessibleName(tr("Name of the die"));
    const QRectF map = dieRect(die);
    const QSize size(std::max(110, static_cast<int>(map.width())), nameEditor_->sizeHint().height());
    const int left = std::min(static_cast<int>(map.left()), width() - size.width());
    nameEditor_->setGeometry(
        {QPoint(std::max(0, left), std::max(0, static_cast<int>(map.top()) - size.height())), size});
    nameEditor_->installEventFilter(this);
    nameEditor_->setToolTip(tr("Return renames, Esc leaves the name as it is."));
    connect(nameEditor_, &QLineEdit::returnPressed, this,
            [this, die] { emit renamed(die, nameEditor_->text()); });
    connect(nameEditor_, &QLineEdit::editingFinished, nameEditor_, [this] {
        if (!nameEditor_->hasFocus())
            nameEditor_->deleteLater();
    });
    nameEditor_->selectAll();
    nameEditor_->show();
    nameEditor_->setFocus();
}

bool WaferView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == nameEditor_ && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        nameEditor_->deleteLater();
        setFocus();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void WaferView::paintEvent(QPaintEvent*)
{
    if (!map_) {
        paintHint(*this, tr("This project has no dies."));
        return;
    }
    const Theme theme = themeOf(*this);
    const double ratio = devicePixelRatioF();
    if (drawn_.isNull() || drawn_.size() != size() * ratio) {
        drawn_ = QPixmap(size() * ratio);
        drawn_.setDevicePixelRatio(ratio);
        drawn_.fill(theme.background);
        QPainter painter(&drawn_);
        map_->paint(painter, mapArea(), theme);
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, drawn_);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor highlight = palette().color(QPalette::Highlight);
    for (const int die : selected_) {
        painter.setPen(QPen(highlight, die == current_ && hasFocus() ? 3.5 : 2.5));
        painter.drawRoundedRect(dieRect(die).adjusted(-4, -1.4 * theme.textSize(), 4, 4), 3, 3);
    }
    if (band_) {
        QColor fill = highlight;
        fill.setAlpha(40);
        painter.setPen(QPen(highlight, 1.0));
        painter.setBrush(fill);
        painter.drawRect(QRectF(band_->from, band_->to).normalized());
    }
}

void WaferView::mousePressEvent(QMouseEvent* event)
{
    if (!map_ || event->button() == Qt::MiddleButton)
        return;
    const int die = dieAt(event->position());
    const bool add = event->modifiers() & Qt::ControlModifier;
    if (event->button() == Qt::RightButton) {
        if (die >= 0 && !selected_.contains(die))
            select(die);
        return;
    }
    if (die < 0) {
        band_ = Band{event->position(), event->position(), add ? selected_ : std::set<int>{}};
        return;
    }
    if (event->modifiers() & Qt::ShiftModifier)
        return selectTo(die);
    if (!add)
        return select(die);
    anchor_ = die;
    std::set<int> dies = selected_;
    if (dies.erase(die) == 0)
        dies.insert(die);
    const int current = dies.contains(die) || dies.empty() ? die : *dies.begin();
    select(std::move(dies), current);
}

void WaferView::mouseMoveEvent(QMouseEvent* event)
{
    if (!band_)
        return;
    band_->to = event->position();
    std::set<int> dies = band_->before;
    const QRectF band = QRectF(band_->from, band_->to).normalized();
    for (int die = 0; die < names_.size(); ++die)
        if (band.intersects(dieRect(die)))
            dies.insert(die);
    const int current = dies.contains(current_) || dies.empty() ? current_ : *dies.begin();
    select(std::move(dies), current);
    update();
}

void WaferView::mouseReleaseEvent(QMouseEvent*)
{
    band_.reset();
    update();
}

void WaferView::mouseDoubleClickEvent(QMouseEvent* event)
{
    const int die = map_ && event->button() == Qt::LeftButton ? dieAt(event->position()) : -1;
    if (die >= 0)
        emit activated(die);
}

void WaferView::contextMenuEvent(QContextMenuEvent* event)
{
    emit menuWanted(event->globalPos());
}

void WaferView::keyPressEvent(QKeyEvent* event)
{
    const auto go = [&](int rows, int columns) {
        if (current_ < 0)
            return;
        const int die = neighbour(rows, columns);
        if (event->modifiers() & Qt::ShiftModifier) {
            std::set<int> dies = selected_;
            dies.insert(die);
            select(std::move(dies), die);
        } else {
            select(die);
        }
    };
    if (event->matches(QKeySequence::SelectAll) && map_) {
        std::set<int> dies;
        for (int die = 0; die < names_.size(); ++die)
            dies.insert(die);
        return select(std::move(dies), current_);
    }
    switch (event->key()) {
    case Qt::Key_Left:
        return go(0, -1);
    case Qt::Key_Right:
        return go(0, 1);
    case Qt::Key_Up:
        return go(-1, 0);
    case Qt::Key_Down:
        return go(1, 0);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (current_ >= 0)
            emit activated(current_);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

/// The nearest die in that direction: wafers are round, so the next row may begin elsewhere.
int WaferView::neighbour(int rows, int columns) const
{
    const WaferPosition from = positions_[static_cast<std::size_t>(current_)];
    int nearest = current_;
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
    return nearest;
}

void WaferView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        drawn_ = {};
    QWidget::changeEvent(event);
}

bool WaferView::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int die = map_ ? dieAt(help->pos()) : -1;
    if (die >= 0)
        QToolTip::showText(help->globalPos(), tip(die), this, dieRect(die).toAlignedRect());
    else
        QToolTip::hideText();
    return true;
}

} // namespace faultline
