#pragma once

#include <QWidget>

#include "figures/die_image.h"

namespace faultline
{

/// One die large: every cell a sharp square where there is room, the worst of several cells where there is
/// not; rulers at the kernels' borders; a tip says what the cell under the cursor is.
class HeatMapView : public QWidget
{
    Q_OBJECT

public:
    explicit HeatMapView(QWidget* parent = nullptr);

    /// Takes kernels and colours from a wafer, so that its dies can be compared. Shows none until showDie().
    void setWafer(const Wafer& wafer);
    void showDie(const Die& die); ///< keeps a copy
    void setLayer(DieLayer layer);

    QRectF mapRect() const; ///< where the cells are drawn
    /// "row 3, column 17 ...", with conductances and label; empty outside the die.
    QString describe(const QPointF& point) const;

    QSize sizeHint() const override { return {560, 320}; }
    QSize minimumSizeHint() const override { return {320, 200}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    void redraw();
    void paintRulers(QPainter& painter, const QRectF& map, const Theme& theme) const;

    Die die_;
    DieGeometry geometry_;
    std::array<ColourRange, 3> ranges_; // by DieLayer
    DieLayer layer_ = DieLayer::Defects;
    QImage image_;
};

} // namespace faultline
