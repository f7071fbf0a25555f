#include <cstdio>
#include <exception>

#include "cli/commands.h"
#include "cli/figures.h"
#include "common/error.h"
#include "common/log.h"
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
    program.fallthrough(); // --verbose may stand anywhere
    Action action;
    bool verbose = false;
    program.add_flag("--verbose", verbose, "Print to the standard error what goes into the log file too");
    addStudyCommand(program, action);
    addMergeCommand(program, action);
    addWaferCommand(program, action);
    addDieCommand(program, action);
    addInfoCommand(program, action);
    addSolveCommand(program, action);
    addCircuitCommand(program, action);
    addSweepCommand(program, action);
    if (drawsFigures)
        addFiguresCommand(program, action);
    else
        program.footer("This program was built without Qt: it draws no figures.");
    CLI11_PARSE(program, argc, argv);
    log::setVerbose(verbose);
    log::open(log::stateFolder() / "faultline.log");
    std::string call;
    for (int k = 0; k < argc; ++k)
        call += (k ? " " : "") + std::string(argv[k]);
    log::info(std::string("Faultline ") + version() + ": " + call);
    const int exitCode = action();
    log::info("ends with exit code " + std::to_string(exitCode));
    return exitCode;
}

} // namespace
} // namespace faultline::cli

int main(int argc, char** argv)
{
    try {
        return faultline::cli::runProgram(argc, argv);
    } catch (const faultline::Error& error) {
        faultline::log::error(error.what());
        std::fprintf(stderr, "%s\n", error.what());
    } catch (const std::exception& error) {
        faultline::log::error(std::string("unexpected failure: ") + error.what());
        std::fprintf(stderr, "Unexpected failure: %s\n", error.what());
    }
    return 1;
}
