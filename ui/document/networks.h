#pragma once

#include <vector>

#include <QString>

#include "project/project.h"

namespace faultline
{

/// A trained network that a person can choose, valid until the project's results change.
struct NamedRun {
    QString name;
    const Study* study;
    const Run* run;
};
std::vector<NamedRun> finishedNetworks(const Project& project);

} // namespace faultline
