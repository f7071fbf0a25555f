#pragma once

#include <memory>
#include <span>

#include <QList>
#include <QPointF>
#include <QWidget>

#include "figures/theme.h"

namespace faultline
{

/// One line of a live chart.
struct LiveCurve {
    QList<QPointF> points;
    Hue hue = Hue::Ink;
    bool recent = false; ///< still growing: drawn stronger
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

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyTheme();

    struct Chart;
    std::unique_ptr<Chart> chart_;
};

} // namespace faultline
