#include "study/plan_file.h"

#include <nlohmann/json.hpp>

#include "common/files.h"
#include "common/json_options.h"

namespace faultline
{
namespace
{

using Json = nlohmann::ordered_json;

/// What the plan has of a section of options; the others stay.
void readSection(const JsonSection& plan, const char* key, TrainingOptions& options)
{
    if (plan.has(key))
        readOptions(plan.section(key, namesIn<TrainingOptions>("")), options);
}

} // namespace

nlohmann::ordered_json planJson(const StudyPlan& plan)
{
    Json modes = Json::array();
    for (const TrainingMode mode : plan.modes)
        modes.push_back(name(mode));
    Json document{{"modes", modes},
                  {"repeats", plan.repeats},
                  {"image_side_pixels", plan.side},
                  {"spare_cells", name(plan.spare)},
                  {"activation", name(plan.network.hidden)},
                  {"training", optionsJson(plan.training)},
                  {"statistics_aware_training", optionsJson(plan.statisticsAware)}};
    if (plan.circuit)
        document["circuit"] = toJson(*plan.circuit);
    return document;
}

void writePlan(const StudyPlan& plan, const std::filesystem::path& file)
{
    Json json = planJson(plan);
    json["network"] = plan.network.layers;
    json["seed"] = plan.seed;
    writeFileAtomically(file, json.dump(2) + "\n");
}

StudyPlan readPlan(const std::filesystem::path& file)
{
    const nlohmann::json document = readJson(file, "the settings of a study in JSON");
    const JsonSection root(file.string(), "", document,
                           {"modes", "repeats", "image_side_pixels", "spare_cells", "activation", "training",
                            "statistics_aware_training", "network", "seed", "circuit"});
    StudyPlan plan;
    root.check([&] {
        if (root.has("modes")) {
            plan.modes.clear();
            for (const std::string& mode : root.list<std::string>("modes", "names of training modes"))
                plan.modes.push_back(modeFromName(mode));
        }
        if (root.has("spare_cells"))
            plan.spare = spareFromName(root.text("spare_cells"));
        if (root.has("activation"))
            plan.network.hidden = activationFromName(root.text("activation"));
    });
    plan.repeats = root.wholeNumber<int>("repeats", plan.repeats);
    plan.side = root.wholeNumber<int>("image_side_pixels", plan.side);
    if (root.has("network"))
        plan.network.layers = root.list<int>("network", "numbers of neurons");
    plan.seed = root.wholeNumber<std::uint64_t>("seed", plan.seed);
    readSection(root, "training", plan.training);
    readSection(root, "statistics_aware_training", plan.statisticsAware);
    if (root.has("circuit"))
        plan.circuit = circuitOptionsFromJson(document.at("circuit"), file.string() + ": circuit");
    root.validate(plan);
    return plan;
}

} // namespace faultline
