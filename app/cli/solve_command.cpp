#include <iostream>
#include <map>
#include <memory>

#include "cli/commands.h"
#include "cli/folders.h"
#include "common/error.h"
#include "common/files.h"
#include "crossbar/junction_array.h"
#include "formats/csv_matrix.h"
#include "formats/npy.h"
#include "measurement/import.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

struct SolveOptions {
    std::string conductance, parallel, voltages, circuit, folder;
    WireOptions wires;
    bool force = false;
};

/// A matrix in CSV or, by the file's name, in NumPy's form; one dimension is a single line.
Eigen::MatrixXd readMatrix(const fs::path& file)
{
    if (file.extension() != ".npy")
        return readCsvMatrix(file);
    const std::string bytes = readWholeFile(file);
    try {
        const NumberArray array = readNpy(bytes, largestMeasurement);
        if (array.shape.empty() || array.shape.size() > 2)
            throw Error("found " + describeShape(array.shape) + ", expected a matrix");
        const auto columns = static_cast<Eigen::Index>(array.shape.back());
        const auto rows = array.shape.size() == 2 ? static_cast<Eigen::Index>(array.shape.front()) : 1;
        using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        return Eigen::Map<const Rows>(array.values.data(), rows, columns);
    } catch (const Error& error) {
        throw Error(file.string() + ": " + error.what());
    }
}

/// What the cells are and stand behind. Only the magnetic part of a resistance depends on the bias.
JunctionArray solved(const SolveOptions& options, const CircuitOptions& circuit, const Eigen::MatrixXd& cells)
{
    CellGrid<double> share = CellGrid<double>::Zero(cells.rows(), cells.cols());
    if (!circuit.isBiasDependent() && !options.parallel.empty())
        throw Error("--parallel has no effect without bias_half_voltage_v in the circuit (--options).");
    if (circuit.isBiasDependent()) {
        if (options.parallel.empty())
            throw Error(options.circuit +
                        ": with bias_half_voltage_v, --parallel must say what the cells conduct "
                        "when they are written parallel.");
        const Eigen::MatrixXd parallel = readMatrix(options.parallel);
        if (parallel.rows() != cells.rows() || parallel.cols() != cells.cols())
            throw Error(options.parallel, "",
                        std::to_string(parallel.rows()) + " x " + std::to_string(parallel.cols()) + " cells",
                        std::to_string(cells.rows()) + " x " + std::to_string(cells.cols()) + ", as in " +
                            options.conductance);
        if (!(parallel.array() >= 0.0).all() || !parallel.allFinite())
            throw Error(options.parallel, "", "a conductance that is negative or no number",
                        "0 siemens or more in each cell");
        share = (parallel.array() > cells.array()).select(1.0 - cells.array() / parallel.array(), 0.0);
    }
    try {
        return {Junctions(cells.array(), std::move(share)), circuit};
    } catch (const Error& error) {
        throw Error(options.conductance + ": " + error.what()); // names the file of these numbers
    }
}

int run(const SolveOptions& options)
{
    CircuitOptions circuit;
    circuit.wires = options.wires;
    if (!options.circuit.empty())
        circuit = readCircuitOptions(options.circuit);
    circuit.wires.validate();
    const Eigen::MatrixXd cells = readMatrix(options.conductance);
    const Eigen::MatrixXd voltages = readMatrix(options.voltages);
    if (voltages.cols() != cells.cols())
        throw Error(options.voltages, "line 1", std::to_string(voltages.cols()) + " voltages",
                    std::to_string(cells.cols()) + ", one per column of " + options.conductance);

    const fs::path folder = options.folder;
    const auto file = [&folder](const std::string& name) { return folder / (name + ".csv"); };
    const auto numbered = [&voltages](const char* name, Eigen::Index input) {
        return voltages.rows() > 1 ? name + ("_" + std::to_string(input + 1)) : std::string(name);
    };
    std::vector<fs::path> files{file("transfer"), file("currents"), file("power")};
    for (Eigen::Index input = 0; input < voltages.rows(); ++input)
        for (const char* name : {"word_line_voltages", "bit_line_voltages", "cell_currents", "cell_power"})
            files.push_back(file(numbered(name, input)));
    expectNew(files, options.force);
    const JunctionArray array = solved(options, circuit, cells);
    prepareFolder(folder);
    const auto write = [&file](const std::string& name, const Eigen::MatrixXd& matrix) {
        writeFileAtomically(file(name), csvMatrix(matrix));
    };
    write("transfer", array.linear().transfer());
    Eigen::MatrixXd currents(voltages.rows(), cells.rows()), power(voltages.rows(), 1);
    for (Eigen::Index input = 0; input < voltages.rows(); ++input) {
        const CrossbarState state = array.solve(voltages.row(input));
        currents.row(input) = state.outputCurrent;
        power(input) = voltages.row(input).dot(state.inputCurrent);
        write(numbered("word_line_voltages", input), state.columnVoltage);
        write(numbered("bit_line_voltages", input), state.rowVoltage);
        write(numbered("cell_currents", input), state.cellCurrent);
        write(numbered("cell_power", input), state.cellCurrent.cwiseProduct(state.cellVoltage));
    }
    write("currents", currents);
    write("power", power);
    std::cout << "Results in " << folder.string()
              << ": currents.csv, power.csv, transfer.csv, word_line_voltages*.csv, bit_line_voltages*.csv, "
                 "cell_currents*.csv, cell_power*.csv"
              << std::endl;
    return 0;
}

} // namespace

void addSolveCommand(CLI::App& program, Action& action)
{
    CLI::App* command =
        program.add_subcommand("solve", "Currents and voltages of a crossbar with line resistance, exactly");
    const auto options = std::make_shared<SolveOptions>();
    command
        ->add_option("--conductance", options->conductance,
                     "Matrix of the cells' conductances in siemens (.csv, .npy): rows x columns")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--voltages", options->voltages,
                     "Input voltages in volt (.csv, .npy): one per column; each line is one input vector")
        ->required()
        ->type_name("FILE");
    command
        ->add_option(
            "--out", options->folder,
            "Folder for currents.csv (ampere; a line per input vector), power.csv (watt, out of the "
            "sources), "
            "transfer.csv (siemens; currents = transfer x voltages, at small ones where the TMR depends on "
            "the "
            "bias) and at every cell the lines' voltages, the current and the power, a file each per input "
            "vector; made if needed")
        ->required()
        ->type_name("DIR");

    command
        ->add_option(
            "--parallel", options->parallel,
            "What the cells conduct when written parallel, as --conductance: where that is more, the "
            "difference in resistance depends on the bias")
        ->type_name("FILE");
    CLI::Option* circuit =
        command
            ->add_option("--options", options->circuit,
                         "A circuit (.json; datasets/README.md has the keys) instead of the options below: "
                         "wires, ends, transistors in series and the bias dependence of the TMR are read")
            ->type_name("FILE");

    WireOptions& wires = options->wires;
    const auto addOhm = [command, circuit](const char* name, double& ohm, const char* description) {
        command->add_option(name, ohm, description)
            ->type_name("OHM")
            ->capture_default_str()
            ->excludes(circuit);
    };
    addOhm("--wire-row-ohm", wires.rowSegment, "One segment of a row's wire (bit line), from cell to cell");
    addOhm("--wire-column-ohm", wires.columnSegment,
           "One segment of a column's wire (word line), from cell to cell");
    addOhm("--source-ohm", wires.source, "Between a voltage source and its column, at each driven end");
    addOhm("--sense-ohm", wires.sense, "Between a row and its ammeter to ground, at each read end");
    const std::map<std::string, LineEnds> ends{{"one", LineEnds::One}, {"both", LineEnds::Both}};
    command->add_option("--drive", wires.drive, "Ends where columns are driven: one (above row 1) or both")
        ->transform(CLI::CheckedTransformer(ends).description("ENDS"))
        ->default_str("one")
        ->excludes(circuit);
    command
        ->add_option("--sense", wires.read, "Ends where rows are read: one (behind the last column) or both")
        ->transform(CLI::CheckedTransformer(ends).description("ENDS"))
        ->default_str("one")
        ->excludes(circuit);
    addForce(*command, options->force);
    command->callback([&action, options] { action = [options] { return run(*options); }; });
}

} // namespace faultline::cli
