#include "cli/project_lock.h"

#include "cli/folders.h"
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

void expectNewProject(const std::filesystem::path& project, bool force)
{
    if (force || !std::filesystem::exists(project))
        return;
    std::size_t studies = 0;
    try {
        studies = loadProject(project).studies.size();
    } catch (const Error&) {
        // Not a project that can be read, and not one to be replaced unasked either.
    }
    if (studies > 0)
        throw Error(project.string() + ": holds " + std::to_string(studies) +
                    (studies == 1 ? " study" : " studies") +
                    ", which would be lost. Give another name, or --force to replace it.");
    expectNew({project}, force);
}

} // namespace faultline::cli
