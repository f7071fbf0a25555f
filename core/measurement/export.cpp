#include "measurement/export.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "common/csv.h"
#include "formats/hdf5.h"
#include "formats/npy.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

/// Row-major, whatever the order of what it is made from.
using FloatGrid = CellGrid<float>;

template <class Grid, class Text>
std::string csvOf(const Grid& grid, const Text& text)
{
    CsvWriter csv;
    for (Eigen::Index row = 0; row < grid.rows(); ++row) {
        for (Eigen::Index column = 0; column < grid.cols(); ++column)
            csv.add(text(grid(row, column)));
        csv.endLine();
    }
    return csv.text();
}

std::array<std::size_t, 2> shapeOf(const auto& grid)
{
    return {static_cast<std::size_t>(grid.rows()), static_cast<std::size_t>(grid.cols())};
}

template <class T>
std::span<const std::int8_t> bytesOf(const CellGrid<T>& grid)
{
    static_assert(sizeof(T) == 1);
    return {reinterpret_cast<const std::int8_t*>(grid.data()), static_cast<std::size_t>(grid.size())};
}

std::span<const float> numbersOf(const FloatGrid& grid)
{
    return {grid.data(), static_cast<std::size_t>(grid.size())};
}

template <class T>
void writeGrid(hdf5::Group& group, const char* name, const CellGrid<T>& grid, const hdf5::Caption& caption,
               const hdf5::Type& type)
{
    const auto shape = shapeOf(grid);
    group.write(name, {shape[0], shape[1]}, grid.data(), caption, type);
}

FloatGrid effective(const AnalogLayer& layer, const Eigen::MatrixXf& latent)
{
    return (latent.array() >= 0.0f).select(layer.up, layer.down);
}

/// A group for each die, under these names.
std::string hdf5Of(const Wafer& wafer, const std::vector<std::string>& names)
{
    std::vector<std::string_view> labels{name(Defect::None)};
    for (const Defect defect : allDefects)
        labels.push_back(name(defect));
    return hdf5::build([&](hdf5::Group root) {
        root.set(exportMark, static_cast<std::int32_t>(wafer.dies.size()));
        root.set("wafer", wafer.name);
        for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
            const Die& die = wafer.dies[i];
            hdf5::Group group = root.create(names[i], "One die");
            group.set("die", die.name);
            if (die.acquisition.placed) {
                group.set("wafer_row", static_cast<std::int32_t>(die.position.row));
                group.set("wafer_column", static_cast<std::int32_t>(die.position.column));
            }
            for (const Level level : {AP, P})
                writeGrid(group, level == P ? "conductance_P" : "conductance_AP", die.conductance[level],
                          {"What each cell conducts when written to the state", "S"}, hdf5::typeOf<float>());
            writeGrid(group, "defect", die.defect, {"What is wrong with each cell", "1"},
                      hdf5::enumeration(labels));
        }
    });
}

std::string hdf5Of(const std::vector<FloatGrid>& layers, const std::string& die)
{
    return hdf5::build([&](hdf5::Group root) {
        root.set("die", die);
        for (std::size_t k = 0; k < layers.size(); ++k)
            writeGrid(root, ("layer-" + std::to_string(k + 1)).c_str(), layers[k],
                      {"What each weight is worth on the die, outputs x inputs", "1"}, hdf5::typeOf<float>());
    });
}

} // namespace

std::string_view name(ArrayFormat format)
{
    constexpr std::array<std::string_view, 3> names{"csv", "npy", "hdf5"};
    return names[static_cast<std::size_t>(format)];
}

std::vector<OutputFile> exportDies(const Wafer& wafer, const fs::path& folder, ArrayFormat format)
{
    std::vector<std::string> names;
    for (const Die& die : wafer.dies)
        names.push_back(die.name);
    names = fileNames(names, labelsEnding);
    if (format == ArrayFormat::Hdf5)
        return {{folder / "dies.h5", [&wafer, names] { return hdf5Of(wafer, names); }}};
    std::vector<OutputFile> files;
    for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
        const Die& die = wafer.dies[i];
        const std::string &stem = names[i], labels = stem + std::string(labelsEnding);
        if (format == ArrayFormat::Csv) {
            for (const Level level : {AP, P})
                files.push_back({folder / (stem + (level == P ? "_P.csv" : "_AP.csv")),
                                 [&die, level] { return csvOf(die.conductance[level], std::identity()); }});
            files.push_back({folder / (labels + ".csv"),
                             [&die] { return csvOf(die.defect, [](Defect label) { return name(label); }); }});
        } else {
            files.push_back({folder / (stem + ".npy"), [&die] {
                                 const auto [rows, columns] = shapeOf(die.defect);
                                 FloatGrid both(2 * die.defect.rows(), die.defect.cols());
                                 both << die.conductance[AP], die.conductance[P];
                                 return npy(numbersOf(both), std::array{std::size_t{2}, rows, columns});
                             }});
            files.push_back({folder / (labels + ".npy"),
                             [&die] { return npy(bytesOf(die.defect), shapeOf(die.defect)); }});
        }
    }
    return files;
}

std::vector<OutputFile> exportWeights(const std::vector<DieGroup>& places, const CellMap& map,
                                      const Device& device, const std::vector<Eigen::MatrixXf>& latent,
                                      const fs::path& folder, ArrayFormat format)
{
    std::vector<std::string> names;
    for (const DieGroup& place : places)
        names.push_back(place.name());
    names = fileNames(names, labelsEnding);
    std::vector<OutputFile> files;
    const auto network =
        std::make_shared<const std::pair<CellMap, std::vector<Eigen::MatrixXf>>>(map, latent);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::string stem = names[i] + "_weights";
        const auto layers = [place = places[i], network, device] {
            const AnalogWeights weights = analogWeights(place, network->first, device);
            std::vector<FloatGrid> grids;
            for (std::size_t k = 0; k < weights.size(); ++k)
                grids.push_back(effective(weights[k], network->second[k]));
            return grids;
        };
        if (format == ArrayFormat::Hdf5) {
            files.push_back({folder / (stem + ".h5"),
                             [layers, die = places[i].name()] { return hdf5Of(layers(), die); }});
            continue;
        }
        for (std::size_t k = 0; k < latent.size(); ++k) {
            const std::string file = stem + "_" + std::to_string(k + 1);
            if (format == ArrayFormat::Csv)
                files.push_back(
                    {folder / (file + ".csv"), [layers, k] { return csvOf(layers()[k], std::identity()); }});
            else
                files.push_back({folder / (file + ".npy"), [layers, k] {
                                     const FloatGrid grid = layers()[k];
                                     return npy(numbersOf(grid), shapeOf(grid));
                                 }});
        }
    }
    return files;
}

CellGrid<Write> programmingMap(const CellMap& map, std::span<const Eigen::MatrixXf> latent)
{
    CellGrid<Write> writes =
        CellGrid<Write>::Constant(map.geometry().rows, map.geometry().columns, Write::Nothing);
    for (int layer = 0; layer < map.weightLayers(); ++layer)
        for (int copy = 0; copy < map.copies(layer); ++copy)
            for (int output = 0; output < map.outputs(layer); ++output)
                for (int input = 0; input < map.inputs(layer); ++input) {
                    const WeightIndex weight{layer, output, input};
                    const bool up = latent[static_cast<std::size_t>(layer)](output, input) >= 0.0f;
                    const CellIndex plus = map.plus(weight, copy), minus = map.minus(weight, copy);
                    writes(plus.row, plus.column) = up ? Write::P : Write::AP;
                    writes(minus.row, minus.column) = up ? Write::AP : Write::P;
                }
    return writes;
}

namespace
{

/// Where the tester has a cell of the dies side by side; its columns count on from die to die too.
CellIndex testerCell(const CellIndex& cell, const DieGeometry& die, const TesterAxes& axes)
{
    const int number = cell.column / die.columns;
    CellIndex at = axes.of({cell.row, cell.column % die.columns}, die.rows, die.columns);
    at.column += number * (axes.transposed ? die.rows : die.columns);
    return at;
}

} // namespace

std::vector<OutputFile> exportProgramming(const CellMap& map, std::span<const Eigen::MatrixXf> latent,
                                          const TesterAxes& axes, const fs::path& folder, ArrayFormat format)
{
    const CellGrid<Write> writes = programmingMap(map, latent);
    if (format == ArrayFormat::Csv)
        return {{folder / "programming.csv", [writes, map, axes] {
                     CsvWriter csv;
                     csv.line("row", "column", "write", "layer", "output", "input", "copy", "sign", "die_row",
                              "die_column");
                     for (int row = 0; row < writes.rows(); ++row)
                         for (int column = 0; column < writes.cols(); ++column) {
                             const auto use = map.use({row, column});
                             if (!use)
                                 continue;
                             const CellIndex at = testerCell({row, column}, map.die(), axes);
                             csv.line(at.row, at.column, writes(row, column) == Write::P ? "P" : "AP",
                                      use->weight.layer, use->weight.output, use->weight.input, use->copy,
                                      use->sign, row, column);
                         }
                     return csv.text();
                 }}};

    CellGrid<Write> turned = writes;
    if (axes.transposed)
        turned.resize(map.die().columns, Eigen::Index{map.dies()} * map.die().rows);
    for (int row = 0; row < writes.rows(); ++row)
        for (int column = 0; column < writes.cols(); ++column) {
            const CellIndex at = testerCell({row, column}, map.die(), axes);
            turned(at.row - axes.firstIndex, at.column - axes.firstIndex) = writes(row, column);
        }
    if (format == ArrayFormat::Npy)
        return {{folder / "programming.npy", [turned] { return npy(bytesOf(turned), shapeOf(turned)); }}};
    return {{folder / "programming.h5", [turned] {
                 constexpr std::array<std::string_view, 3> names{"nothing", "AP", "P"};
                 const CellGrid<std::int8_t> numbered = turned.unaryExpr(
                     [](Write write) { return static_cast<std::int8_t>(static_cast<int>(write) + 1); });
                 return hdf5::build([&](hdf5::Group root) {
                     writeGrid(root, "write", numbered, {"State to write into each junction", "1"},
                               hdf5::enumeration(names));
                 });
             }}};
}

} // namespace faultline
