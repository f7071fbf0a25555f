#include <exception>
#include <iostream>

#include "cli/commands.h"
#include "cli/figures.h"
#include "common/error.h"
#include "common/version.h"

int main(int argc, char** argv)
{
    using namespace faultline;

    CLI::App program(
        "Faultline: explore memory-crossbar dies, see what their defects do to a neural network, and "
        "train networks that survive them.",
        "faultline-cli");
    program.set_version_flag("--version", std::string("Faultline ") + version());
    program.require_subcommand(1);
    cli::Action action;
    cli::addStudyCommand(program, action);
    cli::addWaferCommand(program, action);
    cli::addInfoCommand(program, action);
    if (cli::drawsFigures)
        cli::addFiguresCommand(program, action);
    else
        program.footer("This program was built without Qt: it draws no figures.");
    CLI11_PARSE(program, argc, argv);

    try {
        return action();
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "Unexpected failure: " << error.what() << '\n';
    }
    return 1;
}
