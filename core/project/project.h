#pragma once

#include <optional>
#include <string>

#include "study/runner.h"

namespace faultline
{

/// Everything that a person saves: a wafer, what to train on it, and the runs that are finished.
struct Project {
    std::string name = "untitled";
    Wafer wafer;
    std::string dataset; ///< folder of the images, in IDX form; empty: the MNIST that ships with Faultline
    StudyPlan plan;
    StudyResult result;
};

/// The demo: the synthetic wafer of datasets/demo-wafer.json and the default plan.
Project demoProject();

/// Folder of the data that ships with Faultline: $FAULTLINE_DATASETS, the installed one, or the source
/// tree's. Throws Error when there is none.
std::filesystem::path datasetsFolder();

/// The images of a project. Throws Error.
DatasetPair loadDataset(const Project& project);

} // namespace faultline
