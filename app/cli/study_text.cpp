#include "cli/study_text.h"

#include <algorithm>
#include <limits>

#include "common/statistics.h"
#include "study/report.h"

namespace faultline::cli
{
namespace
{

std::string signedPoints(double points)
{
    return (points >= 0.0 ? "+" : "") + fixed(points, 2);
}

/// "12.3 uS": conductances are far below one siemens.
std::string microsiemens(double siemens)
{
    return general(siemens * 1e6) + " uS";
}

void printWafer(std::ostream& out, const Wafer& wafer)
{
    const DieGeometry& geometry = wafer.geometry;
    out << "Wafer: " << wafer.name << ", " << wafer.dies.size() << " dies of " << geometry.rows << " x "
        << geometry.columns << " junctions in kernels of " << geometry.kernelRows << " x "
        << geometry.kernelColumns << "\n  R_P " << general(wafer.device.parallelResistance) << " ohm, TMR "
        << general(wafer.device.tmr * 100.0) << " %\n";
    if (!wafer.description.empty())
        out << "  " << wafer.description << '\n';
}

/// Without errors when there is no study.
void printDies(std::ostream& out, const Wafer& wafer, const StudySummary& summary)
{
    std::vector<std::string> header{"die", "row", "column", "shorts", "opens", "stuck-P", "stuck-AP"};
    const bool complete = wafer.isFullyMeasured();
    if (!complete)
        header.emplace_back("not measured");
    for (const ModeErrors& errors : summary.modes)
        header.push_back(std::string(name(errors.mode)) + " %");
    TextTable table(header);
    for (const Die& die : wafer.dies) {
        std::vector<std::string> row{die.name, std::to_string(die.position.row),
                                     std::to_string(die.position.column)};
        const DefectCounts counts = die.counts();
        for (const Defect defect : allDefects)
            row.push_back(std::to_string(counts[static_cast<std::size_t>(defect)]));
        if (!complete)
            row.push_back(std::to_string(die.acquisition.missing.size()));
        const auto place =
            std::ranges::find_if(summary.dies, [&](const DieGroup& group) { return group.contains(die.id); });
        for (const ModeErrors& errors : summary.modes)
            row.push_back(
                place == summary.dies.end()
                    ? "-"
                    : fixed(errors.dieMean[static_cast<std::size_t>(place - summary.dies.begin())], 2));
        table.add(row);
    }
    out << "Dies\n" << table;
    if (!summary.dies.empty() && summary.dies.front().dies.size() > 1)
        out << "A network takes several dies, and its error on them stands at each.\n";
}

void printStatistics(std::ostream& out, const DefectStatistics& statistics)
{
    out << "Statistics that statistics-aware training drew from\n";
    TextTable conductances({"conductance", "median", "sigma of ln"});
    conductances.add(
        {"antiparallel", microsiemens(statistics.level[AP].median), general(statistics.level[AP].sigma)});
    conductances.add(
        {"parallel", microsiemens(statistics.level[P].median), general(statistics.level[P].sigma)});
    conductances.add({"short", microsiemens(statistics.shortConductance.median),
                      general(statistics.shortConductance.sigma)});
    out << conductances;
    TextTable rates({"defect", "share of cells", "dispersion"});
    for (const Defect defect : allDefects)
        rates.add({std::string(name(defect)), general(statistics.rate(defect).rate),
                   general(statistics.rate(defect).dispersion)});
    out << rates;
    TextTable lines({"failed lines", "shorted", "open"});
    lines.add({"rows", general(statistics.rows.shorts), general(statistics.rows.opens)});
    lines.add({"columns", general(statistics.columns.shorts), general(statistics.columns.opens)});
    out << lines << "  Clusters: " << describe(statistics.clusters) << '\n';
}

/// A column for each set of options.
template <class Options>
void printOptions(std::ostream& out, std::vector<std::string> header, const std::vector<Options>& columns)
{
    TextTable table(std::move(header));
    const std::vector<Setting> first = settingsOf(columns.front());
    for (std::size_t row = 0; row < first.size(); ++row) {
        std::vector<std::string> cells{first[row].label};
        for (const Options& options : columns)
            cells.push_back(settingsOf(options)[row].value);
        table.add(std::move(cells));
    }
    out << table;
}

void printPlan(std::ostream& out, const Project& project, const StudyPlan& plan)
{
    std::vector<std::string> modes;
    for (const TrainingMode mode : plan.modes)
        modes.emplace_back(name(mode));
    const std::vector<std::string> dies = namesOfDies(project.wafer, plan.dies);
    out << "Plan: network " << shapeText(plan.network.layers) << " (" << name(plan.network.hidden)
        << ") on images of " << plan.side << " x " << plan.side << " pixels from "
        << (project.dataset.empty() ? "the MNIST that ships with Faultline" : project.dataset) << "\n  modes "
        << joined(modes) << "; dies " << (dies.empty() ? "all" : joined(dies)) << "; repeats " << plan.repeats
        << "; seed " << plan.seed << "\n  " << placement(plan, project.wafer) << '\n';
    if (const std::vector<int> heldOut = plan.heldOut(project.wafer); !heldOut.empty())
        out << "  held out, to judge the networks on: " << joined(namesOfDies(project.wafer, heldOut))
            << "\n  statistics fitted to: " << joined(namesOfDies(project.wafer, plan.fittedDies)) << '\n';
    printOptions<TrainingOptions>(out, {"training", "standard, hardware-aware", "statistics-aware"},
                                  {plan.training, plan.statisticsAware});
}

void printRuns(std::ostream& out, const Wafer& wafer, const StudyResult& result)
{
    out << "Runs: " << result.runs.size() << " finished" << (result.complete ? "" : ", the study was stopped")
        << "; training " << fixed(result.trainSeconds, 1) << " s, evaluation "
        << fixed(result.evaluateSeconds, 1) << " s\n";
    TextTable table({"run", "epochs", "perfect die %", "dies, mean %", "dies, worst %", "seconds"});
    for (const Run& run : result.runs) {
        std::vector<double> errors;
        for (const auto& [die, percent] : run.dieErrors)
            errors.push_back(percent);
        table.add({run.settings.name(wafer), std::to_string(run.curve.size()), fixed(run.perfectDieError, 2),
                   fixed(mean(errors), 2), fixed(worst(errors), 2),
                   fixed(run.trainSeconds + run.evaluateSeconds, 1)});
    }
    out << table;
}

} // namespace

std::string describe(const DefectClusters& clusters)
{
    return clusters.size > 0.0
               ? general(clusters.size) + " defects, radius " + general(clusters.radius) + " cells"
               : "none";
}

void printSummary(std::ostream& out, const Wafer& wafer, const Study& study)
{
    const StudySummary summary = summarise(study.plan, wafer, study.result.runs);
    const double baseline = summary.baselineError.value_or(std::numeric_limits<double>::quiet_NaN());
    if (summary.baselineError)
        out << "Software baseline: " << fixed(baseline, 2) << " % of the test images misclassified (sigma "
            << fixed(summary.baselineSpread, 2) << " over the repeats)\n";
    TextTable table({"error on the dies, %", "mean", "sigma", "worst", "mean above baseline"});
    for (const ModeErrors& errors : summary.modes) {
        const double average = mean(errors.dieMean);
        table.add({std::string(name(errors.mode)), fixed(average, 2),
                   fixed(standardDeviation(errors.dieMean), 2), fixed(worst(errors.dieMean), 2),
                   summary.baselineError ? signedPoints(average - baseline) : "-"});
    }
    out << table;
}

std::string placement(const StudyPlan& plan, const Wafer& wafer)
{
    const auto counted = [](std::size_t count, const char* what) {
        return grouped(static_cast<std::int64_t>(count)) + " " + what + (count == 1 ? "" : "s");
    };
    std::string text =
        shapeText(plan.network.layers) + ": " + grouped(junctionsOf(plan.network.layers)) + " junctions, ";
    const int each = diesPerNetwork(plan.network.layers, wafer.geometry);
    if (each == std::numeric_limits<int>::max())
        return text + "too many for any number of dies";
    const std::size_t dies = plan.diesOn(wafer).size();
    text += counted(static_cast<std::size_t>(each), "die") + " of " + grouped(wafer.geometry.cells()) +
            (each == 1 ? "; " : " each; ") + counted(dies, "die") + (dies == 1 ? " holds " : " hold ") +
            counted(plan.groupsOn(wafer).size(), "network");
    std::vector<std::string> names;
    for (const Die* die : plan.leftOver(wafer))
        names.push_back(die->name);
    if (!names.empty())
        text += "; left over, too few for another: " + joined(names);
    return text;
}

void printProject(std::ostream& out, const Project& project)
{
    out << "Project: " << project.name << '\n';
    printWafer(out, project.wafer);
    if (project.studies.empty()) {
        printDies(out, project.wafer, {});
        printPlan(out, project, project.plan);
        out << "Runs: none\n";
    }
    for (const Study& study : project.studies) {
        if (project.studies.size() > 1)
            out << "\nStudy: " << study.name << '\n';
        printDies(out, project.wafer, summarise(study.plan, project.wafer, study.result.runs));
        printPlan(out, project, study.plan);
        printStatistics(out, study.result.statistics);
        printSummary(out, project.wafer, study);
        printRuns(out, project.wafer, study.result);
    }
}

} // namespace faultline::cli
