#include "document/networks.h"

namespace faultline
{

std::vector<NamedRun> finishedNetworks(const Project& project)
{
    std::vector<NamedRun> networks;
    for (const Study& study : project.studies)
        for (const Run& run : study.result.runs) {
            QString name = QString::fromStdString(run.settings.name(project.wafer));
            if (project.studies.size() > 1)
                name = QString("%1: %2").arg(QString::fromStdString(study.name), name);
            networks.push_back({name, &study, &run});
        }
    return networks;
}

} // namespace faultline
