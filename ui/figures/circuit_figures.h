#pragma once

#include <memory>
#include <span>

#include "figures/figure.h"
#include "study/circuit_study.h"

namespace faultline
{

/// Bars that stand on each other: what each effect costs in points when it is added to those before it, and
/// as dots what it costs alone.
std::unique_ptr<Figure> waterfallFigure(const Waterfall& waterfall);

/// How far each line's wire is from the voltage of its terminal at its worst cell: word lines from their
/// sources, bit lines from ground.
std::unique_ptr<Figure> irDropFigure(const TileRead& read);

/// Share of each row's, and of each column's, current that wires, drivers and sense resistances take; lines
/// that conduct nothing are left out.
std::unique_ptr<Figure> lineLossFigure(std::span<const LineLoss> rows, std::span<const LineLoss> columns);

/// Error over one parameter, a curve in a band of one standard deviation; over two, a heat map of the means.
std::unique_ptr<Figure> sweepFigure(const SweepPlan& plan, std::span<const SweepPoint> points);

} // namespace faultline
