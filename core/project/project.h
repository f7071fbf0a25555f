#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossbar/circuit_options.h"
#include "project/circuit_results.h"
#include "project/figure_style.h"
#include "project/view_state.h"
#include "study/runner.h"

namespace faultline
{

/// Everything that a person saves: a wafer, the circuit around its dies, what to train on them next, and the
/// studies made of them.
struct Project {
    std::string name = "untitled";
    Wafer wafer;
    std::string dataset; ///< folder of the images, in IDX form; empty: the MNIST that ships with Faultline
    std::optional<ImageChecksums> images; ///< of `dataset`, when a study last read it
    StudyPlan plan;                       ///< of the next study
    CircuitOptions circuit;
    CircuitResults circuitResults;
    std::vector<Study> studies;
    std::optional<ViewState> view;         ///< nothing in files that no window has saved
    std::optional<FigureSettings> figures; ///< likewise

    int freeDieId() const; ///< an id that no die has or had, as far as any plan or result knows
    /// Adds dies, which have the wafer's size and names of their own (diesToAdd), under free ids; to no study
    /// that was made without them.
    void addDies(std::vector<Die> dies);
    /// What follows when dies were added, removed, included, excluded or labelled, or when the cells of those
    /// named by their ids conduct something else: errors on these are dropped, with those on groups that they
    /// are part of, and results of circuits are outdated. Each change of dies ends with it.
    void diesChanged(std::span<const int> changedCells = {});
    /// Has each study name its dies (StudyPlan::pinned), so that it keeps them when others come.
    void pinStudies();
};

/// Whether runs of one are runs of the other: equal cells, devices and images.
bool sameBench(const Project& a, const Project& b);

/// Adds the runs of `part` to the studies of `project` with the same plan; a study that is not there is
/// added. Throws Error unless sameBench().
void merge(Project& project, const Project& part);

/// The demo: the synthetic wafer of datasets/demo-wafer.json and the default plan.
Project demoProject();

/// Folder of the data that ships with Faultline: $FAULTLINE_DATASETS, the installed one, or the source
/// tree's. Throws Error when there is none.
std::filesystem::path datasetsFolder();

/// The images in a folder, or those that ship with Faultline when it is empty (Project::dataset). Throws
/// Error.
DatasetPair loadDataset(const std::string& folder);
Dataset loadTestImages(const std::string& folder); ///< the test images alone

} // namespace faultline
