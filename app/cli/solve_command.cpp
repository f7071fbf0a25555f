#include <iostream>
#include <map>
#include <memory>

#include "cli/commands.h"
#include "cli/folders.h"
#include "common/error.h"
#include "common/files.h"
#include "crossbar/wire_network.h"
#include "formats/csv_matrix.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

struct Options {
    std::string conductance, voltages, folder;
    WireOptions wires;
};

/// Names the file in what is said about its numbers.
WireNetwork solved(const Options& options, const Eigen::MatrixXd& cells)
{
    try {
        return {cells.array(), options.wires};
    } catch (const Error& error) {
        throw Error(options.conductance + ": " + error.what());
    }
}

int run(const Options& options)
{
    options.wires.validate();
    const Eigen::MatrixXd cells = readCsvMatrix(options.conductance);
    const Eigen::MatrixXd voltages = readCsvMatrix(options.voltages);
    if (voltages.cols() != cells.cols())
        throw Error(options.voltages, "line 1", std::to_string(voltages.cols()) + " voltages",
                    std::to_string(cells.cols()) + ", one per column of " + options.conductance);

    const WireNetwork network = solved(options, cells);
    const fs::path folder = options.folder;
    prepareFolder(folder);
    const auto write = [&](const std::string& name, const Eigen::MatrixXd& matrix) {
        writeFileAtomically(folder / (name + ".csv"), csvMatrix(matrix));
    };
    write("transfer", network.transfer());
    write("currents", voltages * network.transfer().transpose());
    for (Eigen::Index input = 0; input < voltages.rows(); ++input) {
        const CrossbarState state = network.solve(voltages.row(input));
        const std::string number = voltages.rows() > 1 ? "_" + std::to_string(input + 1) : "";
        write("word_line_voltages" + number, state.columnVoltage);
        write("bit_line_voltages" + number, state.rowVoltage);
    }
    std::cout << "Results in " << folder.string()
              << ": currents.csv, transfer.csv, word_line_voltages*.csv, bit_line_voltages*.csv" << std::endl;
    return 0;
}

} // namespace

void addSolveCommand(CLI::App& program, Action& action)
{
    CLI::App* command =
        program.add_subcommand("solve", "Currents and voltages of a crossbar with line resistance, exactly");
    const auto options = std::make_shared<Options>();
    command
        ->add_option("--conductance", options->conductance,
                     "Matrix of the cells' conductances in siemens (.csv): rows x columns")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--voltages", options->voltages,
                     "Input voltages in volt (.csv): one per column; each line is one input vector")
        ->required()
        ->type_name("FILE");
    command
        ->add_option(
            "--out", options->folder,
            "Folder for currents.csv (ampere; a line per input vector), transfer.csv (siemens; "
            "currents = transfer x voltages) and the lines' voltages at every cell, a file per input "
            "vector; made if needed")
        ->required()
        ->type_name("DIR");

    WireOptions& wires = options->wires;
    const auto addOhm = [command](const char* name, double& ohm, const char* description) {
        command->add_option(name, ohm, description)->type_name("OHM")->capture_default_str();
    };
    addOhm("--wire-row-ohm", wires.rowSegment, "One segment of a row's wire (bit line), from cell to cell");
    addOhm("--wire-column-ohm", wires.columnSegment,
           "One segment of a column's wire (word line), from cell to cell");
    addOhm("--source-ohm", wires.source, "Between a voltage source and its column, at each driven end");
    addOhm("--sense-ohm", wires.sense, "Between a row and its ammeter to ground, at each read end");
    const std::map<std::string, LineEnds> ends{{"one", LineEnds::One}, {"both", LineEnds::Both}};
    command->add_option("--drive", wires.drive, "Ends where columns are driven: one (above row 1) or both")
        ->transform(CLI::CheckedTransformer(ends).description("ENDS"))
        ->default_str("one");
    command
        ->add_option("--sense", wires.read, "Ends where rows are read: one (behind the last column) or both")
        ->transform(CLI::CheckedTransformer(ends).description("ENDS"))
        ->default_str("one");
    command->callback([&action, options] { action = [options] { return run(*options); }; });
}

} // namespace faultline::cli
