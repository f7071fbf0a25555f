#include "measurement/export.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "common/error.h"
#include "common/files.h"
#include "formats/hdf5.h"
#include "formats/npy.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

/// Row-major, whatever the order of what it is made from.
using FloatGrid = CellGrid<float>;

/// The files of one export.
class Output
{
public:
    explicit Output(const fs::path& folder) : folder_(folder)
    {
        std::error_code failure;
        fs::create_directories(folder, failure);
        if (failure)
            throw Error(folder.string() + ": cannot write there: " + failure.message());
    }

    void write(const std::string& name, const std::string& bytes)
    {
        files.push_back(folder_ / name);
        writeFileAtomically(files.back(), bytes);
    }

    std::vector<fs::path> files;

private:
    fs::path folder_;
};

/// A die's name as that of a file or a group.
std::string plain(std::string name)
{
    std::ranges::replace(name, '/', '_');
    return name.empty() || name.starts_with('.') ? "_" + name : name;
}

/// One for each die.
std::vector<std::string> plainNames(const Wafer& wafer)
{
    std::vector<std::string> names;
    for (const Die& die : wafer.dies) {
        const std::string first = plain(die.name);
        std::string name = first;
        for (int count = 2; std::ranges::find(names, name) != names.end(); ++count)
            name = first + "_" + std::to_string(count);
        names.push_back(std::move(name));
    }
    return names;
}

template <class Grid, class Text>
std::string csvOf(const Grid& grid, const Text& text)
{
    std::string lines;
    for (Eigen::Index row = 0; row < grid.rows(); ++row)
        for (Eigen::Index column = 0; column < grid.cols(); ++column) {
            lines += text(grid(row, column));
            lines += column + 1 < grid.cols() ? ',' : '\n';
        }
    return lines;
}

/// The shortest text that is read back as the same float.
std::string shortest(float value)
{
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
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

} // namespace

std::string_view name(ArrayFormat format)
{
    constexpr std::array<std::string_view, 3> names{"csv", "npy", "hdf5"};
    return names[static_cast<std::size_t>(format)];
}

std::vector<fs::path> exportDies(const Wafer& wafer, const fs::path& folder, ArrayFormat format)
{
    Output output(folder);
    const std::vector<std::string> names = plainNames(wafer);
    if (format == ArrayFormat::Hdf5) {
        std::vector<std::string_view> labels{name(Defect::None)};
        for (const Defect defect : allDefects)
            labels.push_back(name(defect));
        output.write("dies.h5", hdf5::build([&](hdf5::Group root) {
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
                                 writeGrid(group, level == P ? "conductance_P" : "conductance_AP",
                                           die.conductance[level],
                                           {"What each cell conducts when written to the state", "S"},
                                           hdf5::typeOf<float>());
                             writeGrid(group, "defect", die.defect, {"What is wrong with each cell", "1"},
                                       hdf5::enumeration(labels));
                         }
                     }));
        return output.files;
    }
    for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
        const Die& die = wafer.dies[i];
        const std::string &stem = names[i], labels = stem + std::string(labelsEnding);
        if (format == ArrayFormat::Csv) {
            for (const Level level : {AP, P})
                output.write(stem + (level == P ? "_P.csv" : "_AP.csv"),
                             csvOf(die.conductance[level], shortest));
            output.write(labels + ".csv",
                         csvOf(die.defect, [](Defect label) { return std::string(name(label)); }));
        } else {
            const auto [rows, columns] = shapeOf(die.defect);
            FloatGrid both(2 * die.defect.rows(), die.defect.cols());
            both << die.conductance[AP], die.conductance[P];
            output.write(stem + ".npy", npy(numbersOf(both), std::array{std::size_t{2}, rows, columns}));
            output.write(labels + ".npy", npy(bytesOf(die.defect), std::array{rows, columns}));
        }
    }
    return output.files;
}

std::vector<fs::path> exportWeights(const std::string& die, const AnalogWeights& weights,
                                    std::span<const Eigen::MatrixXf> latent, const fs::path& folder,
                                    ArrayFormat format)
{
    Output output(folder);
    const std::string stem = plain(die) + "_weights";
    std::vector<FloatGrid> layers;
    for (std::size_t k = 0; k < weights.size(); ++k)
        layers.push_back(effective(weights[k], latent[k]));
    if (format == ArrayFormat::Hdf5) {
        output.write(stem + ".h5", hdf5::build([&](hdf5::Group root) {
                         root.set("die", die);
                         for (std::size_t k = 0; k < layers.size(); ++k)
                             writeGrid(root, ("layer-" + std::to_string(k + 1)).c_str(), layers[k],
                                       {"What each weight is worth on the die, outputs x inputs", "1"},
                                       hdf5::typeOf<float>());
                     }));
        return output.files;
    }
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const std::string file = stem + "_" + std::to_string(k + 1);
        if (format == ArrayFormat::Csv)
            output.write(file + ".csv", csvOf(layers[k], shortest));
        else
            output.write(file + ".npy", npy(numbersOf(layers[k]), shapeOf(layers[k])));
    }
    return output.files;
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

std::vector<fs::path> exportProgramming(const CellMap& map, std::span<const Eigen::MatrixXf> latent,
                                        const TesterAxes& axes, const fs::path& folder, ArrayFormat format)
{
    Output output(folder);
    const CellGrid<Write> writes = programmingMap(map, latent);
    if (format == ArrayFormat::Csv) {
        std::string lines = "row,column,write,layer,output,input,copy,sign,die_row,die_column\n";
        for (int row = 0; row < writes.rows(); ++row)
            for (int column = 0; column < writes.cols(); ++column) {
                const auto use = map.use({row, column});
                if (!use)
                    continue;
                const CellIndex at = testerCell({row, column}, map.die(), axes);
                lines += std::to_string(at.row) + ',' + std::to_string(at.column) + ',' +
                         (writes(row, column) == Write::P ? "P" : "AP");
                for (const int number : {use->weight.layer, use->weight.output, use->weight.input, use->copy,
                                         use->sign, row, column})
                    lines += ',' + std::to_string(number);
                lines += '\n';
            }
        output.write("programming.csv", lines);
        return output.files;
    }

    CellGrid<Write> turned = writes;
    if (axes.transposed)
        turned.resize(map.die().columns, Eigen::Index{map.dies()} * map.die().rows);
    for (int row = 0; row < writes.rows(); ++row)
        for (int column = 0; column < writes.cols(); ++column) {
            const CellIndex at = testerCell({row, column}, map.die(), axes);
            turned(at.row - axes.firstIndex, at.column - axes.firstIndex) = writes(row, column);
        }
    if (format == ArrayFormat::Npy) {
        output.write("programming.npy", npy(bytesOf(turned), shapeOf(turned)));
        return output.files;
    }
    constexpr std::array<std::string_view, 3> names{"nothing", "AP", "P"};
    const CellGrid<std::int8_t> numbered =
        turned.unaryExpr([](Write write) { return static_cast<std::int8_t>(static_cast<int>(write) + 1); });
    output.write("programming.h5", hdf5::build([&](hdf5::Group root) {
                     writeGrid(root, "write", numbered, {"State to write into each junction", "1"},
                               hdf5::enumeration(names));
                 }));
    return output.files;
}

} // namespace faultline
