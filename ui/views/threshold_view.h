#pragma once

#include <array>
#include <memory>
#include <span>

#include <QWidget>

#include "figures/plot.h"
#include "measurement/classification.h"

namespace faultline
{

/// A histogram of conductances with the three thresholds of a classification as upright lines, which are
/// moved by dragging, or with the arrow keys: Ctrl and an arrow choose one, an arrow alone moves it.
class ThresholdView : public QWidget
{
    Q_OBJECT

public:
    explicit ThresholdView(QWidget* parent = nullptr);

    void setDies(std::span<const Die> dies);
    void setThresholds(const Thresholds& thresholds);
    const Thresholds& thresholds() const { return thresholds_; }
    double pixelOf(double siemens) const; ///< where a conductance lies, from the left

    QSize sizeHint() const override { return {420, 240}; }

signals:
    void thresholdsChanged(const Thresholds& thresholds); ///< by a person

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    static constexpr std::array lines{&Thresholds::openBelow, &Thresholds::middle, &Thresholds::shortAbove};

    std::pair<double, double> pixelRange() const;
    double siemensAt(double pixel) const;
    int lineAt(double pixel) const; ///< -1: none
    void move(double siemens);
    void drawLines();

    std::unique_ptr<Plot> plot_;
    std::size_t histogramMarks_ = 0;
    Thresholds thresholds_;
    int chosen_ = -1;
    bool dragged_ = false;
};

} // namespace faultline
