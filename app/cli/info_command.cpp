#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/study_text.h"
#include "project/project_file.h"

namespace faultline::cli
{

void addInfoCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand(
        "info", "Describe a project: its wafer, dies, plan, statistics, runs and errors");
    const auto file = std::make_shared<std::string>();
    command->add_option("FILE", *file, "Project (.faultline)")->required();
    command->callback([&action, file] {
        action = [file] {
            printProject(std::cout, loadProject(*file));
            return 0;
        };
    });
}

} // namespace faultline::cli
