#pragma once

#include <memory>

#include "figures/plot.h"
#include "measurement/wafer_report.h"

namespace faultline
{

// The figures of a wafer's statistics. They copy what they need.

/// Rate of each kind of defect with its 95 % interval; null when there are no defects.
std::unique_ptr<Figure> rateFigure(const WaferReport& report);
/// Conductances of healthy cells against a lognormal: straight where they are one.
std::unique_ptr<Figure> quantileFigure(const WaferReport& report);
/// Share of defective cells of each die against its distance from the wafer's centre.
std::unique_ptr<Figure> radialFigure(const WaferReport& report);
/// Defects of each kind on a die: dies of the wafer against the fitted negative binomial and Poisson.
std::unique_ptr<Figure> countFigure(const WaferReport& report, Defect defect);

/// Conductances and defects on a die: of dies drawn from the statistics over the measured ones.
std::unique_ptr<Figure> drawnFigure(const WaferReport& report);

/// All of them that there are data for.
std::vector<std::shared_ptr<const Figure>> reportFigures(const WaferReport& report);

} // namespace faultline
