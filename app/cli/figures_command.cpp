#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/folders.h"
#include "project/project_file.h"

namespace faultline::cli
{
namespace
{

struct FiguresOptions {
    std::string file;
    std::string folder;
    FigureOptions figures;
    bool force = false;
};

int run(const FiguresOptions& options)
{
    drawFigures(loadProject(options.file), options.folder, options.figures, options.force);
    std::cout << "Figures in " << options.folder << '\n';
    return 0;
}

} // namespace

void addFigureOptions(CLI::App& command, FigureOptions& options)
{
    command
        .add_option("--format", options.formats,
                    "svg, pdf, png, csv (the numbers): one or more, separated by commas")
        ->delimiter(',')
        ->type_name("LIST")
        ->capture_default_str();
    FigureStyle& style = options.style;
    command.add_option("--width", style.width, "Of every figure; journal columns are 86 or 178 mm wide")
        ->type_name("MM")
        ->default_str("each figure's own");
    command.add_option("--height", style.height, "Of every figure")
        ->type_name("MM")
        ->default_str("in proportion");
    command.add_option("--text", style.points, "Size of the text")->type_name("PT")->capture_default_str();
    command.add_option("--dpi", style.dpi, "Pixels per inch of PNG")->type_name("N")->capture_default_str();
    command.add_flag("--title", style.title, "Write a title above each figure");
    command.add_flag("!--no-legend", style.legend, "Leave the legends out");
    command.add_flag("!--dark", style.light, "Light on dark, for slides");
}

void addFiguresCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand("figures", "Draw the figures of a project again");
    const auto options = std::make_shared<FiguresOptions>();
    command->add_option("FILE", options->file, "Project (.faultline)")->required();
    command->add_option("--out", options->folder, "Folder for the figures; made if needed")
        ->required()
        ->type_name("DIR");
    addFigureOptions(*command, options->figures);
    addForce(*command, options->force);
    command->callback([&action, options] { action = [options] { return run(*options); }; });
}

} // namespace faultline::cli
