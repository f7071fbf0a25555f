#pragma once

#include <memory>

#include <QRect>

#include "figures/die_image.h"

namespace faultline
{

/// One die, or the part of it in `cells` (x: columns, y: rows; all of it if null), as a picture with the
/// borders of kernels and the rows and columns counted at its sides. Its numbers are a matrix in the layer's
/// unit, or the labels of DieLayer::Defects. Cells that were not measured have no label, conductance and TMR.
std::unique_ptr<Figure> dieFigure(const Die& die, const DieGeometry& geometry, const Overlay& overlay,
                                  const ColourRange& range, ColourMap colours, QRect cells = {});

} // namespace faultline
