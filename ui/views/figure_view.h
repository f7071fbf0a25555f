#pragma once

#include <memory>

#include <QWidget>

#include "figures/figure.h"

namespace faultline
{

/// Shows a figure in the window's colours, or a hint while there is none.
class FigureView : public QWidget
{
    Q_OBJECT

public:
    explicit FigureView(const QString& hint, QWidget* parent = nullptr);

    void setFigure(std::unique_ptr<Figure> figure);
    const Figure* figure() const { return figure_.get(); }

    QSize sizeHint() const override { return {420, 280}; }
    QSize minimumSizeHint() const override { return {220, 150}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::unique_ptr<Figure> figure_;
    QString hint_;
};

/// What a view without data shows: a quiet line of words in the middle.
void paintHint(QWidget& widget, const QString& hint);

/// The theme of a widget's palette and font.
Theme themeOf(const QWidget& widget);

} // namespace faultline
