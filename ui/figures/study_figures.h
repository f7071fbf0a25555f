#pragma once

#include <memory>
#include <span>
#include <vector>

#include "figures/comparison.h"
#include "figures/figure.h"
#include "figures/numbers.h"
#include "figures/wafer_map.h"
#include "study/runner.h"

namespace faultline
{

// The figures of a study. Each is null while there is no data for it. They copy what they need.

/// The dies at their places as small heat maps, coloured by a value of each.
std::unique_ptr<WaferMap> waferMapFigure(const Wafer& wafer, DieValues values);
/// A histogram, with the share of selected cells drawn over it if there is one.
std::unique_ptr<Plot> conductancePlot(const ConductanceHistogram& histogram,
                                      const ConductanceHistogram* share, bool logCounts);
/// Populations at P and AP, and defects.
std::unique_ptr<Figure> conductanceFigure(std::span<const Die> dies);
/// Loss and test error of every run.
std::unique_ptr<Figure> trainingCurvesFigure(const Wafer& wafer, const Study& study);

/// All figures that the study has data for; of the wafer alone when it has no runs. Needs a QGuiApplication
/// (the offscreen platform will do).
std::vector<std::shared_ptr<const Figure>> studyFigures(const Wafer& wafer, const Study& study,
                                                        const ComparisonChoice& choice = {});

} // namespace faultline
