#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/folders.h"
#include "cli/project_lock.h"
#include "cli/study_text.h"
#include "common/error.h"
#include "common/files.h"
#include "measurement/classification.h"
#include "measurement/doubts.h"
#include "measurement/wafer_report.h"
#include "project/project_file.h"
#include "study/data_export.h"

namespace faultline::cli
{
namespace
{

namespace fs = std::filesystem;

template <class Choice, std::size_t count>
std::map<std::string, Choice> byName(const std::array<Choice, count>& choices)
{
    std::map<std::string, Choice> result;
    for (const Choice choice : choices)
        result.emplace(name(choice), choice);
    return result;
}

const std::map<std::string, Level> levels{{"P", P}, {"AP", AP}};
const std::map<std::string, std::vector<Level>> stateOrders{
    {"P", {P}}, {"AP", {AP}}, {"AP,P", {AP, P}}, {"P,AP", {P, AP}}};

std::string orderOf(const std::vector<Level>& states)
{
    return std::ranges::find(stateOrders, states, [](const auto& item) { return item.second; })->first;
}

template <class Choice>
void addChoice(CLI::App* command, const char* option, std::optional<Choice>& chosen,
               const std::map<std::string, Choice>& choices, const char* description)
{
    command
        ->add_option_function<Choice>(
            option, [&chosen](const Choice& choice) { chosen = choice; }, description)
        ->transform(CLI::CheckedTransformer(choices).description("NAME"));
}

void printQuality(const Classification& classification)
{
    const Thresholds& thresholds = classification.thresholds;
    std::cout << "Thresholds in siemens: open below " << general(thresholds.openBelow)
              << ", stuck-P above and stuck-AP below " << general(thresholds.middle) << ", short above "
              << general(thresholds.shortAbove) << "; a switch has G_P / G_AP above "
              << general(thresholds.smallestRatio) << '\n';
    if (!classification.fit)
        return;
    const MixtureFit& fit = *classification.fit;
    std::cout << "Mixture of lognormals: P " << general(fit.healthy[P].median) << " S, sigma "
              << general(fit.healthy[P].sigma) << "; AP " << general(fit.healthy[AP].median) << " S, sigma "
              << general(fit.healthy[AP].sigma) << "; " << fit.iterations << " iterations\n";
    TextTable table({"label", "cells", "expected precision", "expected recall"});
    for (const Defect label : {Defect::None, Defect::Short, Defect::Open, Defect::StuckP, Defect::StuckAP}) {
        const MixtureFit::Quality& quality = fit.quality[static_cast<std::size_t>(label)];
        table.add({label == Defect::None ? "healthy" : std::string(name(label)),
                   std::to_string(quality.cells), fixed(quality.precision, 4), fixed(quality.recall, 4)});
    }
    std::cout << table << "Cells expected to be labelled rightly: " << fixed(100.0 * fit.rightlyLabelled, 3)
              << " %\n";
}

// import
// ----------------------------------------------------------------------------------------------------

struct ImportOptions {
    std::vector<std::string> paths;
    std::string project, into, recipe, saveRecipe, name = "measured wafer";
    std::optional<Quantity> quantity;
    std::optional<TextLayout> layout;
    std::optional<Repeated> repeated;
    std::optional<char> separator, decimal;
    std::vector<Level> states;
    std::optional<double> readVoltage;
    std::optional<int> headerLines, labelColumns, firstIndex;
    std::vector<std::string> columns; ///< KEY=NUMBER or KEY=NAME
    std::optional<std::string> dieName;
    std::vector<std::string> datasets;
    bool transpose = false, flipRows = false, flipColumns = false, unlabelled = false, force = false;
    bool waferYUp = false, waferXLeft = false;
    double tmr = 1.5;
};

/// Settles the columns of a table, each by its number or by the name that the header gives it.
void setColumns(ImportRecipe& recipe, const std::vector<std::string>& settings, const fs::path& first)
{
    if (settings.empty())
        return;
    recipe.layout = TextLayout::Table;
    constexpr std::size_t mostHeaderLines = 100;
    const std::vector<std::string> names = previewText(first, recipe.text, mostHeaderLines).columns;
    for (const std::string& setting : settings) {
        const auto sign = setting.find('=');
        const std::string key = setting.substr(0, sign);
        const std::string wanted = sign == setting.npos ? "" : setting.substr(sign + 1);
        const auto* const column =
            std::ranges::find(tableColumns, key, [](const auto& item) { return std::string(item.first); });
        const auto named = std::ranges::find(names, wanted);
        std::optional<int> number;
        if (named != names.end())
            number = static_cast<int>(named - names.begin()) + 1;
        else if (!wanted.empty() && wanted.size() < 4 &&
                 std::ranges::all_of(wanted, [](char c) { return c >= '0' && c <= '9'; }))
            number = std::stoi(wanted);
        if (column == tableColumns.end() || !number)
            throw Error(
                "--columns: found " + setting +
                ", expected die, row, column, state, value, value_p, value_ap, wafer_row or wafer_column, "
                "then = and the number of a column from 1, or its name in the header");
        recipe.columns.*column->second = *number;
        if (key == "value")
            recipe.columns.parallel = recipe.columns.antiparallel = 0;
        else if (key.starts_with("value_"))
            recipe.columns.value = recipe.columns.state = 0;
    }
}

ImportRecipe recipeOf(const ImportOptions& options, const fs::path& first, const DieGeometry* expected)
{
    ImportRecipe recipe = options.recipe.empty() ? guessRecipe(first, expected) : loadRecipe(options.recipe);
    const auto set = [](auto& value, const auto& chosen) {
        if (chosen)
            value = *chosen;
    };
    set(recipe.quantity, options.quantity);
    set(recipe.layout, options.layout);
    set(recipe.text.separator, options.separator);
    set(recipe.text.decimal, options.decimal);
    set(recipe.text.headerLines, options.headerLines);
    set(recipe.text.labelColumns, options.labelColumns);
    set(recipe.readVoltage, options.readVoltage);
    set(recipe.dieName, options.dieName);
    set(recipe.firstIndex, options.firstIndex);
    set(recipe.repeated, options.repeated);
    setColumns(recipe, options.columns, first);
    if (!options.columns.empty() && !options.quantity) {
        const QuantityGuess guess = guessQuantity(first, recipe);
        if (guess.isNamed || options.recipe.empty())
            recipe.quantity = guess.quantity;
    }
    if (!options.states.empty())
        recipe.states = options.states;
    if (!options.datasets.empty())
        recipe.datasets = options.datasets;
    recipe.transpose ^= options.transpose;
    recipe.flipRows ^= options.flipRows;
    recipe.flipColumns ^= options.flipColumns;
    recipe.waferYUp ^= options.waferYUp;
    recipe.waferXLeft ^= options.waferXLeft;
    return recipe;
}

/// What was guessed has to be likely; what an option or a recipe says is taken.
void settleDoubts(const Doubts& doubts, const ImportRecipe& recipe, const ImportOptions& options)
{
    const auto settle = [&](const std::string& doubt, bool isSaid, const std::string& wayOn) {
        if (doubt.empty())
            return;
        if (!isSaid && options.recipe.empty())
            throw Error(doubt + " " + wayOn);
        std::cout << doubt << '\n';
    };
    settle(doubts.unit, options.quantity.has_value(),
           std::string("Give the unit with --quantity") +
               (isCurrent(recipe.quantity) ? " and the voltage with --read-voltage; " : "; ") +
               "--quantity " + std::string(name(recipe.quantity)) + " says that it is right.");
    settle(doubts.states, !options.states.empty(),
           "--state P reads all as of that state; --state " + orderOf(recipe.states) +
               " says that these are the two.");
}

int importDies(const ImportOptions& options)
{
    const bool adds = !options.into.empty();
    const std::string& file = adds ? options.into : options.project;
    const LockFile lock = lockToWrite(file);
    const std::vector<fs::path> paths(options.paths.begin(), options.paths.end());
    const std::vector<fs::path> files = measurementFiles(paths);
    if (!adds && !options.force && fs::exists(file))
        throw Error(file + ": exists already; add the dies to it with --into, or replace it with --force");
    if (!options.saveRecipe.empty() && !options.force &&
        std::ranges::count(recipeNames(), options.saveRecipe) > 0)
        throw Error("There is a recipe \"" + options.saveRecipe +
                    "\" already. Give --save-recipe another name, or --force to replace it.");
    Project project;
    if (adds)
        project = loadProject(file);
    const DieGeometry* const expected = adds ? &project.wafer.geometry : nullptr;
    ImportRecipe recipe = recipeOf(options, files.front(), expected);
    const Measurement measurement = readMeasurement(files, recipe, expected);
    Wafer wafer = waferOf(measurement, options.name, options.tmr);
    const DieGeometry& size = wafer.geometry;
    for (const std::string& line : measurement.report.lines())
        std::cout << line << '\n';
    const std::optional<Level> only = measuredAlone(wafer);
    std::cout << "Dies of " << size.rows << " x " << size.columns << " cells, read as "
              << name(recipe.quantity) << (recipe.transpose ? ", rows and columns exchanged" : "") << "; R_P "
              << general(wafer.device.parallelResistance) << " ohm, TMR " << general(100.0 * wafer.device.tmr)
              << (only ? " % as assumed (--tmr)\n" : " % by the medians\n");
    settleDoubts(doubtsAbout(wafer, measurement, recipe), recipe, options);
    if (!options.unlabelled) {
        const Classification classification = classify(wafer, {}, only);
        applyLabels(classification.labels, wafer);
        printQuality(classification);
    }
    if (adds) {
        project.addDies(diesToAdd(project.wafer, std::move(wafer.dies)));
    } else {
        project.name = options.name;
        project.wafer = std::move(wafer);
    }
    saveProject(project, file);
    if (!options.saveRecipe.empty()) {
        recipe.name = options.saveRecipe;
        saveRecipe(recipe);
    }
    std::cout << "Project in " << file << '\n';
    return 0;
}

void addImport(CLI::App* die, Action& action)
{
    CLI::App* command = die->add_subcommand(
        "import", "Read measured dies into a project: text, .npy, .npz, HDF5 and MATLAB 7.3. What the "
                  "options leave open is guessed from the first file");
    const auto options = std::make_shared<ImportOptions>();
    command
        ->add_option("FILE", options->paths, "Files, or folders of them; a die may have one for each state")
        ->required();
    CLI::Option_group* const where = command->add_option_group("where");
    where->add_option("--out", options->project, "New project (.faultline)")->type_name("FILE");
    where
        ->add_option("--into", options->into,
                     "Project to add the dies to; they have to be as large as its own")
        ->type_name("FILE");
    where->require_option(1);
    command->add_flag("--force", options->force,
                      "Replace the project of --out, and the recipe of --save-recipe, if there is one");
    command
        ->add_option(
            "--recipe", options->recipe,
            "How to read the files: a recipe that the window or --save-recipe has saved, by its name "
            "or its file; the options below change it")
        ->type_name("NAME");
    command->add_option("--save-recipe", options->saveRecipe, "Keep how the files were read under this name")
        ->type_name("NAME");
    addChoice(command, "--quantity", options->quantity, byName(allQuantities),
              "What the numbers are: ohm, siemens or ampere, with milli, kilo, micro and so on before them. "
              "Otherwise as the header, the recipe or the numbers say; a guess that gives a median R_P "
              "outside 100 ohm to 10 megaohm is refused");
    command->add_option("--read-voltage", options->readVoltage, "Of currents")->type_name("VOLT");
    addChoice(command, "--layout", options->layout, byName(std::array{TextLayout::Matrix, TextLayout::Table}),
              "Of text: matrix, or table with a line for each cell");
    addChoice(command, "--separator", options->separator,
              {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"blank", ' '}},
              "Of text: comma, semicolon, tab, blank");
    addChoice(command, "--decimal", options->decimal, {{"point", '.'}, {"comma", ','}},
              "Of text: point, comma");
    command->add_option("--header-lines", options->headerLines, "Lines of text before the numbers");
    command->add_option("--label-columns", options->labelColumns, "Columns of names before a matrix");
    command
        ->add_option(
            "--columns", options->columns,
            "Of a table: KEY=NUMBER or KEY=NAME in its header, separated by commas; keys are die, row, "
            "column, state, value, value_p, value_ap, wafer_row, wafer_column. 0 is none")
        ->delimiter(',')
        ->type_name("LIST");
    command->add_option("--first-index", options->firstIndex, "Of a table's rows and columns: 0 or 1")
        ->check(CLI::Range(0, 1));
    addChoice(
        command, "--repeated", options->repeated, byName(allRepeated),
        "Of a table's cells that were measured again, the value that stands: first, last, median, worst "
        "(farthest from the die's median); none refuses them, as without this option");
    command
        ->add_option("--dataset", options->datasets,
                     "Paths in HDF5 or .npz; otherwise all that could be dies")
        ->type_name("PATH");
    command
        ->add_option_function<std::string>(
            "--state", [options](const std::string& words) { options->states = stateOrders.at(words); },
            "Where names do not tell: P or AP, the one that was measured, or both in the order of the file, "
            "AP,P or P,AP. Guessed ones that hardly differ are refused")
        ->check(CLI::IsMember(&stateOrders))
        ->type_name("NAME");
    command
        ->add_option(
            "--die-name", options->dieName,
            "Regular expression with a group ( ) that finds a die's name in FILE, or in FILE/PATH of "
            "a dataset")
        ->type_name("PATTERN");
    command->add_flag("--transpose", options->transpose,
                      "Exchange rows and columns, against the guess or the recipe");
    command->add_flag("--flip-rows", options->flipRows, "Turn the order of rows");
    command->add_flag("--flip-columns", options->flipColumns, "Turn the order of columns");
    command->add_flag("--wafer-y-up", options->waferYUp,
                      "The prober counts rows of dies from below, against the guess or the recipe");
    command->add_flag("--wafer-x-left", options->waferXLeft,
                      "The prober counts columns of dies from the right");
    command->add_flag("--unlabelled", options->unlabelled,
                      "Leave all cells labelled healthy instead of classifying them");
    command->add_option("--tmr", options->tmr, "For the other state when one was measured; 1.5 is 150 %")
        ->capture_default_str();
    command->add_option("--name", options->name, "Name of the wafer")->capture_default_str();
    command->callback([&action, options] { action = [options] { return importDies(*options); }; });
}

// classify
// --------------------------------------------------------------------------------------------------

struct ClassifyOptions {
    std::string project, out;
    bool force = false;
    std::optional<Level> only;
    std::optional<double> openBelow, middle, shortAbove, smallestRatio;
};

int classifyDies(const ClassifyOptions& options)
{
    const std::string& out = options.out.empty() ? options.project : options.out;
    const LockFile lock = lockToWrite(out);
    Project project = loadProject(options.project);
    std::error_code isNew;
    if (!fs::equivalent(out, options.project, isNew))
        expectNewProject(out, options.force);
    std::optional<Thresholds> thresholds;
    const int given = options.openBelow.has_value() + options.middle.has_value() +
                      options.shortAbove.has_value() + options.smallestRatio.has_value();
    if (given == 4)
        thresholds = {*options.openBelow, *options.middle, *options.shortAbove, *options.smallestRatio};
    else if (given > 0)
        throw Error("Give all four thresholds (--open-below, --middle, --short-above, --smallest-ratio), or "
                    "none to have a mixture fitted.");
    const std::optional<Level> only = options.only ? options.only : measuredAlone(project.wafer);
    const Classification classification = classify(project.wafer, thresholds, only);
    const std::vector<int> changed = applyLabels(classification.labels, project.wafer);
    project.diesChanged(changed);
    printQuality(classification);
    if (!changed.empty() && !project.studies.empty())
        std::cout << "Other conductances in the state that was not measured, on " << changed.size()
                  << (changed.size() == 1 ? " die" : " dies")
                  << ": errors of networks on these are dropped, and the window evaluates them anew.\n";
    saveProject(project, out);
    std::cout << "Labels in " << out << '\n';
    return 0;
}

void addClassify(CLI::App* die, Action& action)
{
    CLI::App* command = die->add_subcommand(
        "classify",
        "Label cells healthy, short, open, stuck-P or stuck-AP: by thresholds, or without any by a "
        "mixture of lognormals fitted to all dies. What cells conduct stays as measured");
    const auto options = std::make_shared<ClassifyOptions>();
    command->add_option("FILE", options->project, "Project (.faultline)")->required();
    command->add_option("--out", options->out, "Project to write; otherwise the same")->type_name("FILE");
    addForce(*command, options->force);
    command->add_option("--open-below", options->openBelow, "Opens conduct less in both states")
        ->type_name("SIEMENS");
    command
        ->add_option("--middle", options->middle, "Cells that do not switch: stuck-P above, stuck-AP below")
        ->type_name("SIEMENS");
    command->add_option("--short-above", options->shortAbove, "Shorts conduct more in both states")
        ->type_name("SIEMENS");
    command->add_option("--smallest-ratio", options->smallestRatio, "G_P / G_AP of a cell that switches");
    addChoice(
        command, "--state", options->only, levels,
        "P or AP: the one state to judge by, which tells shorts and opens only; otherwise those measured");
    command->callback([&action, options] { action = [options] { return classifyDies(*options); }; });
}

// statistics
// ------------------------------------------------------------------------------------------------

struct StatisticsOptions {
    std::string project, csv;
    bool force = false;
    int draws = 999;
    std::uint64_t seed = 1;
};

int printStatistics(const StatisticsOptions& options)
{
    if (!options.csv.empty())
        expectNew({options.csv}, options.force);
    const WaferReport report = reportOn(loadProject(options.project).wafer, options.draws, options.seed);
    std::cout << report.wafer << ": " << report.dies << " dies\n\n";
    TextTable defects({"defect", "rate %", "95 % interval", "dispersion", "likelihood ratio", "p (Poisson)"});
    for (const DefectReport& of : report.defects)
        defects.add({std::string(name(of.defect)), general(100.0 * of.rate),
                     general(100.0 * of.rateInterval.low) + " to " + general(100.0 * of.rateInterval.high),
                     general(of.dispersion), fixed(of.overdispersion.likelihoodRatio, 1),
                     general(of.overdispersion.probability)});
    std::cout << defects << '\n';
    TextTable lines({"failed lines", "found", "of", "share %", "95 % interval"});
    for (const LineReport& of : report.lines)
        lines.add({of.what, std::to_string(of.failed), std::to_string(of.lines), general(100.0 * of.share),
                   general(100.0 * of.interval.low) + " to " + general(100.0 * of.interval.high)});
    std::cout << lines << "  Clusters (Thomas' process): " << describe(report.statistics.clusters) << "\n\n";
    TextTable clusters({"pairs of defects", "found", "by chance", "p"});
    for (const auto& [where, pairs] : {std::pair{"in one row", report.clusters.rows},
                                       {"in one column", report.clusters.columns},
                                       {"side by side", report.clusters.neighbours}})
        clusters.add(
            {where, std::to_string(pairs.found), fixed(pairs.expected, 1), general(pairs.probability)});
    std::cout << clusters << '\n';
    TextTable states({"state", "healthy cells", "median uS", "sigma ln G"});
    for (const Level level : {P, AP}) {
        const ConductanceReport& of = report.conductance[level];
        states.add({std::string(name(level)) + (report.assumed == level ? " (assumed)" : ""),
                    std::to_string(of.cells), general(1e6 * of.fit.median), general(of.fit.sigma)});
    }
    std::cout << states
              << "  Correlation of ln G at P and AP: " << fixed(report.statistics.levelCorrelation, 2)
              << "\n  TMR " << (report.assumed ? "(assumed) " : "") << fixed(100.0 * report.tmr.median, 1)
              << " % (quartiles " << fixed(100.0 * report.tmr.lowQuartile, 1) << " to "
              << fixed(100.0 * report.tmr.highQuartile, 1) << " %)\n\n";
    TextTable trends({"from the wafer's centre to its edge", "rank correlation", "p"});
    for (const RadialTrend& trend : report.trends)
        trends.add({trend.what, fixed(trend.rankCorrelation, 2), general(trend.probability)});
    if (report.trends.empty())
        std::cout << "It is not known where on the wafer these dies were.\n";
    else
        std::cout << trends;
    if (!options.csv.empty())
        writeFileAtomically(options.csv, csv(report));
    return 0;
}

void addStatistics(CLI::App* die, Action& action)
{
    CLI::App* command = die->add_subcommand(
        "statistics", "Report on a project's dies: rates with 95 % intervals, negative binomial against "
                      "Poisson, clusters, conductances, TMR and trends over the wafer");
    const auto options = std::make_shared<StatisticsOptions>();
    command->add_option("FILE", options->project, "Project (.faultline)")->required();
    command->add_option("--csv", options->csv, "Write the numbers too, with those of the Q-Q plots")
        ->type_name("FILE");
    addForce(*command, options->force);
    command->add_option("--draws", options->draws, "Permutations of each test")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Seed of the permutations")
        ->capture_default_str()
        ->check(notNegative());
    command->callback([&action, options] { action = [options] { return printStatistics(*options); }; });
}

// export
// ----------------------------------------------------------------------------------------------------

struct ExportOptions {
    std::string project, folder;
    bool force = false;
    std::optional<Exported> what;
    std::optional<ArrayFormat> format;
    std::vector<std::string> dies;
    int study = 0, run = 1; // from 1; study 0 is the last
};

const Study& chosenStudy(const Project& project, const ExportOptions& options)
{
    const auto studies = static_cast<int>(project.studies.size());
    const int study = options.study == 0 ? studies : options.study;
    if (study < 1 || study > studies)
        throw Error(options.project + ": found " + std::to_string(studies) + " studies, expected number " +
                    std::to_string(std::max(study, 1)) + ": weights come from a trained network");
    return project.studies[static_cast<std::size_t>(study) - 1];
}

const Run& chosenRun(const Study& study, const ExportOptions& options)
{
    const auto& runs = study.result.runs;
    if (options.run < 1 || static_cast<std::size_t>(options.run) > runs.size())
        throw Error(options.project + ": found " + std::to_string(runs.size()) + " runs, expected number " +
                    std::to_string(options.run));
    return runs[static_cast<std::size_t>(options.run) - 1];
}

int exportFiles(const ExportOptions& options)
{
    const Project project = loadProject(options.project);
    Wafer wafer = project.wafer;
    if (!options.dies.empty()) {
        const std::vector<int> wanted = diesNamed(wafer, options.dies);
        std::erase_if(wafer.dies,
                      [&](const Die& die) { return std::ranges::find(wanted, die.id) == wanted.end(); });
    }
    const ArrayFormat format = options.format.value_or(ArrayFormat::Csv);
    const Exported what = options.what.value_or(Exported::Dies);
    std::optional<TrainedNetwork> network;
    if (what != Exported::Dies) {
        const Study& study = chosenStudy(project, options);
        network = {study.plan, chosenRun(study, options)};
        std::cout << "Network of " << network->run.settings.name(project.wafer) << '\n';
    }
    const std::vector<OutputFile> files =
        exportData(what, wafer, network ? &*network : nullptr, options.folder, format);
    expectNew(pathsOf(files), options.force);
    writeFiles(files);
    std::cout << files.size() << (files.size() == 1 ? " file in " : " files in ") << options.folder << '\n';
    return 0;
}

void addExport(CLI::App* die, Action& action)
{
    CLI::App* command = die->add_subcommand(
        "export",
        "Write dies, a network's weights on them, or what a tester has to write into each junction");
    const auto options = std::make_shared<ExportOptions>();
    command->add_option("FILE", options->project, "Project (.faultline)")->required();
    command->add_option("--out", options->folder, "Folder for the files; made if needed")
        ->required()
        ->type_name("DIR");
    addForce(*command, options->force);
    addChoice(command, "--what", options->what, byName(allExported),
              "dies (conductances in siemens and labels), weights (of a network, as each die makes them), "
              "programming (P or AP for each junction); otherwise dies");
    addChoice(command, "--format", options->format, byName(allArrayFormats), "csv, npy, hdf5; otherwise csv");
    command->add_option("--dies", options->dies, "Only these, D01 or D01..D09, separated by commas")
        ->delimiter(',')
        ->type_name("LIST");
    command->add_option("--study", options->study, "Number of the network's study; otherwise the last");
    command->add_option("--run", options->run, "Number of the network in its study, as info lists them")
        ->capture_default_str();
    command->callback([&action, options] { action = [options] { return exportFiles(*options); }; });
}

} // namespace

void addDieCommand(CLI::App& program, Action& action)
{
    CLI::App* die =
        program.add_subcommand("die", "Bring in measured dies, label and describe them, export them");
    die->require_subcommand(1);
    addImport(die, action);
    addClassify(die, action);
    addStatistics(die, action);
    addExport(die, action);
}

} // namespace faultline::cli
