#include "cli/study_report.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/study_text.h"
#include "common/files.h"
#include "study/report.h"

namespace faultline::cli
{

int report(const Project& project, const std::filesystem::path& folder)
{
    const Study& study = project.studies.front();
    if (study.result.runs.empty()) {
        std::cout
            << "Stopped before the first run was finished. The same command goes on from its last epoch.\n";
        return stoppedExitCode;
    }
    writeFileAtomically(folder / "study.json", studyJson(study.plan, project.wafer, study.result));
    writeFileAtomically(folder / "dies.csv", diesCsv(study.plan, project.wafer, study.result.runs));
    if (!study.result.complete)
        std::cout << "Stopped: kept the " << study.result.runs.size() << " finished of "
                  << runsOf(study.plan, project.wafer).size()
                  << " runs. The same command goes on from there.\n";
    printSummary(std::cout, project.wafer, study);
    std::cout << "Results in " << folder.string() << ": study.faultline, study.json, dies.csv" << std::endl;
    if (!study.result.complete)
        return stoppedExitCode;
    if (drawsFigures) {
        drawFigures(project, folder / "figures", {}, true);
        std::cout << "Figures in " << (folder / "figures").string() << '\n';
    } else {
        std::cout << "No figures: this program was built without Qt.\n";
    }
    return 0;
}

} // namespace faultline::cli
