#pragma once

#include <vector>

#include <QWidget>

#include "figures/plot.h"

namespace faultline
{

/// The legend of one or more charts as a widget of its own.
class LegendView : public QWidget
{
    Q_OBJECT

public:
    explicit LegendView(std::vector<LegendEntry> entries, QWidget* parent = nullptr);
    void setEntries(std::vector<LegendEntry> entries); ///< hides itself without any
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<LegendEntry> entries_;
};

} // namespace faultline
