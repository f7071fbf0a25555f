#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/folders.h"
#include "cli/project_lock.h"
#include "cli/study_folder.h"
#include "cli/study_report.h"
#include "common/error.h"
#include "project/project_file.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

struct MergeOptions {
    std::vector<std::string> files;
    std::string folder;
    bool force = false;
};

/// Keeps the result of an earlier merge: runs of this study in this result, another study under another name.
void keepEarlier(Project& project, const fs::path& file)
{
    if (!fs::exists(file))
        return;
    const Project before = loadProject(file);
    if (before.studies.size() == 1 &&
        before.studies.front().plan.isSameOn(project.wafer, project.studies.front().plan)) {
        try {
            return merge(project, before);
        } catch (const Error&) {
            // Of another wafer or other images.
        }
    }
    keepAside(before, file, "The study that was in " + file.string() + " is another one; it");
}

int run(const MergeOptions& options)
{
    Project project = loadProject(options.files.front());
    if (project.studies.size() != 1)
        throw Error(options.files.front(), "", std::to_string(project.studies.size()) + " studies", "one");
    for (std::size_t k = 1; k < options.files.size(); ++k) {
        const std::string& file = options.files[k];
        const Project part = loadProject(file);
        if (part.studies.size() != 1 || !sameBench(part, project) ||
            !part.studies.front().plan.isSameOn(project.wafer, project.studies.front().plan))
            throw Error(file + ": it is not a shard of the same study as " + options.files.front());
        try {
            merge(project, part);
        } catch (const Error& error) { // of other images
            throw Error(file + ": " + error.what());
        }
    }
    const fs::path folder = options.folder;
    expectOwnResults(folder, options.force);
    prepareFolder(folder);
    const fs::path file = folder / "study.faultline";
    const LockFile lock = lockToWrite(file);
    keepEarlier(project, file);
    saveProject(project, file);
    const int exitCode = report(project, folder);
    const StudyResult& result = project.studies.front().result;
    if (!result.complete)
        throw Error("The merged study is not complete: " + std::to_string(result.runs.size()) + " of " +
                    std::to_string(runsOf(project.studies.front().plan, project.wafer).size()) +
                    " runs. Are shards missing, or interrupted?");
    return exitCode;
}

} // namespace

void addMergeCommand(CLI::App& program, Action& action)
{
    CLI::App* command =
        program.add_subcommand("merge", "Join the shards of a study (\"study --shard\") into one result");
    const auto options = std::make_shared<MergeOptions>();
    command->add_option("FILE", options->files, "Shards (.faultline)")->required();
    command
        ->add_option("--out", options->folder,
                     "Folder for study.faultline, study.json, dies.csv and figures/; made if needed")
        ->required()
        ->type_name("DIR");
    command->add_flag("--force", options->force,
                      "Replace study.json, dies.csv and figures/ without a study.faultline beside them");
    command->callback([&action, options] { action = [options] { return run(*options); }; });
}

} // namespace faultline::cli
