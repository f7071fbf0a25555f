#pragma once

#include <QImage>
#include <QPainter>

#include "figures/theme.h"

namespace faultline
{

/// How a hatch lies on a picture of cells, all in its pixels. Lines go through the corners of cells.
struct Hatch {
    double cell;    ///< how large one is
    QPointF corner; ///< of any cell
    double line;    ///< width
    double period;  ///< from line to line; cells that are larger or smaller change it somewhat
};

/// Hatches pixels of a picture (Format_RGB32): those for which `codes`, of the same size, have the bit `bit`.
/// Every cell that stands alone gets a mark, however small it is; wide areas of small cells get lines.
void hatch(QImage& picture, const QImage& codes, uchar bit, const Hatch& how);

/// What a hatch looks like, for a legend.
void paintHatched(QPainter& painter, const QRectF& patch, const Theme& theme);

} // namespace faultline
