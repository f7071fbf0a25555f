#pragma once

#include <memory>

#include <QWidget>

#include "figures/die_image.h"

namespace faultline
{

/// The dies of a wafer as small heat maps at their places; one is selected, by mouse or arrow keys.
class WaferView : public QWidget
{
    Q_OBJECT

public:
    explicit WaferView(QWidget* parent = nullptr);

    void setWafer(const Wafer& wafer);         ///< selects the first die
    int selected() const { return selected_; } ///< -1 without dies
    void select(int die);
    QRectF dieRect(int die) const; ///< where it is drawn

    QSize sizeHint() const override { return {860, 400}; }
    QSize minimumSizeHint() const override { return {480, 240}; }

signals:
    void selectionChanged(int die);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRectF mapArea() const;
    int dieAt(const QPointF& point) const;
    void selectNeighbour(int rows, int columns);

    std::unique_ptr<WaferMap> map_;
    std::vector<WaferPosition> positions_;
    QStringList tips_;
    int selected_ = -1;
};

} // namespace faultline
