#include "wafer/wafer_description.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <tuple>

#include <nlohmann/json.hpp>

#include "common/require.h"

namespace faultline
{

namespace
{

using nlohmann::json;

/// One object of a description's JSON: hands out its values and says where a bad one stands.
class Section
{
public:
    Section(std::string file, std::string path, const json& object, std::initializer_list<const char*> keys)
        : file_(std::move(file)),
          path_(std::move(path)),
          object_(object)
    {
        if (!object.is_object())
            throw Error(file_, path_, quoted(object), "an object { ... }");
        std::string known;
        for (const char* key : keys)
            known += (known.empty() ? "" : ", ") + std::string(key);
        for (const auto& item : object.items()) {
            if (std::find(keys.begin(), keys.end(), item.key()) == keys.end())
                throw Error(file_, place(item.key()), "a key that is not known here", "one of " + known);
        }
    }

    bool has(const char* key) const { return object_.contains(key); }

    Section section(const char* key, std::initializer_list<const char*> keys) const
    {
        return {file_, place(key), value(key, "an object { ... }"), keys};
    }

    std::string text(const char* key) const
    {
        const json& found = value(key, "a text in quotes");
        if (!found.is_string())
            throw Error(file_, place(key), quoted(found), "a text in quotes");
        return found.get<std::string>();
    }

    double number(const char* key) const
    {
        const json& found = value(key, "a number");
        if (!found.is_number())
            throw Error(file_, place(key), quoted(found), "a number");
        return found.get<double>();
    }

    double number(const char* key, double otherwise) const { return has(key) ? number(key) : otherwise; }

    template <class T>
    T wholeNumber(const char* key) const
    {
        constexpr T most = std::numeric_limits<T>::max();
        const std::string expected = "a whole number from 0 to " + std::to_string(most);
        const json& found = value(key, expected);
        if (!found.is_number_unsigned() || found.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
            throw Error(file_, place(key), quoted(found), expected);
        return found.get<T>();
    }

    template <class T>
    T wholeNumber(const char* key, T otherwise) const
    {
        return has(key) ? wholeNumber<T>(key) : otherwise;
    }

    /// Adds this section's place to what a validate() has to say.
    template <class Settings>
    void validate(const Settings& settings) const
    {
        try {
            settings.validate();
        } catch (const Error& error) {
            throw Error(file_ + ": " + (path_.empty() ? "" : path_ + ": ") + error.what());
        }
    }

private:
    std::string place(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

    static std::string quoted(const json& found)
    {
        constexpr std::size_t longest = 40;
        const std::string text = found.dump(-1, ' ', true);
        return text.size() <= longest ? text : text.substr(0, longest) + "...";
    }

    const json& value(const char* key, const std::string& expected) const
    {
        const auto found = object_.find(key);
        if (found == object_.end())
            throw Error(file_, place(key), "no such key", expected);
        return *found;
    }

    std::string file_;
    std::string path_; ///< "defects.short"; empty for the outermost object
    const json& object_;
};

json parse(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    stream.peek(); // a folder can be opened, but not read
    if (!stream.is_open() || stream.bad())
        throw Error(file.string(), "", "no file that can be read", "a wafer description in JSON");
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    try {
        return json::parse(text);
    } catch (const json::parse_error& error) {
        const auto before = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
        const auto line = 1 + std::count(text.begin(), before, '\n');
        throw Error(file.string(), "line " + std::to_string(line),
                    error.byte > text.size() ? "the end of the file" : "text that is not JSON",
                    "a complete JSON object");
    } catch (const json::exception& error) {
        throw Error(file.string(), "", error.what(), "JSON with numbers that a computer can hold");
    }
}

/// The `count` sites nearest to the centre of a grid, row by row. The centre lies on a site for odd counts
/// and between four for even ones, so that left and right always match. Of sites equally near, those at the
/// sides come before those at top and bottom.
std::vector<WaferPosition> roundLayout(int count)
{
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

} // namespace

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
    const json document = parse(file);
    WaferDescription wafer;

    const Section root(file.string(), "", document,
                       {"name", "description", "dies", "seed", "geometry", "device", "variation", "defects"});
    wafer.name = root.text("name");
    if (root.has("description"))
        wafer.description = root.text("description");
    wafer.dies = root.wholeNumber<int>("dies");
    wafer.seed = root.wholeNumber("seed", wafer.seed);

    const Section geometry =
        root.section("geometry", {"rows", "columns", "rows_per_kernel", "columns_per_kernel"});
    wafer.geometry.rows = geometry.wholeNumber<int>("rows");
    wafer.geometry.columns = geometry.wholeNumber<int>("columns");
    wafer.geometry.kernelRows = geometry.wholeNumber("rows_per_kernel", wafer.geometry.rows);
    wafer.geometry.kernelColumns = geometry.wholeNumber("columns_per_kernel", wafer.geometry.columns);
    geometry.validate(wafer.geometry);

    const Section device = root.section("device", {"parallel_resistance_ohm", "tmr_ratio"});
    wafer.device = {device.number("parallel_resistance_ohm"), device.number("tmr_ratio")};
    device.validate(wafer.device);
    const double parallel = wafer.device.conductance(P);

    DefectStatistics& statistics = wafer.statistics;
    const Section variation = root.section("variation", {"sigma_ln_at_p", "sigma_ln_at_ap"});
    statistics.level[P] = {parallel, variation.number("sigma_ln_at_p")};
    statistics.level[AP] = {wafer.device.conductance(AP), variation.number("sigma_ln_at_ap")};
    variation.validate(statistics);

    if (root.has("defects")) {
        const Section defects = root.section("defects", {"short", "open", "stuck_p", "stuck_ap"});
        const auto readRate = [&](const Section& section, DefectRate& rate) {
            rate = {section.number("share_of_cells"), section.number("dispersion", rate.dispersion)};
        };
        if (defects.has("short")) {
            const Section section =
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
            const Section section =
                defects.section("open", {"share_of_cells", "dispersion", "conductance_in_g_p"});
            readRate(section, statistics.opens);
            statistics.openConductance = section.number("conductance_in_g_p", 0.0) * parallel;
            section.validate(statistics);
        }
        for (auto [key, rate] :
             {std::pair{"stuck_p", &statistics.stuckP}, {"stuck_ap", &statistics.stuckAP}}) {
            if (defects.has(key)) {
                const Section section = defects.section(key, {"share_of_cells", "dispersion"});
                readRate(section, *rate);
                section.validate(statistics);
            }
        }
    }
    root.validate(wafer);
    return wafer;
}

Wafer drawWafer(const WaferDescription& description)
{
    description.validate();
    Wafer wafer{description.name, description.description, description.geometry, description.device, {}};
    const auto positions = roundLayout(description.dies);
    for (int k = 0; k < description.dies; ++k) {
        const RandomStream random(description.seed, RandomUse::WaferDraw, static_cast<std::uint32_t>(k));
        Die die = drawDie(description.statistics, description.geometry, random);
        die.name = (k < 9 ? "D0" : "D") + std::to_string(k + 1);
        die.position = positions[static_cast<std::size_t>(k)];
        wafer.dies.push_back(std::move(die));
    }
    return wafer;
}

} // namespace faultline
