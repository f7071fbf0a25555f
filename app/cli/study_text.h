#pragma once

#include <ostream>

#include "cli/text.h"
#include "project/project.h"

namespace faultline::cli
{

/// The baseline, and a table with one line per mode: mean, sigma and worst over the dies, percent of the test
/// images, and how far the mean lies above the baseline.
void printSummary(std::ostream& out, const Wafer& wafer, const Study& study);

/// "3 defects, radius 1.5 cells", or "none".
std::string describe(const DefectClusters& clusters);

/// What a plan's networks take and find on a wafer: "784-512-256-10: 1 070 080 junctions, 2 dies of 1 048 576
/// each; 36 dies hold 18 networks", and which dies are left over.
std::string placement(const StudyPlan& plan, const Wafer& wafer);

/// All of a project: its wafer, and each study's dies, plan, statistics, summary and runs.
void printProject(std::ostream& out, const Project& project);

} // namespace faultline::cli
