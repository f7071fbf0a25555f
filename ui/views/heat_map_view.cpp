#include "views/heat_map_view.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include "figures/die_figure.h"
#include "views/figure_menu.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

constexpr double largestCell = 120.0; ///< pixels
constexpr CellIndex nowhere{-1, -1};

QString microsiemens(float siemens)
{
    return QString("%1 µS").arg(1e6 * static_cast<double>(siemens), 0, 'f', 1);
}

/// `share` of 256 of the first colour, the rest of the second.
QRgb mix(QRgb colour, const QColor& other, int share)
{
    const auto channel = [share](int a, int b) { return (a * share + b * (256 - share)) / 256; };
    return qRgb(channel(qRed(colour), other.red()), channel(qGreen(colour), other.green()),
                channel(qBlue(colour), other.blue()));
}

QRgb paleOf(QRgb colour, const QColor& background)
{
    return mix(colour, background, 50);
}

} // namespace

HeatMapView::HeatMapView(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Heat map of the die"));
    addFigureMenu(*this, [this] { return figure(); });
    updateMouseCursor();
}

void HeatMapView::showDie(const Die* die, const DieGeometry& geometry)
{
    const QSize before = cells_.isEmpty() ? QSize() : cells_.cells().size();
    const bool cancelled = drag_ == Drag::Gesture || drag_ == Drag::KeyGesture;
    if (cancelled)
        drag_ = Drag::None;
    die_ = die;
    geometry_ = geometry;
    hover_ = nowhere;
    if (die && before != QSize(die->columns(), die->rows())) {
        selection_ = {};
        cursor_ = {0, 0};
        fitted_ = true;
        wanted_ = {};
    }
    refresh();
    if (cancelled)
        emit gestureCancelled();
    setAccessibleDescription(die ? tr("Die %1").arg(QString::fromStdString(die->name)) : QString());
}

void HeatMapView::setOverlay(const Overlay& overlay, const ColourRange& range, ColourMap colours)
{
    overlay_ = overlay;
    range_ = range;
    colours_ = colours;
    refresh();
}

void HeatMapView::refresh()
{
    cells_ = {};
    if (die_ && die_->defect.size() > 0)
        cells_ = CellPyramid(dieImage(*die_, overlay_, range_), overlay_.layer);
    staleLit_ = true;
    rendered_ = {};
    update();
    place();
}

void HeatMapView::setLit(std::function<bool(const CellState&)> lit)
{
    isLit_ = std::move(lit);
    staleLit_ = true;
    rendered_ = {};
    update();
}

/// Once for each frame, however often a brush has moved since the last.
void HeatMapView::remakeLit()
{
    staleLit_ = false;
    lit_ = {};
    if (isLit_ && !cells_.isEmpty()) {
        QImage image = cells_.cells();
        for (int row = 0; row < image.height(); ++row) {
            uchar* line = image.scanLine(row);
            for (int column = 0; column < image.width(); ++column)
                if (!isLit_(die_->cell({row, column})))
                    line[column] = noCell;
        }
        lit_ = CellPyramid(std::move(image), overlay_.layer);
    }
}

void HeatMapView::setPreview(std::vector<CellEdit> edits)
{
    if (edits.empty() && preview_.empty())
        return;
    preview_ = std::move(edits);
    update();
}

void HeatMapView::setSelection(const QRect& cells)
{
    selection_ = cells;
    update();
}

void HeatMapView::setEditable(bool editable)
{
    editable_ = editable;
    updateMouseCursor();
}

void HeatMapView::updateMouseCursor()
{
    if (drag_ == Drag::Pan)
        setCursor(Qt::ClosedHandCursor);
    else if (editable_ && !space_)
        setCursor(Qt::CrossCursor);
    else
        setCursor(Qt::OpenHandCursor);
}

QRectF HeatMapView::mapArea() const
{
    const Theme theme = themeOf(*this);
    const double em = theme.textSize();
    const double ruler = QFontMetricsF(theme.font).horizontalAdvance(QStringLiteral("0000")) + em;
    const double bar = overlay_.layer == DieLayer::Defects ? em : 7.0 * em;
    const QRectF area = QRectF(rect()).adjusted(ruler, 0.6 * em, -bar, -2.2 * em);
    return area.isValid() ? area : QRectF(0, 0, 1, 1); // a window being laid out
}

QRectF HeatMapView::mapRect() const
{
    if (cells_.isEmpty())
        return {};
    return {mapArea().topLeft() + offset_, QSizeF(die_->columns(), die_->rows()) * size_};
}

double HeatMapView::cellSize() const
{
    return size_;
}

QRectF HeatMapView::cellRect(const CellIndex& cell) const
{
    return {mapRect().topLeft() + QPointF(cell.column, cell.row) * size_, QSizeF(size_, size_)};
}

CellIndex HeatMapView::cellAt(const QPointF& point) const
{
    const QPointF cells = (point - mapRect().topLeft()) / size_;
    return {static_cast<int>(std::floor(cells.y())), static_cast<int>(std::floor(cells.x()))};
}

QRect HeatMapView::visibleCells() const
{
    const QRectF seen = mapRect() & mapArea();
    const CellIndex first = cellAt(seen.topLeft()), last = cellAt(seen.bottomRight());
    return QRect(QPoint(first.column, first.row), QPoint(last.column, last.row)) & cells_.cells().rect();
}

double HeatMapView::fittingSize() const
{
    const QRectF area = mapArea();
    return std::min(area.width() / die_->columns(), area.height() / die_->rows());
}

void HeatMapView::fit()
{
    fitted_ = true;
    wanted_ = {};
    if (cells_.isEmpty())
        return;
    size_ = fittingSize();
    const QRectF area = mapArea();
    // At the left, beside its ruler.
    offset_ = {0.0, (area.height() - size_ * die_->rows()) / 2};
    update();
}

QRectF HeatMapView::seen() const
{
    if (!wanted_.isNull())
        return wanted_;
    return fitted_ || cells_.isEmpty() ? QRectF() : QRectF(-offset_ / size_, mapArea().size() / size_);
}

void HeatMapView::showPart(const QRectF& seen)
{
    wanted_ = seen;
    fitted_ = seen.isEmpty();
    place();
}

/// After a change of what is shown or of the room that it has.
void HeatMapView::place()
{
    if (fitted_)
        return fit();
    if (cells_.isEmpty())
        return;
    if (!wanted_.isNull()) {
        const QSizeF area = mapArea().size();
        const double size = std::min(area.width() / wanted_.width(), area.height() / wanted_.height());
        const double smallest = fittingSize();
        size_ = std::clamp(size, smallest, std::max(largestCell, smallest));
        const QPointF middle(area.width() / 2, area.height() / 2);
        offset_ = middle - wanted_.center() * size_;
    }
    keepInSight();
    update();
}

void HeatMapView::zoomAt(const QPointF& point, double factor)
{
    if (cells_.isEmpty())
        return;
    const double smallest = fittingSize();
    const double size = std::min(size_ * factor, std::max(largestCell, smallest));
    if (size <= smallest * 1.0001)
        return fit();
    const QPointF corner = mapArea().topLeft();
    offset_ = point - corner - (point - corner - offset_) * (size / size_);
    size_ = size;
    fitted_ = false;
    wanted_ = {};
    keepInSight();
    update();
}

void HeatMapView::panBy(const QPointF& pixels)
{
    if (cells_.isEmpty())
        return;
    offset_ += pixels;
    fitted_ = false;
    wanted_ = {};
    keepInSight();
    update();
}

/// The middle of the view stays on the die.
void HeatMapView::keepInSight()
{
    const QSizeF middle = mapArea().size() / 2, all = QSizeF(die_->columns(), die_->rows()) * size_;
    offset_.setX(std::clamp(offset_.x(), middle.width() - all.width(), middle.width()));
    offset_.setY(std::clamp(offset_.y(), middle.height() - all.height(), middle.height()));
}

std::shared_ptr<const Figure> HeatMapView::figure() const
{
    if (cells_.isEmpty())
        return nullptr;
    return dieFigure(*die_, geometry_, overlay_, range_, colours_, visibleCells());
}

QString HeatMapView::describe(const QPointF& point) const
{
    if (cells_.isEmpty() || !mapArea().contains(point) || !die_->contains(cellAt(point)))
        return {};
    const CellIndex at = cellAt(point);
    const CellState cell = die_->cell(at);
    QString label = cell.defect == Defect::None ? tr("healthy") : QString::fromUtf8(name(cell.defect));
    if (!cell.measured)
        label = cell.defect == Defect::None ? tr("not measured (stands in)")
                                            : tr("%1, not measured (stands in)").arg(label);
    QString text = tr("row %1, column %2\nG at P: %3\nG at AP: %4\n%5")
                       .arg(at.row)
                       .arg(at.column)
                       .arg(microsiemens(cell.conductance[P]), microsiemens(cell.conductance[AP]), label);
    if (overlay_.read) {
        const auto shown = [&](DieLayer layer) {
            Overlay of = overlay_;
            of.layer = layer;
            const LayerText words = textOf(layer);
            return words.text(of.value(*die_, at)) + ' ' + words.unit;
        };
        text += tr("\nword line %1, bit line %2\n%3, %4")
                    .arg(shown(DieLayer::WordLine), shown(DieLayer::BitLine), shown(DieLayer::CellCurrent),
                         shown(DieLayer::CellPower));
    }
    if (overlay_.network) {
        if (const auto use = overlay_.network->use(*die_, at)) {
            Overlay weight = overlay_;
            weight.layer = DieLayer::Weights;
            text += tr("\nG%1 of weight (%2, %3) in layer %4, copy %5 of %6\nwritten %7, worth %8")
                        .arg(use->sign > 0 ? "+" : "−")
                        .arg(use->weight.output)
                        .arg(use->weight.input)
                        .arg(use->weight.layer + 1)
                        .arg(use->copy + 1)
                        .arg(overlay_.network->map().copies(use->weight.layer))
                        .arg(overlay_.network->written(use->weight) > 0 ? "+1" : "−1",
                             textOf(DieLayer::Weights).text(weight.value(*die_, at)));
        } else {
            text += tr("\nnot used by the network");
        }
    }
    return text;
}

void HeatMapView::paintEvent(QPaintEvent*)
{
    if (cells_.isEmpty()) {
        paintHint(*this, tr("Select a die."));
        return;
    }
    if (staleLit_)
        remakeLit();
    QPainter painter(this);
    const Theme theme = themeOf(*this);
    painter.fillRect(rect(), theme.background);
    painter.setFont(theme.font);
    painter.save();
    painter.setClipRect(mapArea().adjusted(-1, -1, 1, 1));
    paintCells(painter, theme);
    paintBorders(painter, theme);
    paintValues(painter, theme);
    paintEdits(painter, theme);
    painter.restore();
    painter.setRenderHint(QPainter::Antialiasing);
    paintRulers(painter, theme);
    const double em = theme.textSize();
    const QRectF area = mapArea();
    if (overlay_.layer != DieLayer::Defects) {
        const QRectF seen = mapRect() & area;
        paintColourBar(painter, {seen.right() + em, seen.top(), 1.2 * em, std::max(seen.height(), 6.0 * em)},
                       dieColourBar(overlay_.layer, range_, colours_, theme), theme);
    }
}

void HeatMapView::paintCells(QPainter& painter, const Theme& theme)
{
    const QRectF map = mapRect(), seen = map & mapArea();
    const double ratio = devicePixelRatioF();
    const QRect pixels = QRect(QPoint(qRound(seen.left() * ratio), qRound(seen.top() * ratio)),
                               QPoint(qRound(seen.right() * ratio) - 1, qRound(seen.bottom() * ratio) - 1));
    if (pixels.isEmpty())
        return;
    const QPointF corner = QPointF(pixels.topLeft()) / ratio;
    const QRectF part = QRectF((corner - map.topLeft()) / size_, QSizeF(pixels.size()) / ratio / size_) &
                        QRectF(cells_.cells().rect());
    if (rendered_.isNull() || renderedPixels_ != pixels || renderedPart_ != part)
        renderCells(pixels, part, theme);
    painter.drawImage(QRectF(corner, QSizeF(pixels.size()) / ratio), rendered_);
}

void HeatMapView::renderCells(const QRect& pixels, const QRectF& part, const Theme& theme)
{
    const QList<QRgb> colours = dieColours(overlay_.layer, colours_, theme);
    const QColor highlight = palette().color(QPalette::Highlight);
    std::array<QRgb, 256> plain{}, pale{}, marked{};
    for (qsizetype code = 0; code < colours.size(); ++code) {
        const auto k = static_cast<std::size_t>(code);
        plain[k] = colours[code];
        pale[k] = paleOf(colours[code], theme.background);
        // Healthy greys alone would hardly stand out.
        marked[k] = overlay_.layer == DieLayer::Defects && isRamp(static_cast<uchar>(code))
                        ? mix(colours[code], highlight, 128)
                        : colours[code];
    }
    const QImage seen = cells_.seen(part, pixels.size());
    const QImage lit = lit_.isEmpty() ? QImage() : lit_.seen(part, pixels.size());
    rendered_ = QImage(seen.size(), QImage::Format_RGB32);
    renderedPixels_ = pixels;
    renderedPart_ = part;
    for (int y = 0; y < seen.height(); ++y) {
        const uchar* codes = seen.constScanLine(y);
        const uchar* litCodes = lit.isNull() ? nullptr : lit.constScanLine(y);
        auto* line = reinterpret_cast<QRgb*>(rendered_.scanLine(y));
        for (int x = 0; x < seen.width(); ++x)
            if (!litCodes)
                line[x] = plain[codes[x]];
            else
                line[x] = litCodes[x] == noCell ? pale[codes[x]] : marked[litCodes[x]];
    }
    const double ratio = devicePixelRatioF();
    hatch(rendered_, seen, notMeasured,
          dieHatch(theme, ratio, size_ * ratio, mapRect().topLeft() * ratio - QPointF(pixels.topLeft())));
}

/// Of word and bit lines where cells are large enough, and of kernels.
void HeatMapView::paintBorders(QPainter& painter, const Theme& theme) const
{
    constexpr double smallestCell = 9.0, smallestKernel = 14.0;
    const QRectF map = mapRect();
    const QRect seen = visibleCells();
    const auto lines = [&](int everyRows, int everyColumns, const QPen& pen) {
        painter.setPen(pen);
        for (int row = seen.top() / everyRows * everyRows; row <= seen.bottom() + 1; row += everyRows) {
            const double y = map.top() + row * size_;
            painter.drawLine(QPointF(map.left() + seen.left() * size_, y),
                             QPointF(map.left() + (seen.right() + 1) * size_, y));
        }
        for (int column = seen.left() / everyColumns * everyColumns; column <= seen.right() + 1;
             column += everyColumns) {
            const double x = map.left() + column * size_;
            painter.drawLine(QPointF(x, map.top() + seen.top() * size_),
                             QPointF(x, map.top() + (seen.bottom() + 1) * size_));
        }
    };
    if (size_ >= smallestCell)
        lines(1, 1, QPen(theme.background, 0.0));
    QColor kernel = theme.colour(Hue::Muted);
    if (size_ < smallestCell)
        kernel.setAlpha(110);
    if (size_ * std::min(geometry_.kernelRows, geometry_.kernelColumns) >= smallestKernel)
        lines(geometry_.kernelRows, geometry_.kernelColumns, QPen(kernel, size_ < smallestCell ? 0.0 : 1.0));
    painter.setPen(QPen(theme.colour(Hue::Muted), 1.0));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(map);
}

void HeatMapView::paintValues(QPainter& painter, const Theme& theme) const
{
    constexpr double smallestText = 9.0, textInCell = 0.25; // pixels; of its height
    if (textInCell * size_ < smallestText)
        return;
    QFont font = theme.font;
    font.setPixelSize(std::min(font.pixelSize(), static_cast<int>(textInCell * size_)));
    const bool both = overlay_.layer == DieLayer::Defects;
    if (QFontMetricsF(font).horizontalAdvance(both ? "AP 0000.0" : "0000.0") > size_)
        return;
    painter.save();
    painter.setFont(font);
    const LayerText conductance = textOf(DieLayer::ConductanceP), layer = textOf(overlay_.layer);
    const QList<QRgb> colours = dieColours(overlay_.layer, colours_, theme);
    const QRect seen = visibleCells();
    for (int row = seen.top(); row <= seen.bottom(); ++row)
        for (int column = seen.left(); column <= seen.right(); ++column) {
            const CellIndex at{row, column};
            const CellState cell = die_->cell(at);
            const double value = overlay_.value(*die_, at);
            QString text;
            if (both)
                text =
                    tr("P %1\nAP %2")
                        .arg(conductance.text(cell.conductance[P]), conductance.text(cell.conductance[AP]));
            else
                text = std::isnan(value) ? QStringLiteral("–") : layer.text(value);
            QRgb under = colours[cells_.cells().constScanLine(row)[column]];
            if (isLit_ && !isLit_(cell))
                under = paleOf(under, theme.background);
            if (!cell.measured) // not across the hatch
                painter.fillRect(
                    painter.boundingRect(cellRect(at), Qt::AlignCenter, text).adjusted(-2, 0, 2, 0),
                    QColor::fromRgb(under));
            painter.setPen(isLight(under) ? Qt::black : Qt::white);
            painter.drawText(cellRect(at), Qt::AlignCenter, text);
        }
    painter.restore();
}

/// What is about to be drawn, what is selected, and where the cursors are.
void HeatMapView::paintEdits(QPainter& painter, const Theme& theme) const
{
    const QRect seen = visibleCells();
    const QColor highlight = palette().color(QPalette::Highlight);
    const auto isSeen = [&](const CellIndex& cell) { return seen.contains(cell.column, cell.row); };
    const auto grown = [](QRectF cell) {
        // Never smaller than can be seen.
        const double more = std::max(0.0, (3.0 - cell.width()) / 2);
        return cell.adjusted(-more, -more, more, more);
    };
    // Of many small cells one for each pixel will do.
    std::vector<bool> drawn(static_cast<std::size_t>(width()) * static_cast<std::size_t>(height()));
    for (const CellEdit& edit : preview_) {
        if (!isSeen(edit.cell))
            continue;
        const QRectF place = cellRect(edit.cell);
        const QPoint pixel(std::clamp(static_cast<int>(place.left()), 0, width() - 1),
                           std::clamp(static_cast<int>(place.top()), 0, height() - 1));
        const auto index = static_cast<std::size_t>(pixel.y()) * static_cast<std::size_t>(width()) +
                           static_cast<std::size_t>(pixel.x());
        if (size_ < 1.0 && drawn[index])
            continue;
        drawn[index] = true;
        const QRectF cell = grown(place);
        painter.fillRect(cell, edit.state.defect == Defect::None ? theme.background
                                                                 : theme.colour(hueOf(edit.state.defect)));
        if (size_ >= 5.0) {
            painter.setPen(QPen(highlight, size_ >= 12.0 ? 2.0 : 1.0));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(cell.adjusted(0.5, 0.5, -0.5, -0.5));
        } else if (edit.state.defect == Defect::None) {
            painter.fillRect(cell, highlight);
        }
    }
    painter.setBrush(Qt::NoBrush);
    if (!selection_.isNull()) {
        const QRectF area = cellRect({selection_.top(), selection_.left()}) |
                            cellRect({selection_.bottom(), selection_.right()});
        painter.setPen(QPen(theme.background, 3.0));
        painter.drawRect(area);
        painter.setPen(QPen(highlight, 1.5, Qt::DashLine));
        painter.drawRect(area);
    }
    const CellIndex& at = showCursor_ ? cursor_ : hover_;
    if (isSeen(at) && (showCursor_ ? hasFocus() : size_ >= 4.0)) {
        const QRectF cell = showCursor_ ? grown(cellRect(at)).adjusted(-2, -2, 2, 2) : cellRect(at);
        painter.setPen(QPen(theme.background, 3.5));
        painter.drawRect(cell);
        painter.setPen(QPen(showCursor_ ? highlight : theme.ink, showCursor_ ? 2.0 : 1.2));
        painter.drawRect(cell);
    }
}

/// Rows at the left, columns below: at the borders of kernels, or of single cells when few are in sight.
void HeatMapView::paintRulers(QPainter& painter, const Theme& theme) const
{
    const double em = theme.textSize();
    const QRectF map = mapRect(), seen = map & mapArea();
    const QRect cells = visibleCells();
    // A number takes three ems.
    const auto step = [&](int kernel) {
        // Steps that meet the borders of kernels, unless a kernel is as good as the die.
        for (const int cells : {1, 2, 5, 10, 20, 50, 100})
            if (cells * size_ >= 3.0 * em && cells < kernel && (kernel % cells == 0 || kernel > 100))
                return cells;
        return kernel * std::max(1, static_cast<int>(std::ceil(3.0 * em / (size_ * kernel))));
    };
    const auto places = [](int first, int last, int every) {
        std::vector<int> all;
        for (int place = (first + every - 1) / every * every; place <= last; place += every)
            all.push_back(place);
        return all;
    };
    // The number of a single large cell stands at its middle, that of many at their border.
    const auto shift = [&](int every) { return every == 1 ? size_ / 2 : 0.0; };
    painter.setPen(QPen(theme.colour(Hue::Muted), 1.0));
    const int everyColumn = step(geometry_.kernelColumns), everyRow = step(geometry_.kernelRows);
    for (const int column : places(cells.left(), cells.right() + (everyColumn > 1), everyColumn)) {
        const double x = map.left() + column * size_ + shift(everyColumn);
        if (x > seen.right() + 1)
            continue;
        painter.drawLine(QPointF(x, seen.bottom()), QPointF(x, seen.bottom() + 0.4 * em));
        paintText(painter, {x, seen.bottom() + 0.6 * em}, Qt::AlignHCenter | Qt::AlignTop,
                  QString::number(column));
    }
    for (const int row : places(cells.top(), cells.bottom() + (everyRow > 1), everyRow)) {
        const double y = map.top() + row * size_ + shift(everyRow);
        if (y > seen.bottom() + 1)
            continue;
        painter.drawLine(QPointF(seen.left(), y), QPointF(seen.left() - 0.4 * em, y));
        paintText(painter, {seen.left() - 0.6 * em, y}, Qt::AlignRight | Qt::AlignVCenter,
                  QString::number(row));
    }
}

void HeatMapView::resizeEvent(QResizeEvent*)
{
    place();
}

void HeatMapView::wheelEvent(QWheelEvent* event)
{
    constexpr double perNotch = 1.25;
    zoomAt(event->position(), std::pow(perNotch, event->angleDelta().y() / 120.0));
    event->accept();
}

void HeatMapView::setHover(const CellIndex& cell)
{
    if (cell == hover_)
        return;
    hover_ = cell;
    update();
    emit hovered(cell);
}

void HeatMapView::mousePressEvent(QMouseEvent* event)
{
    if (cells_.isEmpty() || drag_ == Drag::Pan || drag_ == Drag::Gesture)
        return;
    showCursor_ = false;
    const CellIndex cell = cellAt(event->position());
    if (event->button() == Qt::MiddleButton ||
        (event->button() == Qt::LeftButton && (space_ || !editable_))) {
        drag_ = Drag::Pan;
        dragFrom_ = event->position();
    } else if (event->button() == Qt::LeftButton && die_->contains(cell) &&
               mapArea().contains(event->position())) {
        if (drag_ == Drag::KeyGesture)
            endGesture();
        drag_ = Drag::Gesture;
        cursor_ = lastMove_ = cell;
        emit gestureStarted(cell);
    }
    updateMouseCursor();
}

void HeatMapView::mouseMoveEvent(QMouseEvent* event)
{
    if (cells_.isEmpty())
        return;
    if (drag_ == Drag::Pan) {
        panBy(event->position() - dragFrom_);
        dragFrom_ = event->position();
        return;
    }
    const CellIndex cell = cellAt(event->position());
    if (cell != hover_)
        showCursor_ = false;
    setHover(cell);
    if (drag_ == Drag::Gesture && cell != lastMove_) {
        lastMove_ = cell;
        emit gestureMoved(cell);
    }
}

void HeatMapView::mouseReleaseEvent(QMouseEvent* event)
{
    if (drag_ == Drag::Gesture && event->button() == Qt::LeftButton)
        endGesture();
    else if (drag_ == Drag::Pan)
        drag_ = Drag::None;
    updateMouseCursor();
}

void HeatMapView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (editable_)
        mousePressEvent(event); // two quick dabs
    else if (die_ && die_->contains(cellAt(event->position())))
        emit activated(cellAt(event->position()));
}

void HeatMapView::leaveEvent(QEvent*)
{
    if (!showCursor_ || !hasFocus())
        setHover(nowhere);
}

void HeatMapView::endGesture()
{
    drag_ = Drag::None;
    emit gestureEnded();
}

void HeatMapView::keyPressEvent(QKeyEvent* event)
{
    if (cells_.isEmpty())
        return QWidget::keyPressEvent(event);
    const bool far = event->modifiers() & Qt::ShiftModifier;
    const int rows = far ? geometry_.kernelRows : 1, columns = far ? geometry_.kernelColumns : 1;
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(0, -columns);
    case Qt::Key_Right:
        return moveCursor(0, columns);
    case Qt::Key_Up:
        return moveCursor(-rows, 0);
    case Qt::Key_Down:
        return moveCursor(rows, 0);
    case Qt::Key_F:
        return fit();
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus: {
        const QPointF at = showCursor_ ? cellRect(cursor_).center() : mapArea().center();
        return zoomAt(at, event->key() == Qt::Key_Minus ? 1 / 1.5 : 1.5);
    }
    case Qt::Key_Space:
        space_ = true;
        return updateMouseCursor();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (!editable_ || drag_ == Drag::Pan || drag_ == Drag::Gesture)
            return;
        if (drag_ == Drag::KeyGesture)
            return endGesture();
        drag_ = Drag::KeyGesture;
        moveCursor(0, 0);
        emit gestureStarted(cursor_);
        return update();
    case Qt::Key_Escape:
        drag_ = Drag::None;
        updateMouseCursor();
        emit gestureCancelled();
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void HeatMapView::keyReleaseEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        space_ = false;
        updateMouseCursor();
    }
}

void HeatMapView::focusOutEvent(QFocusEvent*)
{
    space_ = false;
    updateMouseCursor();
    update();
}

/// Brings the cursor into sight when it leaves it.
void HeatMapView::moveCursor(int rows, int columns)
{
    cursor_.row = std::clamp(cursor_.row + rows, 0, die_->rows() - 1);
    cursor_.column = std::clamp(cursor_.column + columns, 0, die_->columns() - 1);
    showCursor_ = true;
    const QRectF cell = cellRect(cursor_), area = mapArea();
    if (!fitted_)
        panBy({std::max(0.0, area.left() - cell.left()) - std::max(0.0, cell.right() - area.right()),
               std::max(0.0, area.top() - cell.top()) - std::max(0.0, cell.bottom() - area.bottom())});
    setHover(cursor_);
    if (drag_ == Drag::KeyGesture && (rows != 0 || columns != 0))
        emit gestureMoved(cursor_);
    update();
}

void HeatMapView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        rendered_ = {};
    QWidget::changeEvent(event);
}

bool HeatMapView::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), describe(help->pos()), this);
    return true;
}

} // namespace faultline
