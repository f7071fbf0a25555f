#pragma once

#include <memory>
#include <optional>

#include <QWidget>

#include "figures/numbers.h"
#include "figures/plot.h"

namespace faultline
{

/// A histogram of conductances in which a range can be brushed: drag, or arrow keys (with Shift they widen
/// it); a click or Esc takes it away. Ranges begin and end at the borders of bins.
class HistogramView : public QWidget
{
    Q_OBJECT

public:
    /// Siemens, from low up to but not including high.
    struct Range {
        double low, high;
        bool operator==(const Range&) const = default;
    };

    explicit HistogramView(QWidget* parent = nullptr);

    /// `share`: of selected cells, drawn over it. Keeps the brushed range.
    void setHistogram(ConductanceHistogram histogram, std::optional<ConductanceHistogram> share,
                      bool logCounts);
    const ConductanceHistogram& histogram() const { return histogram_; }
    const std::optional<ConductanceHistogram>& share() const { return share_; }
    const std::optional<Range>& brushed() const { return brushed_; }
    void brush(std::optional<Range> range);
    /// Whether the histogram counts a cell in the brushed range.
    bool isBrushed(const CellState& cell) const;
    double xOf(double siemens) const; ///< where it is drawn, pixels

    QSize sizeHint() const override { return {320, 260}; }
    QSize minimumSizeHint() const override { return {220, 150}; }

signals:
    void brushedChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF area() const;
    std::size_t edgeAt(double x) const; ///< index of the nearest one
    std::size_t edgeOf(double siemens) const;
    void brushEdges(std::size_t from, std::size_t to);

    ConductanceHistogram histogram_;
    std::optional<ConductanceHistogram> share_;
    std::shared_ptr<const Plot> plot_;
    std::optional<Range> brushed_;
    std::size_t anchor_ = 0;
    double pressedAt_ = 0.0;
};

} // namespace faultline
