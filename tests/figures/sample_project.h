#pragma once

#include "project/project.h"

namespace faultline
{

/// A project with drawn dies and invented results, the same at every call: what figures and pages show in
/// tests that need no training.
Project sampleProject(int dies);

/// Dies, network and results so small that a study of them takes a second.
Wafer sampleWafer(int dies, const DieGeometry& geometry);

} // namespace faultline
