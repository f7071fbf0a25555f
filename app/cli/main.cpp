#include <cstdio>
#include <exception>

#include "cli/commands.h"
#include "cli/figures.h"
#include "common/error.h"
#include "common/version.h"

namespace faultline::cli
{
namespace
{

int runProgram(int argc, char** argv)
{
    CLI::App program(
        "Faultline: explore memory-crossbar dies, see what their defects do to a neural network, "
        "and train networks that survive them.",
        "faultline-cli");
    program.set_version_flag("--version", std::string("Faultline ") + version());
    program.require_subcommand(1);
    Action action;
    addStudyCommand(program, action);
    addWaferCommand(program, action);
    addInfoCommand(program, action);
    addSolveCommand(program, action);
    if (drawsFigures)
        addFiguresCommand(program, action);
    else
        program.footer("This program was built without Qt: it draws no figures.");
    CLI11_PARSE(program, argc, argv);
    return action();
}

} // namespace
} // namespace faultline::cli

int main(int argc, char** argv)
{
    try {
        return faultline::cli::runProgram(argc, argv);
    } catch (const faultline::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "Unexpected failure: %s\n", error.what());
    }
    return 1;
}
