#include "cli/project_lock.h"

#include "common/error.h"
#include "project/project_file.h"

namespace faultline::cli
{

LockFile lockToWrite(const std::filesystem::path& project)
{
    LockFile lock(project);
    if (!lock.isHeld())
        throw Error(project.string() + ": " + lock.owner()->words() + " is at work on it" +
                    lock.owner()->advice(project));
    return lock;
}

void expectNoStudies(const std::filesystem::path& project, bool force)
{
    if (force || !std::filesystem::exists(project))
        return;
    const std::size_t studies = loadProject(project).studies.size();
    if (studies > 0)
        throw Error(project.string() + ": holds " + std::to_string(studies) +
                    (studies == 1 ? " study" : " studies") +
                    ", which would be lost. Give another name, or --force to replace it.");
}

} // namespace faultline::cli
