#include "project/project.h"

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

DatasetPair loadDataset(const Project& project)
{
    return readIdxFolder(project.dataset.empty() ? datasetsFolder() / "mnist"
                                                 : std::filesystem::path(project.dataset));
}

} // namespace faultline
