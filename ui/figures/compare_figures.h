#pragma once

#include <memory>

#include "figures/comparison.h"
#include "figures/figure.h"

namespace faultline
{

// The figures of a comparison. Each is null while there is no data for it. Their items are the dies' ids.

/// Dots with error bars over the repeats, and the software baseline as a line, in the order of the dies.
std::unique_ptr<Figure> errorByDieFigure(const Comparison& comparison);
/// Box plots with the single dies beside them.
std::unique_ptr<Figure> errorByModeFigure(const Comparison& comparison);
/// Scatter of each die's error over its number of defects.
std::unique_ptr<Figure> errorByDefectsFigure(const Comparison& comparison);
/// Share of dies under an error limit.
std::unique_ptr<Figure> yieldFigure(const Comparison& comparison);
/// Heat map of dies x hardware-aware networks, with each network's own die framed.
std::unique_ptr<Figure> generalityFigure(const Comparison& comparison);

} // namespace faultline
