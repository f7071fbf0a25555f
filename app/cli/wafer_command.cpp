#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include "cli/commands.h"
#include "cli/project_lock.h"
#include "cli/text.h"
#include "project/project_file.h"
#include "wafer/wafer_description.h"

namespace faultline::cli
{
namespace
{

struct GenerateOptions {
    std::string file;
    std::string from;
    std::optional<std::string> name;
    bool force = false;
    std::optional<int> dies, rows, columns, kernelRows, kernelColumns;
    std::optional<std::uint64_t> seed;
    std::optional<double> shorts, opens, stuckP, stuckAP, dispersion;
    std::optional<double> shortedRows, openRows, shortedColumns, openColumns, clusterSize, clusterRadius;
    std::optional<double> correlation;
};

/// What was asked for on the command line instead of what the description says, in words.
std::vector<std::string> change(WaferDescription& wafer, const GenerateOptions& options)
{
    std::vector<std::string> changes;
    const auto set = [&changes](auto& value, const auto& chosen, const std::string& what) {
        if (!chosen)
            return;
        value = *chosen;
        std::ostringstream words;
        words << what << ' ' << *chosen;
        changes.push_back(words.str());
    };
    set(wafer.dies, options.dies, "dies");
    set(wafer.seed, options.seed, "seed");
    set(wafer.geometry.rows, options.rows, "rows");
    set(wafer.geometry.columns, options.columns, "columns");
    set(wafer.geometry.kernelRows, options.kernelRows, "kernel rows");
    set(wafer.geometry.kernelColumns, options.kernelColumns, "kernel columns");
    set(wafer.statistics.shorts.rate, options.shorts, "share of shorts");
    set(wafer.statistics.opens.rate, options.opens, "share of opens");
    set(wafer.statistics.stuckP.rate, options.stuckP, "share of stuck-P");
    set(wafer.statistics.stuckAP.rate, options.stuckAP, "share of stuck-AP");
    set(wafer.statistics.rows.shorts, options.shortedRows, "share of shorted rows");
    set(wafer.statistics.rows.opens, options.openRows, "share of open rows");
    set(wafer.statistics.columns.shorts, options.shortedColumns, "share of shorted columns");
    set(wafer.statistics.columns.opens, options.openColumns, "share of open columns");
    set(wafer.statistics.clusters.size, options.clusterSize, "mean size of clusters");
    set(wafer.statistics.clusters.radius, options.clusterRadius, "radius of clusters");
    set(wafer.statistics.levelCorrelation, options.correlation, "correlation of P and AP");
    std::optional<double> dispersion;
    set(dispersion, options.dispersion, "dispersion");
    for (const Defect defect : allDefects)
        if (dispersion)
            wafer.statistics.rate(defect).dispersion = *dispersion;
    return changes;
}

int generate(const GenerateOptions& options)
{
    const LockFile lock = lockToWrite(options.file);
    expectNewProject(options.file, options.force);
    const std::filesystem::path source =
        options.from.empty() ? datasetsFolder() / "demo-wafer.json" : std::filesystem::path(options.from);
    WaferDescription description = readWaferDescription(source);
    if (options.name)
        description.name = *options.name;
    const std::vector<std::string> changes = change(description, options);
    if (!changes.empty())
        description.description = "Synthetic: drawn from the statistics of " + source.filename().string() +
                                  " with " + joined(changes) + ".";
    Project project;
    project.name = description.name;
    project.wafer = drawWafer(description);
    saveProject(project, options.file);
    std::cout << "Wafer of " << project.wafer.dies.size() << " dies in " << options.file << '\n';
    return 0;
}

} // namespace

void addWaferCommand(CLI::App& program, Action& action)
{
    CLI::App* wafer = program.add_subcommand("wafer", "Make wafers");
    wafer->require_subcommand(1);
    CLI::App* command = wafer->add_subcommand("generate", "Draw a synthetic wafer from described statistics");
    const auto options = std::make_shared<GenerateOptions>();
    command->add_option("--out", options->file, "Project to write (.faultline)")
        ->required()
        ->type_name("FILE");
    command->add_flag("--force", options->force, "Replace a project, even one with studies");
    command
        ->add_option(
            "--from", options->from,
            "Description of the wafer (.json); otherwise that of the demo wafer. The options below change it")
        ->type_name("FILE");
    command->add_option("--name", options->name, "Name of the wafer");
    command->add_option("--dies", options->dies, "Number of dies");
    command->add_option("--seed", options->seed, "Seed of the draw; equal seeds give equal wafers")
        ->check(notNegative());
    command->add_option("--rows", options->rows, "Rows of cells on a die");
    command->add_option("--columns", options->columns, "Columns of cells on a die");
    command->add_option("--kernel-rows", options->kernelRows, "Rows of a kernel; they divide the die's");
    command->add_option("--kernel-columns", options->kernelColumns,
                        "Columns of a kernel; they divide the die's");
    command->add_option("--short-rate", options->shorts, "Mean share of shorted cells, 0 to 1");
    command->add_option("--open-rate", options->opens, "Mean share of open cells, 0 to 1");
    command->add_option("--stuck-p-rate", options->stuckP,
                        "Mean share of cells stuck in the parallel state, 0 to 1");
    command->add_option("--stuck-ap-rate", options->stuckAP,
                        "Mean share of cells stuck in the antiparallel state, 0 to 1");
    command->add_option(
        "--dispersion", options->dispersion,
        "Of every kind's count over the dies: variance is mean + mean^2 / dispersion; inf is Poisson");
    command->add_option("--shorted-row-rate", options->shortedRows,
                        "Share of rows that are shorted as a whole");
    command->add_option("--open-row-rate", options->openRows, "Share of rows that are open as a whole");
    command->add_option("--shorted-column-rate", options->shortedColumns,
                        "Share of columns that are shorted as a whole");
    command->add_option("--open-column-rate", options->openColumns,
                        "Share of columns that are open as a whole");
    command->add_option("--cluster-size", options->clusterSize,
                        "Defects of one kind lie in clusters (Thomas' process) of so many on the average; 0 "
                        "is none");
    command->add_option("--cluster-radius", options->clusterRadius,
                        "Standard deviation of their distance from the cluster's centre, in cells along rows "
                        "and columns");
    command->add_option(
        "--correlation", options->correlation,
        "Of a healthy cell's ln(conductance) at P with that at AP, -1 to 1: near 1 where cells "
        "differ in area and not in TMR");
    command->callback([&action, options] { action = [options] { return generate(*options); }; });
}

} // namespace faultline::cli
