#include "study/data_export.h"

#include "common/error.h"

namespace faultline
{

std::string_view name(Exported what)
{
    constexpr std::array<std::string_view, 3> names{"dies", "weights", "programming"};
    return names[static_cast<std::size_t>(what)];
}

std::vector<std::filesystem::path> exportData(Exported what, const Wafer& wafer, const Run* network,
                                              const std::filesystem::path& folder, ArrayFormat format)
{
    if (what == Exported::Dies)
        return exportDies(wafer, folder, format);
    if (!network)
        throw Error("Weights and programming maps are those of a trained network: choose one.");
    const CellMap map(network->settings.network.layers, wafer.geometry, network->settings.spare);
    std::vector<Eigen::MatrixXf> latent;
    for (const auto& layer : network->network.layers)
        latent.push_back(layer.latent);
    if (what == Exported::Programming)
        return exportProgramming(map, latent, folder, format);
    std::vector<std::filesystem::path> files;
    for (const Die& die : wafer.dies)
        for (std::filesystem::path& file :
             exportWeights(die.name, analogWeights(die, map, wafer.device), latent, folder, format))
            files.push_back(std::move(file));
    return files;
}

} // namespace faultline
