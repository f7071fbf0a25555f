#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <QWidget>

#include "document/wafer_edits.h"
#include "figures/die_image.h"

namespace faultline
{

/// One die large, from all of it down to single cells with their values written in them. Every cell is a
/// sharp square where there is room, the worst of several cells where there is not. The wheel zooms at the
/// cursor; the middle button, or the left one with the space bar, pans; F fits. Arrow keys move a cursor over
/// cells.
///
/// What a person does to cells comes out as gestures, which mean nothing to the view: a press, moves from
/// cell to cell and a release of the left button, or the Return key, arrows and Return again.
class HeatMapView : public QWidget
{
    Q_OBJECT

public:
    explicit HeatMapView(QWidget* parent = nullptr);

    /// Shows a die, which must outlive this view or its next showDie(); null for none. The part in sight
    /// stays when the die is of the same size as the last.
    void showDie(const Die* die, const DieGeometry& geometry = {});
    void setOverlay(const Overlay& overlay, const ColourRange& range, ColourMap colours);
    const Overlay& overlay() const { return overlay_; }
    void refresh(); ///< the die's cells have changed
    /// Cells for which `lit` is false become pale; none do without one.
    void setLit(std::function<bool(const CellState&)> lit);
    void setPreview(std::vector<CellEdit> edits); ///< what a gesture would do
    void setSelection(const QRect& cells);        ///< x: columns, y: rows; null for none
    QRect selection() const { return selection_; }
    /// Whether the left button makes gestures; it pans otherwise.
    void setEditable(bool editable);

    QRectF mapRect() const;  ///< where all cells lie; reaches beyond the view when zoomed in
    QRectF mapArea() const;  ///< where cells are drawn
    double cellSize() const; ///< pixels
    QRectF cellRect(const CellIndex& cell) const;
    /// Also for points beside the die, which give cells that it does not have.
    CellIndex cellAt(const QPointF& point) const;
    CellIndex cursorCell() const { return cursor_; }
    /// Where the mouse is, or the cursor when keys were used last; may be outside the die.
    CellIndex hoveredCell() const { return hover_; }
    void fit();
    /// The part in sight, cells; null while the whole die is.
    QRectF seen() const;
    void showPart(const QRectF& seen); ///< as large as it fits, until a person zooms or pans; null for all
    void zoomAt(const QPointF& point, double factor); ///< keeps the cell under the point there
    void panBy(const QPointF& pixels);
    std::shared_ptr<const Figure> figure() const; ///< of the cells in sight; null without a die
    /// "row 3, column 17 ...", with conductances and label; empty outside the die.
    QString describe(const QPointF& point) const;

    QSize sizeHint() const override { return {560, 320}; }
    QSize minimumSizeHint() const override { return {240, 160}; }

signals:
    void gestureStarted(const CellIndex& cell);
    void gestureMoved(const CellIndex& cell); ///< may leave the die
    void gestureEnded();
    void gestureCancelled();               ///< also without a gesture: Esc was pressed
    void hovered(const CellIndex& cell);   ///< may be outside the die
    void activated(const CellIndex& cell); ///< double click

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    /// Which lines and columns of cells are in sight: x: columns, y: rows.
    QRect visibleCells() const;
    double fittingSize() const;
    void keepInSight();
    void place();
    void remakeLit();
    void setHover(const CellIndex& cell);
    void moveCursor(int rows, int columns);
    void endGesture();
    void updateMouseCursor();
    void renderCells(const QRect& pixels, const QRectF& part, const Theme& theme);
    void paintCells(QPainter& painter, const Theme& theme);
    void paintBorders(QPainter& painter, const Theme& theme) const;
    void paintValues(QPainter& painter, const Theme& theme) const;
    void paintEdits(QPainter& painter, const Theme& theme) const;
    void paintRulers(QPainter& painter, const Theme& theme) const;

    const Die* die_ = nullptr;
    DieGeometry geometry_;
    Overlay overlay_;
    ColourRange range_;
    ColourMap colours_ = ColourMap::Viridis;
    std::function<bool(const CellState&)> isLit_;
    CellPyramid cells_, lit_; // lit_: the same cells, but noCell where they are pale
    bool staleLit_ = false;
    std::vector<CellEdit> preview_;
    QRect selection_;

    bool fitted_ = true;
    QRectF wanted_;     ///< of showPart(), for when the view is resized
    double size_ = 1.0; ///< of a cell, pixels
    QPointF offset_;    ///< of the die's corner from mapArea()'s, pixels

    bool editable_ = false;
    enum class Drag { None, Pan, Gesture, KeyGesture } drag_ = Drag::None;
    bool space_ = false; ///< held down
    QPointF dragFrom_;
    CellIndex cursor_{0, 0}, hover_{-1, -1}, lastMove_{-1, -1};
    bool showCursor_ = false; ///< arrow keys were used last, not the mouse

    QImage rendered_; ///< what the last paint event drew, valid for the two below
    QRect renderedPixels_;
    QRectF renderedPart_;
};

} // namespace faultline
