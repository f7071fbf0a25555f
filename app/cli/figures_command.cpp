#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/figures.h"
#include "project/project_file.h"

namespace faultline::cli
{
namespace
{

struct Options {
    std::string file;
    std::string folder;
    std::vector<std::string> formats{"svg", "pdf", "png"};
};

int run(const Options& options)
{
    drawFigures(loadProject(options.file), options.folder, options.formats);
    std::cout << "Figures in " << options.folder << '\n';
    return 0;
}

} // namespace

void addFiguresCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand("figures", "Draw the figures of a project again");
    const auto options = std::make_shared<Options>();
    command->add_option("FILE", options->file, "Project (.faultline)")->required();
    command->add_option("--out", options->folder, "Folder for the figures; made if needed")
        ->required()
        ->type_name("DIR");
    command->add_option("--format", options->formats, "svg, pdf, png: one or more, separated by commas")
        ->delimiter(',')
        ->type_name("LIST")
        ->capture_default_str();
    command->callback([&action, options] { action = [options] { return run(*options); }; });
}

} // namespace faultline::cli
