#pragma once

#include <memory>
#include <span>

#include <QList>
#include <QPointF>
#include <QString>
#include <QWidget>

#include "figures/theme.h"

namespace faultline
{

/// One line of a live chart.
struct LiveCurve {
    QList<QPointF> points;
    Hue hue = Hue::Ink;
    bool recent = false; ///< still growing: drawn stronger
    QString name;
    int key = 0; ///< tells it from the others of its chart
};

/// A chart of growing curves over whole numbers from 1. Hides which chart library draws it.
class LiveChart : public QWidget
{
    Q_OBJECT

public:
    LiveChart(const QString& xTitle, const QString& yTitle, const QString& hint, QWidget* parent = nullptr);
    ~LiveChart() override;

    /// Replaces all curves and fits the axes, x up to at least `xHigh`.
    void setCurves(std::span<const LiveCurve> curves, double xHigh);
    int curves() const; ///< how many are shown
    /// Draws the curve of this key strongly and the others faintly; no curve has the key -1.
    void emphasise(int key);
    int emphasised() const { return emphasised_; }

signals:
    void hovered(int key); ///< the curve under the cursor, -1 for none
    void clicked(int key); ///< also by arrow keys, from curve to curve

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fitAxes();
    void applyTheme();
    void paintCurves();
    int curveAt(const QPointF& point) const; ///< on the view; index, -1 for none

    struct Chart;
    std::unique_ptr<Chart> chart_;
    int emphasised_ = -1;
};

} // namespace faultline
