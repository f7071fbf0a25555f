#include "study/report.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "common/csv.h"
#include "common/statistics.h"
#include "common/version.h"
#include "study/plan_file.h"

namespace faultline
{
namespace
{

using Json = nlohmann::ordered_json;

int count(const DefectCounts& counts, Defect defect)
{
    return counts[static_cast<std::size_t>(defect)];
}

Json json(const Wafer& wafer)
{
    return {{"name", wafer.name},
            {"origin", wafer.description},
            {"rows", wafer.geometry.rows},
            {"columns", wafer.geometry.columns},
            {"parallel_resistance_ohm", wafer.device.parallelResistance},
            {"tmr", wafer.device.tmr}};
}

Json json(const DieGroup& group)
{
    const DefectCounts counts = group.counts();
    Json json{{"name", group.name()},
              {"shorts", count(counts, Defect::Short)},
              {"opens", count(counts, Defect::Open)},
              {"stuck_p", count(counts, Defect::StuckP)},
              {"stuck_ap", count(counts, Defect::StuckAP)}};
    if (group.missingCells() > 0)
        json["not_measured"] = group.missingCells();
    if (group.dies.size() > 1)
        for (const Die* die : group.dies)
            json["dies"].push_back(die->name);
    return json;
}

/// nlohmann's JSON writes the shortest text that reads back as the same double, and null for NaN.
Json json(const ModeErrors& errors)
{
    Json json{{"error_percent", errors.dieMean},
              {"mean_percent", mean(errors.dieMean)},
              {"sd_percent", standardDeviation(errors.dieMean)},
              {"worst_percent", worst(errors.dieMean)},
              {"spread_percent", errors.dieSpread}};
    if (!errors.otherDies.empty())
        json["other_dies_percent"] = errors.otherDies;
    return json;
}

} // namespace

double worst(std::span<const double> errors)
{
    double highest = std::numeric_limits<double>::quiet_NaN();
    for (const double error : errors)
        highest = std::fmax(highest, error);
    return highest;
}

std::string studyJson(const StudyPlan& plan, const Wafer& wafer, const StudyResult& result)
{
    const StudySummary summary = summarise(plan, wafer, result.runs);
    Json dies = Json::array(), modes = Json::object();
    for (const DieGroup& group : summary.dies)
        dies.push_back(json(group));
    for (const ModeErrors& errors : summary.modes)
        modes[std::string(name(errors.mode))] = json(errors);
    const Json baseline = summary.baselineError ? Json{{"error_percent", *summary.baselineError},
                                                       {"spread_percent", summary.baselineSpread}}
                                                : Json{{"error_percent", nullptr}};

    Json document{{"faultline", version()},
                  {"seed", plan.seed},
                  {"network", plan.network.layers},
                  {"dies_per_network", diesPerNetwork(plan.network.layers, wafer.geometry)},
                  {"epochs", plan.training.epochs},
                  {"plan", planJson(plan)},
                  {"wafer", json(wafer)},
                  {"baseline", baseline},
                  {"dies", dies}};
    if (const auto heldOut = plan.heldOut(wafer); !heldOut.empty())
        document.update({{"held_out", namesOfDies(wafer, heldOut)},
                         {"statistics_fitted_to", namesOfDies(wafer, plan.fittedDies)}});
    document.update({{"modes", modes},
                     {"complete", result.complete},
                     {"runs", {{"finished", result.runs.size()}, {"planned", runsOf(plan, wafer).size()}}},
                     {"seconds", {{"train", result.trainSeconds}, {"evaluate", result.evaluateSeconds}}}});
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string diesCsv(const StudyPlan& plan, const Wafer& wafer, const std::vector<Run>& runs)
{
    const StudySummary summary = summarise(plan, wafer, runs);
    CsvWriter csv("\r\n");
    for (const char* column : {"die", "wafer_row", "wafer_column", "shorts", "opens", "stuck_p", "stuck_ap"})
        csv.add(column);
    const bool complete = wafer.isFullyMeasured();
    if (!complete)
        csv.add("not_measured");
    for (const ModeErrors& errors : summary.modes) {
        const std::string mode(name(errors.mode));
        csv.add(mode + "_error_percent");
        csv.add(mode + "_spread_percent");
        if (!errors.otherDies.empty())
            csv.add(mode + "_other_dies_percent");
    }
    csv.endLine();
    for (std::size_t row = 0; row < summary.dies.size(); ++row) {
        const DieGroup& group = summary.dies[row];
        const WaferPosition& position = group.dies.front()->position;
        csv.add(group.name());
        csv.add(position.row);
        csv.add(position.column);
        const DefectCounts counts = group.counts();
        for (const Defect defect : allDefects)
            csv.add(count(counts, defect));
        if (!complete)
            csv.add(group.missingCells());
        for (const ModeErrors& errors : summary.modes) {
            csv.add(errors.dieMean[row]);
            csv.add(errors.dieSpread[row]);
            if (!errors.otherDies.empty())
                csv.add(errors.otherDies[row]);
        }
        csv.endLine();
    }
    return csv.text();
}

} // namespace faultline
