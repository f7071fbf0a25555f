#pragma once

#include <memory>
#include <set>

#include <QWidget>

#include "figures/figure.h"

class QRubberBand;

namespace faultline
{

/// Shows a figure in the window's colours, or a hint while there is none. Its data can be pointed at: a tip
/// says what lies under the mouse; a click, a drawn frame or the arrow keys select items, with Ctrl or Shift
/// more of them. Other views of the same items follow through selectionChanged() and setSelected().
class FigureView : public QWidget
{
    Q_OBJECT

public:
    explicit FigureView(const QString& hint, QWidget* parent = nullptr);

    void setFigure(std::shared_ptr<const Figure> figure);
    void setHint(const QString& hint); ///< another one
    const Figure* figure() const { return figure_.get(); }

    void setLegend(bool shown); ///< not needed beside another chart that has it
    void setSelected(const std::set<int>& items);
    const std::set<int>& selected() const { return selected_; }
    std::vector<Spot> spots() const; ///< in this widget's pixels
    QString tipAt(const QPointF& point) const;

    QSize sizeHint() const override { return {420, 280}; }
    QSize minimumSizeHint() const override { return {180, 130}; }

signals:
    void selectionChanged(const std::set<int>& items); ///< by a person

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF figureArea() const;
    Theme theme() const;
    const Spot* nearest(const std::vector<Spot>& spots, const QPointF& point) const;
    void select(std::set<int> items, Qt::KeyboardModifiers modifiers);
    void step(int by, Qt::KeyboardModifiers modifiers);
    void paintSelection(QPainter& painter, const Theme& theme) const;

    std::shared_ptr<const Figure> figure_;
    QString hint_;
    bool legend_ = true;
    std::set<int> selected_;
    int current_ = -1; ///< item from which the arrow keys go on
    QPoint pressed_;
    QRubberBand* band_;
};

/// What a view without data shows: a quiet line of words in the middle.
void paintHint(QWidget& widget, const QString& hint);

/// The frame around a view that has the keyboard's focus.
void paintFocus(QPainter& painter, const QWidget& widget);

/// The theme of a widget's palette and font.
Theme themeOf(const QWidget& widget);

} // namespace faultline
