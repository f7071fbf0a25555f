#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include <unistd.h>

#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/progress_line.h"
#include "cli/stop_signals.h"
#include "cli/study_text.h"
#include "common/error.h"
#include "common/files.h"
#include "project/project_file.h"
#include "study/report.h"
#include "wafer/wafer_description.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

struct Options {
    bool demo = false;
    std::string wafer;
    std::string folder;
    std::string data;
    std::optional<int> epochs, statisticsEpochs, draws, perfectDraws, repeats, side, batch;
    std::optional<double> learningRate, lossBound;
    std::optional<std::uint64_t> seed;
    int threads = 0;
    std::vector<std::string> modes, dies, defectRates;
    std::vector<int> hidden;
    std::optional<std::string> activation, spare;
};

/// Statistics-aware training takes this many times the epochs of the other modes, unless told otherwise.
int statisticsEpochsRatio()
{
    const StudyPlan defaults;
    return defaults.statisticsAware.epochs / defaults.training.epochs;
}

/// "short=0.002" and its like, for the wafer that is about to be drawn.
void setRate(DefectStatistics& statistics, const std::string& assignment)
{
    std::vector<std::string> names;
    for (const Defect defect : allDefects) {
        names.emplace_back(name(defect));
        const std::string start = names.back() + "=";
        if (!assignment.starts_with(start))
            continue;
        const char* end = assignment.data() + assignment.size();
        double rate = 0.0;
        const auto read = std::from_chars(assignment.data() + start.size(), end, rate);
        if (read.ec == std::errc() && read.ptr == end) {
            statistics.rate(defect).rate = rate;
            return;
        }
    }
    throw Error("--defect-rate: found \"" + assignment +
                "\", expected NAME=SHARE as in short=0.002, where NAME is " + joined(names));
}

/// A project with the wafer that was asked for and the plan that comes with it; without runs.
Project projectFor(const Options& options)
{
    Project project;
    const bool described = options.demo || fs::path(options.wafer).extension() == ".json";
    if (described) {
        WaferDescription description = readWaferDescription(
            options.demo ? datasetsFolder() / "demo-wafer.json" : fs::path(options.wafer));
        for (const std::string& rate : options.defectRates)
            setRate(description.statistics, rate);
        if (!options.defectRates.empty())
            description.description += " Drawn with other defect rates: " + joined(options.defectRates) + ".";
        project.name = description.name;
        project.wafer = drawWafer(description);
    } else {
        if (!options.defectRates.empty())
            throw Error("--defect-rate changes a wafer that is drawn; " + options.wafer +
                        " has its dies already.");
        project = loadProject(options.wafer);
        project.result = {};
    }
    return project;
}

/// The index of a die by its name.
int dieNamed(const Wafer& wafer, const std::string& name)
{
    std::vector<std::string> names;
    for (const Die& die : wafer.dies) {
        if (die.name == name)
            return static_cast<int>(names.size());
        names.push_back(die.name);
    }
    throw Error("There is no die \"" + name + "\"; the wafer has " + joined(names) + ".");
}

/// The plan's dies from names and ranges of them, "D01" or "D01..D09".
std::vector<int> diesNamed(const Wafer& wafer, const std::vector<std::string>& names)
{
    std::vector<int> dies;
    for (const std::string& name : names) {
        const std::size_t dots = name.find("..");
        const int first = dieNamed(wafer, name.substr(0, dots));
        const int last = dots == std::string::npos ? first : dieNamed(wafer, name.substr(dots + 2));
        if (last < first)
            throw Error("--dies: " + name + " ends before it starts.");
        for (int die = first; die <= last; ++die)
            if (std::ranges::find(dies, die) == dies.end())
                dies.push_back(die);
    }
    return dies;
}

void change(StudyPlan& plan, const Options& options, const Wafer& wafer)
{
    if (options.epochs) {
        plan.training.epochs = *options.epochs;
        plan.statisticsAware.epochs = *options.epochs * statisticsEpochsRatio();
    }
    for (TrainingOptions* training : {&plan.training, &plan.statisticsAware}) {
        training->batch = options.batch.value_or(training->batch);
        training->learningRate = options.learningRate.value_or(training->learningRate);
    }
    TrainingOptions& statisticsAware = plan.statisticsAware;
    statisticsAware.epochs = options.statisticsEpochs.value_or(statisticsAware.epochs);
    statisticsAware.draws = options.draws.value_or(statisticsAware.draws);
    statisticsAware.perfectDraws = options.perfectDraws.value_or(statisticsAware.perfectDraws);
    statisticsAware.lossBound = options.lossBound.value_or(statisticsAware.lossBound);
    plan.spare = options.spare ? spareFromName(*options.spare) : plan.spare;
    plan.repeats = options.repeats.value_or(plan.repeats);
    plan.seed = options.seed.value_or(plan.seed);
    plan.side = options.side.value_or(plan.side);
    if (!options.modes.empty()) {
        plan.modes.clear();
        for (const std::string& mode : options.modes)
            plan.modes.push_back(modeFromName(mode));
    }
    if (!options.dies.empty())
        plan.dies = diesNamed(wafer, options.dies);
    if (!options.hidden.empty()) {
        plan.network.layers = {0};
        plan.network.layers.insert(plan.network.layers.end(), options.hidden.begin(), options.hidden.end());
        plan.network.layers.push_back(classCount);
    }
    plan.network.layers.front() = plan.side * plan.side;
    if (options.activation)
        plan.network.hidden = activationFromName(*options.activation);
}

/// Makes the folder and sees that it can be written to: before hours of training rather than after.
void prepareFolder(const fs::path& folder)
{
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (!failure && access(folder.c_str(), W_OK | X_OK) != 0)
        failure = {errno, std::generic_category()};
    if (failure)
        throw Error(folder.string() + ": cannot write results there: " + failure.message());
}

void writeResults(const Project& project, const fs::path& folder)
{
    saveProject(project, folder / "study.faultline");
    writeFileAtomically(folder / "study.json", studyJson(project.plan, project.wafer, project.result));
    writeFileAtomically(folder / "dies.csv", diesCsv(project.plan, project.wafer, project.result.runs));
}

/// Runs the study, and writes what was finished when a person stops it.
void perform(Project& project, const DatasetPair& data, int threads, const fs::path& folder)
{
    const StopSignals signals;
    {
        ProgressLine line(project);
        project.result = runStudy(project.plan, project.wafer, data, threads, signals.token(),
                                  [&line](const RunUpdate& update) { line.show(update); });
    }
    // A study that was stopped at once does not replace an older one.
    if (!project.result.runs.empty())
        writeResults(project, folder);
}

int run(const Options& options)
{
    Project project = projectFor(options);
    if (!options.data.empty())
        project.dataset = fs::absolute(options.data).string();
    change(project.plan, options, project.wafer);
    project.plan.validate(project.wafer);
    const fs::path folder = options.folder;
    prepareFolder(folder);
    perform(project, loadDataset(project), options.threads, folder);

    if (project.result.runs.empty()) {
        std::cout << "Stopped before the first run was finished: nothing was written.\n";
        return stoppedExitCode;
    }
    if (!project.result.complete)
        std::cout << "Stopped: kept the " << project.result.runs.size() << " finished of "
                  << runsOf(project.plan, project.wafer).size() << " runs.\n";
    printSummary(std::cout, project);
    std::cout << "Results in " << folder.string() << ": study.faultline, study.json, dies.csv" << std::endl;
    if (!project.result.complete)
        return stoppedExitCode;
    if (drawsFigures) {
        drawFigures(project, folder / "figures", std::vector<std::string>{"svg", "pdf", "png"});
        std::cout << "Figures in " << (folder / "figures").string() << '\n';
    } else {
        std::cout << "No figures: this program was built without Qt.\n";
    }
    return 0;
}

} // namespace

void addStudyCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand(
        "study", "Train networks in the three modes and measure the error of every die.\n"
                 "Ctrl+C stops within a second and keeps the runs that are finished.");
    const auto options = std::make_shared<Options>();
    const StudyPlan plan;
    const auto usually = [](const std::string& help, double value) {
        return help + " (" + general(value) + ")";
    };
    const auto addList = [command](const char* name, auto& values, const std::string& help,
                                   const char* type) {
        command->add_option(name, values, help)->delimiter(',')->type_name(type);
    };

    CLI::Option_group* wafer = command->add_option_group("Wafer", "Which dies to study:");
    wafer->add_flag("--demo", options->demo, "The synthetic demo wafer: 36 dies of 20 000 junctions");
    wafer
        ->add_option("--wafer", options->wafer,
                     "Description to draw a wafer from (.json), or a project whose wafer and plan are taken "
                     "(.faultline)")
        ->type_name("FILE");
    wafer->require_option(1);
    addList("--defect-rate", options->defectRates,
            "Other shares of defective cells for the drawn wafer, as in short=0.002,open=0; also stuck-P and "
            "stuck-AP",
            "NAME=SHARE");

    command
        ->add_option("--out", options->folder,
                     "Folder for study.faultline, study.json, dies.csv and figures/; made if needed")
        ->required()
        ->type_name("DIR");
    command
        ->add_option(
            "--data", options->data,
            "Folder with images in IDX form, gzip or plain, under MNIST's file names; otherwise the MNIST "
            "that ships with Faultline")
        ->type_name("FOLDER");
    addList("--modes", options->modes,
            "Training modes: standard, hardware-aware, statistics-aware (all), separated by commas", "LIST");
    addList("--dies", options->dies,
            "Names of the dies to study (all), separated by commas; D01..D09 is a range", "LIST");
    command->add_option(
        "--repeats", options->repeats,
        usually("Networks with seeds of their own for standard and for statistics-aware training",
                plan.repeats));
    command->add_option(
        "--seed", options->seed,
        usually("Seed of all training; equal seeds give equal errors", static_cast<double>(plan.seed)));
    command
        ->add_option("--threads", options->threads,
                     "Worker threads; 0 is one for each core (0). Results don't depend on it")
        ->check(CLI::NonNegativeNumber);

    addList("--hidden", options->hidden,
            usually("Neurons of each hidden layer, separated by commas", plan.network.layers[1]), "LIST");
    command
        ->add_option("--activation", options->activation,
                     "Of hidden neurons: tanh, hardtanh, relu or sign (" +
                         std::string(name(plan.network.hidden)) + ")")
        ->type_name("NAME");
    command
        ->add_option("--downsample", options->side,
                     usually("Images are averaged down to N x N pixels", plan.side))
        ->type_name("N");
    command->add_option("--epochs", options->epochs,
                        usually("Passes over the training images; statistics-aware training takes " +
                                    std::to_string(statisticsEpochsRatio()) + " times as many",
                                plan.training.epochs));
    command->add_option("--statistics-epochs", options->statisticsEpochs,
                        usually("Those of statistics-aware training alone", plan.statisticsAware.epochs));
    command->add_option("--batch", options->batch, usually("Images per training step", plan.training.batch));
    command->add_option("--draws", options->draws,
                        usually("Dies per step of statistics-aware training, which share the batch",
                                plan.statisticsAware.draws));
    command->add_option("--perfect-draws", options->perfectDraws,
                        usually("How many of these are a perfect die", plan.statisticsAware.perfectDraws));
    command->add_option("--loss-bound", options->lossBound,
                        usually("Exponent q of the loss (1 - p^q) / q of statistics-aware training; 0 is "
                                "cross-entropy",
                                plan.statisticsAware.lossBound));
    command
        ->add_option("--spare", options->spare,
                     "What spare cells hold: copies of whole layers, averaged digitally, or unused (copies)")
        ->type_name("NAME");
    command->add_option("--learning-rate", options->learningRate,
                        usually("At the start; falls to 0 along a cosine cubed", plan.training.learningRate));
    command->callback([&action, options] { action = [options] { return run(*options); }; });
}

} // namespace faultline::cli
