#include "study/data_export.h"

#include "common/error.h"

namespace faultline
{

std::string_view name(Exported what)
{
    constexpr std::array<std::string_view, 3> names{"dies", "weights", "programming"};
    return names[static_cast<std::size_t>(what)];
}

namespace
{

/// Of all the dies, for one map goes to them all.
TesterAxes axesOf(const Wafer& wafer)
{
    if (wafer.dies.empty())
        return {};
    const Die& first = wafer.dies.front();
    for (const Die& die : wafer.dies)
        if (die.acquisition.axes != first.acquisition.axes)
            throw Error("The tester counts the cells of die \"" + die.name +
                        "\" in another direction than those of \"" + first.name +
                        "\": export the programming of each by itself.");
    return first.acquisition.axes;
}

} // namespace

std::vector<OutputFile> exportData(Exported what, const Wafer& wafer, const TrainedNetwork* network,
                                   const std::filesystem::path& folder, ArrayFormat format)
{
    if (what == Exported::Dies)
        return exportDies(wafer, folder, format);
    if (!network)
        throw Error("Weights and programming maps are those of a trained network: choose one.");
    const RunSettings& settings = network->run.settings;
    const CellMap map(settings.network.layers, wafer.geometry, settings.spare);
    std::vector<Eigen::MatrixXf> latent;
    for (const auto& layer : network->run.network.layers)
        latent.push_back(layer.latent);
    if (what == Exported::Programming)
        return exportProgramming(map, latent, axesOf(wafer), folder, format);
    const std::vector<DieGroup> places = network->plan.placesOn(wafer);
    if (places.empty())
        throw Error("Nothing to export: this network takes " + std::to_string(map.dies()) +
                    " dies together, and no such group of its study is whole among the chosen ones.");
    return exportWeights(places, map, wafer.device, latent, folder, format);
}

} // namespace faultline
