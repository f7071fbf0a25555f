#pragma once

#include <string>
#include <vector>

#include <QPainter>
#include <QRectF>
#include <QSizeF>
#include <QString>

#include "figures/table.h"
#include "figures/theme.h"

namespace faultline
{

/// Where a datum lies in a drawn figure, so that it can be pointed at.
struct Spot {
    enum class Shape { Dot, Cell };
    QRectF place; ///< in the painter's units
    int item =
        0;       ///< what the datum tells about: a die's id. Spots of one item belong together in all figures
    QString tip; ///< its name in the first line, its numbers below
    Shape shape = Shape::Dot;
};

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

    /// Where paint() puts the data that can be pointed at; those drawn last come last.
    virtual std::vector<Spot> spots(const QRectF&, const Theme&) const { return {}; }

    const Table& numbers() const { return numbers_; }

    std::string name;           ///< stem of the file that it leaves as
    QString title;              ///< for a person
    QSizeF millimetres{86, 66}; ///< its size in print; journal columns are 86 or 178 mm wide

private:
    Table numbers_;
};

} // namespace faultline
