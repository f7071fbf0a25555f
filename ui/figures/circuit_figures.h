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

/// Error over one parameter, a curve in a band of one standard deviation; over two, a heat map of the means.
std::unique_ptr<Figure> sweepFigure(const SweepPlan& plan, std::span<const SweepPoint> points);

} // namespace faultline
