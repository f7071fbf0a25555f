#pragma once

#include <QPainter>
#include <QRectF>

#include "figures/table.h"
#include "figures/theme.h"

namespace faultline
{

/// A picture that draws itself the same way on the screen and into PNG, SVG and PDF, and knows its numbers.
class Figure
{
public:
    explicit Figure(Table numbers) : numbers_(std::move(numbers)) {}
    virtual ~Figure() = default;
    Figure(const Figure&) = delete;
    Figure& operator=(const Figure&) = delete;

    /// Draws on an area that already has the theme's background. Units: see Theme.
    virtual void paint(QPainter& painter, const QRectF& area, const Theme& theme) const = 0;

    const Table& numbers() const { return numbers_; }

private:
    Table numbers_;
};

} // namespace faultline
