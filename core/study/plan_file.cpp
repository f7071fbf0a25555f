#include "study/plan_file.h"

#include <nlohmann/json.hpp>

#include "common/files.h"
#include "common/json_section.h"

namespace faultline
{
namespace
{

using Json = nlohmann::ordered_json;

Json json(const TrainingOptions& options)
{
    return {{"epochs", options.epochs},        {"batch", options.batch},
            {"draws", options.draws},          {"perfect_draws", options.perfectDraws},
            {"loss_bound", options.lossBound}, {"learning_rate", options.learningRate}};
}

TrainingOptions readOptions(const JsonSection& plan, const char* key)
{
    const JsonSection section =
        plan.section(key, {"epochs", "batch", "draws", "perfect_draws", "loss_bound", "learning_rate"});
    const TrainingOptions options{.epochs = section.wholeNumber<int>("epochs"),
                                  .batch = section.wholeNumber<int>("batch"),
                                  .learningRate = section.number("learning_rate"),
                                  .draws = section.wholeNumber<int>("draws"),
                                  .perfectDraws = section.wholeNumber<int>("perfect_draws"),
                                  .lossBound = section.number("loss_bound")};
    section.validate(options);
    return options;
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
                  {"training", json(plan.training)},
                  {"statistics_aware_training", json(plan.statisticsAware)}};
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
    plan.modes.clear();
    root.check([&] {
        for (const std::string& mode : root.list<std::string>("modes", "names of training modes"))
            plan.modes.push_back(modeFromName(mode));
        plan.spare = spareFromName(root.text("spare_cells"));
        plan.network.hidden = activationFromName(root.text("activation"));
    });
    plan.repeats = root.wholeNumber<int>("repeats");
    plan.side = root.wholeNumber<int>("image_side_pixels");
    plan.network.layers = root.list<int>("network", "numbers of neurons");
    plan.seed = root.wholeNumber<std::uint64_t>("seed");
    plan.training = readOptions(root, "training");
    plan.statisticsAware = readOptions(root, "statistics_aware_training");
    if (root.has("circuit"))
        plan.circuit = circuitOptionsFromJson(document.at("circuit"), file.string() + ": circuit");
    root.validate(plan);
    return plan;
}

} // namespace faultline
