#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/described_options.h"
#include "cli/figures.h"
#include "cli/folders.h"
#include "cli/stop_signals.h"
#include "cli/text.h"
#include "common/csv.h"
#include "common/error.h"
#include "common/files.h"
#include "common/statistics.h"
#include "project/project_file.h"
#include "study/circuit_study.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

/// What both commands read networks with.
struct ReadOptions {
    std::string file, circuit, study, folder;
    DescribedOptions<CircuitOptions> changes;
    std::vector<std::string> settings, networks, dies, axes;
    int images = 0, repeats = SweepPlan().repeats, threads = 0;
    std::optional<std::uint64_t> seed;
    bool waterfall = false, otherDies = false, force = false;
    FigureOptions figures;
};

struct Assignment {
    SweepParameter parameter;
    std::vector<double> values;
};

/// "wire-ohm=0,0.5,1"
Assignment assignmentFrom(const std::string& text)
{
    const std::size_t equals = text.find('=');
    const Error refusal("Found \"" + text + "\", expected NAME=NUMBER as in wire-ohm=1 or adc-bits=4,6,8.");
    if (equals == std::string::npos)
        throw refusal;
    Assignment assignment{SweepParameter(text.substr(0, equals)), {}};
    const char* const end = text.data() + text.size();
    for (const char* at = text.data() + equals; at < end;) {
        const auto read = std::from_chars(at + 1, end, assignment.values.emplace_back());
        if (read.ec != std::errc() || (read.ptr < end && *read.ptr != ','))
            throw refusal;
        at = read.ptr;
    }
    return assignment;
}

/// The file's, or else the project's, with what the command line changes.
CircuitOptions circuitFrom(const ReadOptions& options, const Project& project)
{
    CircuitOptions circuit = options.circuit.empty() ? project.circuit : readCircuitOptions(options.circuit);
    options.changes.applyTo(circuit);
    for (const std::string& text : options.settings) {
        const Assignment assignment = assignmentFrom(text);
        if (assignment.values.size() != 1)
            throw Error("--set " + text + ": one number is expected; --vary of \"sweep\" takes several.");
        assignment.parameter.setIn(circuit, assignment.values.front());
    }
    circuit.validate();
    return circuit;
}

/// The networks on the dies that are asked for, and what they are read with.
struct Subject {
    Project project;
    std::vector<const Run*> runs;
    std::vector<const Die*> dies;
    std::vector<Pairing> pairs;
    Dataset test, calibration;
    StopSignals signals;

    explicit Subject(const ReadOptions& options) : project(loadProject(options.file))
    {
        const Study& study = studyOf(options);
        choose(study, options.networks);
        const std::vector<int> ids = diesNamed(project.wafer, options.dies);
        for (const Die& die : project.wafer.dies)
            if (options.dies.empty() ? die.included : std::ranges::find(ids, die.id) != ids.end())
                dies.push_back(&die);
        pairs = pairings(runs, dies, options.otherDies);
        if (pairs.empty())
            throw Error(
                "None of the networks stands on any of the dies: a hardware-aware network stands on "
                "its own die alone unless --other-dies is given, one for several dies needs as many.");
        const int side = runs.front()->settings.side;
        const DatasetPair data = loadDataset(project.dataset);
        requireTestImages(study.result.images, data.test);
        test =
            downsample(firstImages(data.test, options.images > 0 ? options.images : data.test.size()), side);
        calibration = downsample(firstImages(data.train, calibrationImages), side);
    }

    CircuitBench bench(const ReadOptions& options) const
    {
        const bool onTerminal = isatty(STDERR_FILENO) != 0;
        return {.wafer = project.wafer,
                .test = test,
                .calibration = calibration,
                .seed = options.seed.value_or(1),
                .noiseSeed = options.seed,
                .threads = options.threads,
                .stop = signals.token(),
                .progress = [onTerminal](double fraction) {
                    if (onTerminal)
                        std::fprintf(stderr, "\r%3.0f %%%s", 100.0 * fraction,
                                     fraction < 1.0 ? "" : "\r     \r");
                }};
    }

    /// What the numbers come from: the seeds of drawn dies and of read noise.
    void describeSeeds(const ReadOptions& options, nlohmann::json& document) const
    {
        document["seed"] = options.seed.value_or(1);
        document["noise_seed"] = options.seed.value_or(runs.front()->settings.seed);
    }

    std::vector<std::string> networkNames() const
    {
        std::vector<std::string> names;
        for (const Run* run : runs)
            names.push_back(run->settings.name(project.wafer));
        return names;
    }

private:
    const Study& studyOf(const ReadOptions& options) const
    {
        for (const Study& study : project.studies)
            if (!study.result.runs.empty() && (options.study.empty() || study.name == options.study))
                return study;
        throw Error(options.file + ": found no trained networks" +
                    (options.study.empty() ? "" : " in a study \"" + options.study + "\"") +
                    "; the command \"study\" trains some.");
    }

    /// By their names, or all of a mode; the first one when none is named.
    void choose(const Study& study, const std::vector<std::string>& names)
    {
        const std::vector<Run>& all = study.result.runs;
        if (names.empty())
            runs.push_back(&all.front());
        for (const std::string& wanted : names) {
            const std::size_t before = runs.size();
            for (const Run& run : all)
                if (run.settings.name(project.wafer) == wanted || name(run.settings.mode) == wanted)
                    runs.push_back(&run);
            if (runs.size() > before)
                continue;
            std::vector<std::string> known;
            for (const Run& run : all)
                known.push_back("\"" + run.settings.name(project.wafer) + "\"");
            throw Error("There is no network \"" + wanted + "\"; choose a training mode or some of " +
                        joined(known) + ".");
        }
    }
};

/// A line for each row, or column, of each of a network's tiles; nothing for the loss of one without current.
void addLosses(CsvWriter& csv, const std::string& network, const Pairing& pair,
               const std::vector<LineLoss>& losses)
{
    for (const LineLoss& loss : losses)
        csv.line(network, pair.place.dies[static_cast<std::size_t>(loss.die)]->name, loss.layer + 1,
                 loss.copy + 1, loss.line, std::isnan(loss.loss) ? "" : nlohmann::json(loss.loss).dump());
}

/// dies.csv, rows.csv, columns.csv and, in JSON, the list of all networks on dies.
nlohmann::json writeOutcomes(const Subject& subject, const std::vector<CircuitOutcome>& outcomes,
                             const fs::path& folder)
{
    nlohmann::json list = nlohmann::json::array();
    constexpr std::array numbers{"ideal_circuit_error_percent",
                                 "error_percent",
                                 "energy_j",
                                 "power_w",
                                 "worst_row_loss",
                                 "worst_column_loss"};
    CsvWriter dies, rows, columns;
    dies.add("network");
    dies.add("die");
    for (const char* key : numbers)
        dies.add(key);
    dies.endLine();
    rows.line("network", "die", "layer", "copy", "row", "loss");
    columns.line("network", "die", "layer", "copy", "column", "loss");
    for (std::size_t k = 0; k < outcomes.size(); ++k) {
        const CircuitOutcome& outcome = outcomes[k];
        const std::string network = subject.pairs[k].run->settings.name(subject.project.wafer);
        const std::string die = subject.pairs[k].place.name();
        nlohmann::json entry{{"network", network},
                             {"die", die},
                             {"ideal_circuit_error_percent", outcome.idealError},
                             {"error_percent", outcome.error},
                             {"energy_j", outcome.cost.energy},
                             {"power_w", outcome.cost.power},
                             {"worst_row_loss", worstLoss(outcome.rows)},
                             {"worst_column_loss", worstLoss(outcome.columns)}};
        dies.add(network);
        dies.add(die);
        for (const char* key : numbers)
            dies.add(entry.at(key).dump());
        dies.endLine();
        list.push_back(std::move(entry));
        addLosses(rows, network, subject.pairs[k], outcome.rows);
        addLosses(columns, network, subject.pairs[k], outcome.columns);
    }
    writeFileAtomically(folder / "dies.csv", dies.text());
    writeFileAtomically(folder / "rows.csv", rows.text());
    writeFileAtomically(folder / "columns.csv", columns.text());
    return list;
}

void printOutcomes(const Subject& subject, const std::vector<CircuitOutcome>& outcomes)
{
    std::vector<double> ideal, errors, energies, powers, rows, columns;
    for (const CircuitOutcome& outcome : outcomes) {
        ideal.push_back(outcome.idealError);
        errors.push_back(outcome.error);
        energies.push_back(1e9 * outcome.cost.energy);
        powers.push_back(1e3 * outcome.cost.power);
        rows.push_back(100.0 * worstLoss(outcome.rows));
        columns.push_back(100.0 * worstLoss(outcome.columns));
    }
    std::vector<std::string> names = subject.networkNames();
    constexpr std::size_t most = 5;
    if (names.size() > most)
        names = {std::to_string(names.size()) + " networks"};
    std::cout << joined(names) << " on " << outcomes.size() << (outcomes.size() == 1 ? " die" : " dies")
              << ", " << subject.test.size() << " test images\n";
    TextTable table({"", "mean", "sigma", "worst"});
    const auto add = [&](const char* what, const std::vector<double>& values) {
        table.add({what, fixed(mean(values), 2), fixed(standardDeviation(values), 2),
                   fixed(*std::ranges::max_element(values), 2)});
    };
    add("error behind an ideal circuit, %", ideal);
    add("error behind this circuit, %", errors);
    add("energy of an inference, nJ", energies);
    add("power while reading, mW", powers);
    add("current lost in wires, worst row, %", rows);
    add("current lost in wires, worst column, %", columns);
    std::cout << table;
}

void printWaterfall(const Waterfall& waterfall)
{
    TextTable table({"added one after the other", "error, %", "cost, points", "alone, points"});
    table.add({"ideal", fixed(waterfall.ideal, 2), "", ""});
    for (const Waterfall::Step& step : waterfall.steps)
        table.add({std::string(name(step.effect)), fixed(step.error, 2), fixed(step.cost, 2),
                   fixed(step.costAlone, 2)});
    std::cout << table;
}

int stopped()
{
    std::cerr << "Stopped: nothing is written.\n";
    return stoppedExitCode;
}

/// Before the work: throws Error for results that exist already, of which `figure` names the one that is
/// drawn.
void expectNewResults(const ReadOptions& options, std::initializer_list<const char*> names,
                      const std::string& figure)
{
    const fs::path folder = options.folder;
    std::vector<fs::path> files;
    if (drawsFigures && !figure.empty())
        files = figureFiles(figure, folder / "figures", options.figures);
    for (const char* name : names)
        files.push_back(folder / name);
    expectNew(files, options.force);
    prepareFolder(folder);
}

int runCircuit(const ReadOptions& options)
{
    const fs::path folder = options.folder;
    if (options.waterfall)
        expectNewResults(options, {"circuit.json", "dies.csv", "rows.csv", "columns.csv", "waterfall.csv"},
                         "waterfall");
    else
        expectNewResults(options, {"circuit.json", "dies.csv", "rows.csv", "columns.csv"}, "");
    const Subject subject(options);
    const CircuitOptions circuit = circuitFrom(options, subject.project);
    const CircuitBench bench = subject.bench(options);
    const auto outcomes = readThroughCircuit(subject.pairs, circuit, bench);
    if (!outcomes)
        return stopped();
    std::optional<Waterfall> steps;
    if (options.waterfall) {
        steps = waterfall(subject.pairs, circuit, bench);
        if (!steps)
            return stopped();
    }
    nlohmann::json document{{"circuit", toJson(circuit)}};
    subject.describeSeeds(options, document);
    document["networks_on_dies"] = writeOutcomes(subject, *outcomes, folder);
    printOutcomes(subject, *outcomes);
    if (steps) {
        document["waterfall"] = toJson(*steps);
        writeFileAtomically(folder / "waterfall.csv", csv(*steps));
        printWaterfall(*steps);
        if (drawsFigures)
            drawFigure(*steps, folder / "figures", options.figures);
    }
    writeFileAtomically(folder / "circuit.json", document.dump(1) + '\n');
    std::cout << "Results in " << folder.string() << '\n';
    return 0;
}

int runSweep(const ReadOptions& options)
{
    const Subject subject(options);
    SweepPlan plan{.axes = {}, .circuit = circuitFrom(options, subject.project), .repeats = options.repeats};
    for (const std::string& axis : options.axes) {
        Assignment assignment = assignmentFrom(axis);
        plan.axes.push_back({assignment.parameter, std::move(assignment.values)});
    }
    plan.validate();
    const fs::path folder = options.folder;
    expectNewResults(options, {"sweep.json", "sweep.csv"}, "sweep");
    const auto points = sweep(subject.pairs, plan, subject.bench(options));
    if (!points)
        return stopped();
    nlohmann::json document = toJson(plan, *points);
    document["networks"] = subject.networkNames();
    subject.describeSeeds(options, document);
    writeFileAtomically(folder / "sweep.json", document.dump(1) + '\n');
    writeFileAtomically(folder / "sweep.csv", csv(plan, *points));
    std::vector<std::string> header;
    for (const SweepAxis& axis : plan.axes)
        header.push_back(axis.parameter.name());
    header.insert(header.end(), {"error, %", "sigma", "count"});
    TextTable table(header);
    for (const SweepPoint& point : *points) {
        std::vector<std::string> row;
        for (const double value : point.values)
            row.push_back(general(value));
        row.insert(row.end(), {fixed(point.mean, 2), fixed(point.spread, 2), std::to_string(point.count)});
        table.add(row);
    }
    std::cout << table;
    if (drawsFigures)
        drawFigure(plan, *points, folder / "figures", options.figures);
    std::cout << "Results in " << folder.string() << '\n';
    return 0;
}

/// What both commands take.
void addOptions(CLI::App& command, ReadOptions& options)
{
    command.add_option("FILE", options.file, "Project with trained networks (.faultline)")->required();
    command.add_option("--out", options.folder, "Folder for tables and figures; made if needed")
        ->required()
        ->type_name("DIR");
    command
        .add_option(
            "--options", options.circuit,
            "The circuit (.json): wires, transistors, converters, noise; datasets/README.md has the keys. "
            "Otherwise the project's own")
        ->type_name("FILE");
    const auto addList = [&](const char* name, std::vector<std::string>& list, const std::string& help,
                             const char* type) {
        command.add_option(name, list, help)->delimiter(',')->type_name(type);
    };
    addList("--set", options.settings,
            "Changes of the circuit, as in wire-ohm=1,adc-bits=6: its numbers under the names of the options "
            "for them",
            "NAME=NUMBER");
    addList("--networks", options.networks,
            "Names of networks as \"info\" prints them, or training modes for all of theirs (the first one)",
            "LIST");
    addList("--dies", options.dies, "Names of dies (all), separated by commas; D01..D09 is a range", "LIST");
    command.add_flag("--other-dies", options.otherDies,
                     "Hardware-aware networks on the dies that they were not trained for, too");
    command.add_option("--study", options.study, "Name of the study that trained them (the first)")
        ->type_name("NAME");
    command.add_option("--images", options.images, "So many of the test images; 0 is all (0)")
        ->check(notNegative());
    command
        .add_option("--seed", options.seed,
                    "Of read noise (that of the networks' training) and of drawn dies (1)")
        ->check(notNegative());
    command
        .add_option("--threads", options.threads,
                    "Worker threads; 0 is one for each core (0). Results don't depend on it")
        ->check(notNegative());
    options.changes.addTo(command, CircuitOptions(), optionName,
                          [](const std::string&) { return ""; }); // else as in the file or the project
    if (drawsFigures)
        addFigureOptions(command, options.figures);
    addForce(command, options.force);
}

} // namespace

void addCircuitCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand(
        "circuit", "Error, energy and lost current of trained networks behind a real circuit: line "
                   "resistance, transistors, converters, noise, temperature");
    const auto options = std::make_shared<ReadOptions>();
    addOptions(*command, *options);
    command->add_flag("--waterfall", options->waterfall,
                      "Say too which non-ideality costs how many points, one after the other and alone");
    command->callback([&action, options] { action = [options] { return runCircuit(*options); }; });
}

void addSweepCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand(
        "sweep", "Error of trained networks against one or two parameters of the circuit or the dies");
    const auto options = std::make_shared<ReadOptions>();
    addOptions(*command, *options);
    command
        ->add_option("--vary", options->axes,
                     "A parameter and its values, as in adc-bits=4,5,6,8; once, or twice for a map. Those of "
                     "--set, and for dies drawn from the wafer's statistics defect-rate (share of the cells) "
                     "and short-conductance (in G_P)")
        ->required()
        ->allow_extra_args(false)
        ->type_name("NAME=LIST");
    command
        ->add_option("--repeats", options->repeats,
                     "Drawn dies, or reads with their own noise, for each point (" +
                         std::to_string(options->repeats) + ")")
        ->check(CLI::PositiveNumber);
    command->callback([&action, options] { action = [options] { return runSweep(*options); }; });
}

} // namespace faultline::cli
