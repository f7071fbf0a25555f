#include "project/project.h"

#include <algorithm>
#include <array>
#include <cstdlib>

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
        auto same = std::ranges::find(project.studies, study.plan, &Study::plan);
        if (same == project.studies.end())
            same = project.studies.insert(same, {study.name, study.plan, {}});
        merge(same->result, study.result, study.plan, project.wafer);
    }
}

int Project::freeDieId() const
{
    int highest = -1;
    const auto know = [&highest](int die) { highest = std::max(highest, die); };
    for (const Die& die : wafer.dies)
        know(die.id);
    for (const Study& study : studies) {
        std::ranges::for_each(study.plan.dies, know);
        std::ranges::for_each(study.plan.fittedDies, know);
        for (const Run& run : study.result.runs)
            for (const auto& [die, error] : run.dieErrors)
                know(die);
    }
    if (circuitResults.waterfall)
        std::ranges::for_each(circuitResults.waterfall->reading.dies, know);
    if (circuitResults.sweep)
        std::ranges::for_each(circuitResults.sweep->reading.dies, know);
    return highest + 1;
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
