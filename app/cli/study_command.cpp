#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/described_options.h"
#include "cli/folders.h"
#include "cli/progress_line.h"
#include "cli/project_lock.h"
#include "cli/slurm_script.h"
#include "cli/stop_signals.h"
#include "cli/study_folder.h"
#include "cli/study_report.h"
#include "cli/study_text.h"
#include "cli/text.h"
#include "common/error.h"
#include "common/files.h"
#include "project/journal.h"
#include "project/project_file.h"
#include "study/hold_out.h"
#include "wafer/wafer_description.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

struct StudyOptions {
    bool demo = false;
    std::string wafer;
    std::string folder;
    std::string data;
    DescribedOptions<TrainingOptions> training, statisticsAware; ///< of all modes; of that one alone
    std::optional<int> repeats, side;
    std::optional<std::uint64_t> seed;
    int threads = 0;
    std::vector<std::string> modes, dies, defectRates;
    std::optional<int> holdOut;
    std::vector<int> hidden;
    std::optional<std::string> activation, spare;
    std::string circuit, shard;
    std::optional<int> slurm; // shards; 0: one per run
    bool force = false;
    std::vector<std::string> arguments; // as typed, but those that a shard gets its own of
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
Project projectFor(const StudyOptions& options)
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
        project.studies.clear();
    }
    return project;
}

void change(StudyPlan& plan, const StudyOptions& options, const Wafer& wafer)
{
    for (TrainingOptions* training : {&plan.training, &plan.statisticsAware})
        options.training.applyTo(*training);
    if (options.training.has("epochs")) {
        plan.training.validate(); // so that the product is an int
        plan.statisticsAware.epochs *= statisticsEpochsRatio();
    }
    options.statisticsAware.applyTo(plan.statisticsAware);
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
    if (options.holdOut)
        plan = holdOut(plan, wafer, *options.holdOut, plan.seed);
    if (!options.hidden.empty()) {
        plan.network.layers = {0};
        plan.network.layers.insert(plan.network.layers.end(), options.hidden.begin(), options.hidden.end());
        plan.network.layers.push_back(classCount);
    }
    plan.network.layers.front() = pixelsOf(plan.side);
    if (options.activation)
        plan.network.hidden = activationFromName(*options.activation);
}

/// "3/36"
Shard shardFrom(const std::string& text)
{
    Shard shard;
    const char* end = text.data() + text.size();
    const auto index = std::from_chars(text.data(), end, shard.index);
    const bool divided = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
    const auto count = divided ? std::from_chars(index.ptr + 1, end, shard.count) : index;
    if (!divided || count.ec != std::errc() || count.ptr != end || shard.index < 1 ||
        shard.index > shard.count)
        throw Error("--shard: found \"" + text + "\", expected K/N as in 3/36, with K from 1 to N");
    return shard;
}

/// Puts what an earlier call of this study has finished into `project`, from its file and from the journal of
/// one that was killed. Another study's file is kept under another name. Returns how many runs there were.
std::size_t resume(Project& project, const fs::path& file)
{
    std::optional<Project> before;
    if (auto recovery = recover(journalOf(file), file)) {
        if (recovery->otherContent) {
            const Project saved = loadProject(file);
            if (!sameBench(recovery->project, saved))
                keepAside(saved, file, recovery->otherContent->words() + " The file's");
        }
        before = std::move(recovery->project);
    } else if (fs::exists(file)) {
        before = loadProject(file);
    }
    if (!before)
        return 0;
    Study& study = project.studies.front();
    const auto isSame = [&](const Study& other) { return study.plan.isSameOn(project.wafer, other.plan); };
    const auto same =
        sameBench(*before, project) ? std::ranges::find_if(before->studies, isSame) : before->studies.end();
    const bool found = same != before->studies.end();
    if (found)
        study.result = same->result;
    if (!found || before->studies.size() > 1) {
        keepAside(*before, file, "The study that was in " + file.string() + " is another one; it");
        if (found)
            saveProject(project, file);
        fs::remove_all(journalOf(file)); // which knows nothing more
    }
    return study.result.runs.size() + study.result.begun.size();
}

/// Runs the study from where it stands, with a journal of it, and saves it: also when a person stops it.
void perform(Project& project, const DatasetPair& data, int threads, const fs::path& file, const Shard& shard)
{
    const StopSignals signals;
    Study& study = project.studies.front();
    Journal journal(journalOf(file), [](const std::string& reason) {
        std::cerr << "Cannot keep a journal, so that a crash would cost what is not saved yet: " << reason
                  << std::endl;
    });
    if (study.result.runs.empty() && study.result.begun.empty())
        study.result = beginning(study.plan, project.wafer, data);
    journal.keep(project);
    {
        ProgressLine line(study.plan, project.wafer);
        study.result = runStudy(
            study.plan, project.wafer, data, threads, signals.token(),
            [&](const RunUpdate& update) {
                line.show(update);
                if (update.result)
                    journal.keep(study, *update.result);
                else if (update.checkpoint)
                    journal.keep(study, *update.checkpoint);
            },
            study.result, shard);
    }
    try {
        saveProject(project, file, journal.id());
    } catch (const Error& error) {
        journal.flush();
        throw Error(std::string(error.what()) + "\nWhat was trained is kept in " + journal.folder().string() +
                    ": the same command goes on from there.");
    }
    journal.clear();
}

/// Writes a script that has a cluster run the study, one shard per job.
void writeSlurmScript(const StudyOptions& options, const Project& project, const fs::path& folder)
{
    const Study& study = project.studies.front();
    const auto runs = static_cast<int>(runsOf(study.plan, project.wafer).size());
    const int shards = *options.slurm > 0 ? std::min(*options.slurm, runs) : runs;
    const fs::path file = folder / "study.slurm";
    const std::string script = slurmScript(options.arguments, fs::absolute(folder), shards, options.threads);
    if (!fs::exists(file) || readWholeFile(file) != script)
        expectNew({file}, options.force);
    writeFileAtomically(file, script);
    fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
    std::cout << "Wrote " << file.string() << ": " << runs << " runs in " << shards
              << " shards. Start it with\n"
              << "  job=$(sbatch --parsable " << quoted(file.string())
              << ")\n  sbatch --dependency=afterok:$job --array=0 " << quoted(file.string()) << std::endl;
}

fs::path shardFile(const fs::path& folder, const Shard& shard)
{
    const std::string count = std::to_string(shard.count);
    std::string index = std::to_string(shard.index);
    index.insert(0, count.size() - index.size(), '0');
    return folder / "shards" / (index + "-of-" + count + ".faultline");
}

int reportShard(const Project& project, const Shard& shard, const fs::path& file)
{
    const Study& study = project.studies.front();
    std::size_t planned = 0;
    for (std::size_t run = 0; run < runsOf(study.plan, project.wafer).size(); ++run)
        planned += shard.contains(run) ? 1 : 0;
    const std::size_t finished = study.result.runs.size();
    std::cout << "Shard " << shard.index << " of " << shard.count << ": " << finished << " of its " << planned
              << " runs in " << file.string() << std::endl;
    return finished == planned ? 0 : stoppedExitCode;
}

int run(const StudyOptions& options)
{
    Project project = projectFor(options);
    if (!options.data.empty())
        project.dataset = fs::absolute(options.data).string();
    if (!options.circuit.empty()) {
        project.circuit = readCircuitOptions(options.circuit);
        project.plan.circuit = project.circuit;
    }
    change(project.plan, options, project.wafer);
    project.plan.validate(project.wafer);
    const bool spansDies = diesPerNetwork(project.plan.network.layers, project.wafer.geometry) > 1;
    if (spansDies)
        std::cout << placement(project.plan, project.wafer) << std::endl;
    project.studies.push_back({"Study 1", spansDies ? project.plan.pinned(project.wafer) : project.plan, {}});
    const fs::path folder = options.folder;
    if (!options.slurm && options.shard.empty())
        expectOwnResults(folder, options.force);
    prepareFolder(folder);
    if (options.slurm) {
        writeSlurmScript(options, project, folder);
        return 0;
    }
    const Shard shard = options.shard.empty() ? Shard{} : shardFrom(options.shard);
    const fs::path file = options.shard.empty() ? folder / "study.faultline" : shardFile(folder, shard);
    prepareFolder(file.parent_path());
    const LockFile lock = lockToWrite(file);
    const DatasetPair data = loadDataset(project.dataset);
    project.images = checksums(data);
    expectSide(data.test, project.plan.side); // before another study is kept aside
    if (const std::size_t known = resume(project, file))
        std::cout << "Goes on with " << known << " runs that an earlier call has trained or begun."
                  << std::endl;
    requireImages(project.studies.front().result.images, data);
    perform(project, data, options.threads, file, shard);
    return options.shard.empty() ? report(project, folder) : reportShard(project, shard, file);
}

/// Options as typed, for the shards' own commands; each of these gets other shards and threads.
void addGivenOptions(std::vector<std::string>& arguments, const CLI::App& command)
{
    for (const CLI::Option* option : command.get_options()) {
        const std::string name = option->get_name();
        if (option->count() == 0 || name == "--shard" || name == "--slurm" || name == "--threads" ||
            name == "--force")
            continue;
        arguments.push_back(name);
        if (option->get_items_expected_max() > 0) // not a flag
            arguments.push_back(joined(option->results(), ","));
    }
}

/// "--batch" is for all modes, "--statistics-batch" for statistics-aware training alone. Three options were
/// always of that alone and have no such prefix.
void addTrainingOptions(CLI::App& command, StudyOptions& options)
{
    const auto isItsOwn = [](std::string_view key) {
        return key == "draws" || key == "perfect_draws" || key == "loss_bound";
    };
    const StudyPlan plan;
    options.training.addTo(
        command, plan.training, [&](const std::string& key) { return isItsOwn(key) ? "" : optionName(key); },
        [](const std::string& usual) { return " (" + usual + ")"; });
    options.statisticsAware.addTo(
        command, plan.statisticsAware,
        [&](const std::string& key) { return optionName(isItsOwn(key) ? key : "statistics-" + key); },
        [](const std::string& usual) { return ", of statistics-aware training (" + usual + ")"; });
    CLI::Option* epochs = command.get_option("--epochs");
    epochs->description(epochs->get_description() + "; statistics-aware training takes " +
                        std::to_string(statisticsEpochsRatio()) + " times as many");
}

} // namespace

void addStudyCommand(CLI::App& program, Action& action)
{
    CLI::App* command = program.add_subcommand(
        "study",
        "Train networks in the three modes and measure the error of every die.\n"
        "Ctrl+C stops within a second. The same command goes on from there, and also after a crash.");
    const auto options = std::make_shared<StudyOptions>();
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
    command
        ->add_option("--hold-out", options->holdOut,
                     "Judge the networks on so many of the dies, drawn by the seed, and fit the statistics "
                     "of statistics-aware training to the others alone")
        ->type_name("DIES");
    command->add_option(
        "--repeats", options->repeats,
        usually("Networks with seeds of their own for standard and for statistics-aware training",
                plan.repeats));
    command
        ->add_option(
            "--seed", options->seed,
            usually("Seed of all training; equal seeds give equal errors", static_cast<double>(plan.seed)))
        ->check(notNegative());
    command
        ->add_option("--threads", options->threads,
                     "Worker threads; 0 is one for each core (0). Results don't depend on it")
        ->check(notNegative());

    command
        ->add_option(
            "--shard", options->shard,
            "Train only part K of N of the runs, into shards/ of the folder; \"merge\" joins the parts")
        ->type_name("K/N");
    command
        ->add_option(
            "--slurm", options->slurm,
            "Train nothing, but write study.slurm, a script that has a Slurm cluster (or make) train it in "
            "this many shards (one for each run)")
        ->type_name("N")
        ->expected(0, 1)
        ->default_str("0")
        ->check(notNegative());
    command->add_flag("--force", options->force,
                      "Replace another study.slurm, and study.json, dies.csv and figures/ without a "
                      "study.faultline beside them. A study that goes on needs no force, and another one in "
                      "its folder keeps it under other names");
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
    addTrainingOptions(*command, *options);
    command
        ->add_option("--circuit", options->circuit,
                     "A circuit (.json, as in datasets/demo-circuit.json) that hardware-aware and "
                     "statistics-aware training see and that all errors on dies are behind")
        ->type_name("FILE");
    command
        ->add_option("--spare", options->spare,
                     "What spare cells hold: copies of whole layers, averaged digitally, or unused (copies)")
        ->type_name("NAME");
    command->callback([&action, options, command, wafer] {
        for (const CLI::App* group : {command, static_cast<CLI::App*>(wafer)})
            addGivenOptions(options->arguments, *group);
        action = [options] { return run(*options); };
    });
}

} // namespace faultline::cli
