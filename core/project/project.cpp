#include "project/project.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "common/error.h"
#include "wafer/wafer_description.h"

namespace faultline
{

Project demoProject()
{
    const WaferDescription description = readWaferDescription(datasetsFolder() / "demo-wafer.json");
    Project project;
    project.name = description.name;
    project.wafer = drawWafer(description);
    return project;
}

bool sameBench(const Project& a, const Project& b)
{
    const auto sameGrid = [](const auto& x, const auto& y) {
        return x.rows() == y.rows() && x.cols() == y.cols() && (x == y).all();
    };
    const auto sameDie = [&](const Die& x, const Die& y) {
        return x.id == y.id && x.included == y.included && sameGrid(x.defect, y.defect) &&
               x.acquisition.missing == y.acquisition.missing && // which count in no statistics
               std::ranges::equal(x.conductance, y.conductance, sameGrid);
    };
    return a.dataset == b.dataset && a.wafer.geometry == b.wafer.geometry &&
           a.wafer.device == b.wafer.device && std::ranges::equal(a.wafer.dies, b.wafer.dies, sameDie);
}

void merge(Project& project, const Project& part)
{
    if (!sameBench(project, part))
        throw Error("it is of another wafer or other images");
    for (const Study& study : part.studies) {
        auto same = std::ranges::find_if(project.studies, [&](const Study& other) {
            return other.plan.isSameOn(project.wafer, study.plan);
        });
        if (same == project.studies.end())
            same = project.studies.insert(same, {study.name, study.plan, {}});
        merge(same->result, study.result, study.plan, project.wafer);
    }
}

int Project::freeDieId() const
{
    int highest = -1;
    const auto know = [&highest](int die) { highest = std::max(highest, die); };
    const auto knowAll = [&know](const std::vector<int>& dies) { std::ranges::for_each(dies, know); };
    for (const Die& die : wafer.dies)
        know(die.id);
    knowAll(plan.dies);
    for (const Study& study : studies) {
        knowAll(study.plan.dies);
        knowAll(study.plan.fittedDies);
        for (const RunCheckpoint& begun : study.result.begun)
            knowAll(begun.settings.diesTrainedOn());
        for (const Run& run : study.result.runs) {
            knowAll(run.settings.diesTrainedOn());
            for (const auto& [die, error] : run.dieErrors)
                know(die);
        }
    }
    if (circuitResults.waterfall)
        knowAll(circuitResults.waterfall->reading.dies);
    if (circuitResults.sweep)
        knowAll(circuitResults.sweep->reading.dies);
    if (highest >= Die::maximumId)
        throw Error("There are no more numbers for dies: " + std::to_string(Die::maximumId) +
                    " is taken, and none is given again.");
    return highest + 1;
}

void Project::addDies(std::vector<Die> dies)
{
    pinStudies();
    for (Die& die : dies) {
        die.id = freeDieId();
        wafer.dies.push_back(std::move(die));
    }
    diesChanged();
}

void Project::diesChanged(std::span<const int> changedCells)
{
    for (const int die : changedCells)
        for (Study& study : studies)
            if (const auto group = study.plan.groupOf(die, wafer))
                for (Run& run : study.result.runs)
                    run.dieErrors.erase(*group);
    circuitResults.outdate();
}

void Project::pinStudies()
{
    for (Study& study : studies)
        study.plan = study.plan.pinned(wafer);
}

std::filesystem::path datasetsFolder()
{
    if (const char* chosen = std::getenv("FAULTLINE_DATASETS")) {
        if (std::filesystem::is_directory(chosen))
            return chosen;
        throw Error(std::string("FAULTLINE_DATASETS is ") + chosen + ", which is not a folder.");
    }
    for (const char* folder : {FAULTLINE_INSTALLED_DATASETS, FAULTLINE_SOURCE_DATASETS})
        if (std::filesystem::is_directory(folder))
            return folder;
    throw Error("Faultline's data sets are missing: found no folder " FAULTLINE_INSTALLED_DATASETS
                ". Install Faultline, or set FAULTLINE_DATASETS to its datasets folder.");
}

namespace
{

std::filesystem::path chosenFolder(const std::string& folder)
{
    return folder.empty() ? datasetsFolder() / "mnist" : std::filesystem::path(folder);
}

} // namespace

DatasetPair loadDataset(const std::string& folder)
{
    return readIdxFolder(chosenFolder(folder));
}

Dataset loadTestImages(const std::string& folder)
{
    return readIdxTestImages(chosenFolder(folder));
}

} // namespace faultline
