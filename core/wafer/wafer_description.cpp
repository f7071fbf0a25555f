#include "wafer/wafer_description.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "common/json_section.h"
#include "common/require.h"

namespace faultline
{

std::vector<WaferPosition> roundLayout(int count)
{
    // The centre lies on a site for odd counts and between four for even ones, so that left and right always
    // match. Of sites equally near, those at the sides come before those at top and bottom.
    struct Site {
        int x, y; ///< from the centre, in half sites
    };
    const auto distance = [](const Site& site) { return 99 * site.x * site.x + 100 * site.y * site.y; };
    const int parity = count % 2 == 0 ? 1 : 0;
    const int reach = 2 * static_cast<int>(std::ceil(std::sqrt(count))) + parity;
    std::vector<Site> sites;
    for (int y = -reach; y <= reach; y += 2) {
        for (int x = -reach; x <= reach; x += 2)
            sites.push_back({x, y});
    }
    std::sort(sites.begin(), sites.end(), [&](const Site& a, const Site& b) {
        return std::tuple(distance(a), a.y, a.x) < std::tuple(distance(b), b.y, b.x);
    });
    sites.resize(static_cast<std::size_t>(count));
    std::sort(sites.begin(), sites.end(),
              [](const Site& a, const Site& b) { return std::tie(a.y, a.x) < std::tie(b.y, b.x); });

    int left = 0;
    for (const Site& site : sites)
        left = std::min(left, site.x);
    std::vector<WaferPosition> positions;
    positions.reserve(sites.size());
    for (const Site& site : sites)
        positions.push_back({(site.y - sites.front().y) / 2, (site.x - left) / 2});
    return positions;
}

void WaferDescription::validate() const
{
    require(dies >= 1 && dies <= maximumDies, "number of dies", dies,
            "from 1 to " + std::to_string(maximumDies));
    geometry.validate();
    device.validate();
    statistics.validate();
}

WaferDescription readWaferDescription(const std::filesystem::path& file)
{
    const nlohmann::json document = readJson(file, "a wafer description in JSON");
    WaferDescription wafer;

    const JsonSection root(
        file.string(), "", document,
        {"name", "description", "dies", "seed", "geometry", "device", "variation", "defects"});
    wafer.name = root.text("name");
    if (root.has("description"))
        wafer.description = root.text("description");
    wafer.dies = root.wholeNumber<int>("dies");
    wafer.seed = root.wholeNumber("seed", wafer.seed);

    const JsonSection geometry =
        root.section("geometry", {"rows", "columns", "rows_per_kernel", "columns_per_kernel"});
    wafer.geometry.rows = geometry.wholeNumber<int>("rows");
    wafer.geometry.columns = geometry.wholeNumber<int>("columns");
    wafer.geometry.kernelRows = geometry.wholeNumber("rows_per_kernel", wafer.geometry.rows);
    wafer.geometry.kernelColumns = geometry.wholeNumber("columns_per_kernel", wafer.geometry.columns);
    geometry.validate(wafer.geometry);

    const JsonSection device = root.section("device", {"parallel_resistance_ohm", "tmr_ratio"});
    wafer.device = {device.number("parallel_resistance_ohm"), device.number("tmr_ratio")};
    device.validate(wafer.device);
    const double parallel = wafer.device.conductance(P);

    DefectStatistics& statistics = wafer.statistics;
    const JsonSection variation =
        root.section("variation", {"sigma_ln_at_p", "sigma_ln_at_ap", "correlation"});
    statistics.level[P] = {parallel, variation.number("sigma_ln_at_p")};
    statistics.level[AP] = {wafer.device.conductance(AP), variation.number("sigma_ln_at_ap")};
    statistics.levelCorrelation = variation.number("correlation", 0.0);
    variation.validate(statistics);

    if (root.has("defects")) {
        const JsonSection defects = root.section(
            "defects", {"short", "open", "stuck_p", "stuck_ap", "failed_rows", "failed_columns", "clusters"});
        const auto readRate = [&](const JsonSection& section, DefectRate& rate) {
            rate = {section.number("share_of_cells"), section.number("dispersion", rate.dispersion)};
        };
        if (defects.has("short")) {
            const JsonSection section =
                defects.section("short", {"share_of_cells", "dispersion", "conductance_in_g_p",
                                          "conductance_sigma_ln", "largest_conductance_in_g_p"});
            readRate(section, statistics.shorts);
            statistics.shortConductance = {section.number("conductance_in_g_p") * parallel,
                                           section.number("conductance_sigma_ln", 0.0)};
            if (section.has("largest_conductance_in_g_p"))
                statistics.shortLimit = section.number("largest_conductance_in_g_p") * parallel;
            section.validate(statistics);
        }
        if (defects.has("open")) {
            const JsonSection section =
                defects.section("open", {"share_of_cells", "dispersion", "conductance_in_g_p"});
            readRate(section, statistics.opens);
            statistics.openConductance = section.number("conductance_in_g_p", 0.0) * parallel;
            section.validate(statistics);
        }
        for (auto [key, rate] :
             {std::pair{"stuck_p", &statistics.stuckP}, {"stuck_ap", &statistics.stuckAP}}) {
            if (defects.has(key)) {
                const JsonSection section = defects.section(key, {"share_of_cells", "dispersion"});
                readRate(section, *rate);
                section.validate(statistics);
            }
        }
        for (auto [key, rates] :
             {std::pair{"failed_rows", &statistics.rows}, {"failed_columns", &statistics.columns}}) {
            if (defects.has(key)) {
                const JsonSection section = defects.section(key, {"share_shorted", "share_open"});
                *rates = {section.number("share_shorted", 0.0), section.number("share_open", 0.0)};
                section.validate(statistics);
            }
        }
        if (defects.has("clusters")) {
            const JsonSection section = defects.section("clusters", {"mean_size", "radius_in_cells"});
            statistics.clusters = {section.number("mean_size"), section.number("radius_in_cells")};
            section.validate(statistics);
        }
    }
    root.validate(wafer);
    return wafer;
}

Wafer drawWafer(const WaferDescription& description, const std::stop_token& stop)
{
    description.validate();
    Wafer wafer{description.name, description.description, description.geometry, description.device, {}};
    const auto positions = roundLayout(description.dies);
    for (int k = 0; k < description.dies; ++k) {
        const RandomStream random(description.seed, RandomUse::WaferDraw, static_cast<std::uint32_t>(k));
        Die die = drawDie(description.statistics, description.geometry, random, stop);
        die.id = k;
        die.name = (k < 9 ? "D0" : "D") + std::to_string(k + 1);
        die.position = positions[static_cast<std::size_t>(k)];
        wafer.add(std::move(die));
    }
    return wafer;
}

} // namespace faultline
