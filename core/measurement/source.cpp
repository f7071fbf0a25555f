#include "measurement/source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <re2/re2.h>

#include "common/files.h"
#include "common/text.h"
#include "formats/hdf5.h"
#include "formats/npy.h"
#include "measurement/export.h"
#include "measurement/foreign_format.h"

namespace faultline::measured
{

namespace fs = std::filesystem;

namespace
{

Form formOf(std::string_view bytes)
{
    if (bytes.starts_with("\x93NUMPY"))
        return Form::Npy;
    if (bytes.starts_with("PK"))
        return Form::Npz;
    constexpr std::string_view hdf5{"\x89HDF\r\n\x1a\n"};
    for (std::size_t at = 0; at < bytes.size();
         at = at == 0 ? 512 : 2 * at) // MATLAB's own header comes first
        if (bytes.substr(at).starts_with(hdf5))
            return Form::Hdf5;
    return Form::Text;
}

/// Gathers the matrices of a text, between blank lines.
class TextMatrices
{
public:
    TextMatrices(const Source& source, const TextFormat& format)
        : source_(source),
          format_(format),
          labels_(static_cast<std::size_t>(format.labelColumns))
    {
    }

    /// Rows x columns, or blocks x rows x columns.
    Arrays read()
    {
        forEachLine(source_.bytes, format_, [&](int line, std::span<const std::string_view> fields) {
            if (line > format_.headerLines)
                fields.empty() ? endBlock() : addRow(line, fields);
        });
        endBlock();
        if (blocks_ == 0)
            throw Error(source_.file.string(), "", "no numbers", "a matrix, one row per line");
        dropEmptyColumns();
        if (blocks_ > 1)
            array_.shape.push_back(blocks_);
        array_.shape.insert(array_.shape.end(), {rowsBefore_, filled_.size()});
        Arrays result;
        result.arrays.push_back(std::move(array_));
        if (leftEdges_)
            result.note = "Rows and columns of separators alone at the edges of a matrix are left out.";
        return result;
    }

private:
    std::string place(int line) const { return "line " + std::to_string(line); }

    void addRow(int line, std::span<const std::string_view> fields)
    {
        if (std::ranges::all_of(fields, &std::string_view::empty)) {
            ++emptyRows_;
            return;
        }
        if (rows_ == 0)
            dropEmptyRows();
        for (; emptyRows_ > 0; --emptyRows_)
            addValues(line, std::vector<std::string_view>(filled_.size() + labels_));
        addValues(line, fields);
    }

    void addValues(int line, std::span<const std::string_view> fields)
    {
        if (firstLine_ == 0) {
            if (fields.size() <= labels_)
                throw Error(source_.file.string(), place(line), "no numbers", "some after the label columns");
            filled_.assign(fields.size() - labels_, false);
            firstLine_ = line;
        }
        const std::size_t columns = filled_.size() + labels_;
        while (fields.size() > columns && fields.back().empty())
            fields = fields.first(fields.size() - 1);
        if (fields.size() != columns)
            throw Error(source_.file.string(), place(line), std::to_string(fields.size()) + " fields",
                        std::to_string(columns) + " as in line " + std::to_string(firstLine_));
        if (array_.values.size() + columns > largestMeasurement / sizeof(double))
            throw Error(source_.file.string(), place(line),
                        "more than " + std::to_string(array_.values.size()) + " values",
                        "no more; split the file by dies");
        for (std::size_t column = labels_; column < columns; ++column) {
            const auto value = measuredNumber(fields[column], format_.decimal);
            if (!value)
                throw Error(source_.file.string(), place(line) + ", column " + std::to_string(column + 1),
                            inQuotes(fields[column]), "a number");
            array_.values.push_back(*value);
            if (!fields[column].empty())
                filled_[column - labels_] = true;
        }
        ++rows_;
        lastLine_ = line;
    }

    void endBlock()
    {
        dropEmptyRows();
        if (rows_ == 0)
            return;
        if (blocks_ > 0 && rows_ != rowsBefore_)
            throw Error(source_.file.string(), place(lastLine_),
                        "a block of " + std::to_string(rows_) + " rows",
                        std::to_string(rowsBefore_) + " as in the first block");
        rowsBefore_ = rows_;
        rows_ = 0;
        ++blocks_;
    }

    /// Lines of separators alone before the first row or after the last.
    void dropEmptyRows()
    {
        leftEdges_ = leftEdges_ || emptyRows_ > 0;
        emptyRows_ = 0;
    }

    /// A separator before the first or after the last number of every line makes no column.
    void dropEmptyColumns()
    {
        const auto first = std::ranges::find(filled_, true);
        const auto last = std::find(filled_.rbegin(), filled_.rend(), true).base();
        if (first >= last || last - first == std::ssize(filled_))
            return;
        const auto columns = std::ssize(filled_);
        auto to = array_.values.begin();
        for (auto row = array_.values.cbegin(); row != array_.values.cend(); row += columns)
            to = std::copy(row + (first - filled_.begin()), row + (last - filled_.begin()), to);
        array_.values.erase(to, array_.values.end());
        filled_ = std::vector<bool>(first, last);
        leftEdges_ = true;
    }

    const Source& source_;
    const TextFormat& format_;
    std::size_t labels_;
    NumberArray array_;
    std::vector<bool> filled_;  ///< for each column: does any line have something there?
    std::size_t emptyRows_ = 0; ///< of separators alone since the last row
    std::size_t rows_ = 0, blocks_ = 0, rowsBefore_ = 0;
    int firstLine_ = 0, lastLine_ = 0;
    bool leftEdges_ = false;
};

/// Why an array of several is no die, by its values and by its name.
std::string reasonAgainst(const NumberArray& array, bool othersNameStates)
{
    if (!array.unreadable.empty())
        return array.unreadable;
    const std::size_t columns = array.shape.back(), rows = array.shape[array.shape.size() - 2];
    const std::size_t first = std::min(array.values.size(), rows * columns);
    std::string reason = notMeasured(std::span(array.values).first(first), rows, columns);
    if (!reason.empty())
        return reason;
    const std::string word = wordAgainst(array.name);
    if (!word.empty())
        return "named " + inQuotes(word);
    return othersNameStates && !splitPath(array.name).level ? "no state in its name, as others have" : "";
}

/// Leaves out what only stands beside measured arrays, unless nothing else is there.
void keepMeasured(Arrays& found)
{
    if (found.arrays.size() < 2 || !found.exported.empty())
        return;
    const bool states = std::ranges::any_of(
        found.arrays, [](const NumberArray& array) { return splitPath(array.name).level.has_value(); });
    std::vector<std::string> reasons;
    for (const NumberArray& array : found.arrays)
        reasons.push_back(reasonAgainst(array, states));
    if (std::ranges::none_of(reasons, &std::string::empty))
        return;
    std::vector<NumberArray> kept;
    for (std::size_t i = 0; i < reasons.size(); ++i)
        if (reasons[i].empty())
            kept.push_back(std::move(found.arrays[i]));
        else
            found.leftOut.push_back({found.arrays[i].name, found.arrays[i].shape, reasons[i]});
    found.arrays = std::move(kept);
}

bool isChosen(const ImportRecipe& recipe, const std::string& path, const std::vector<std::size_t>& shape)
{
    return recipe.datasets.empty() ? couldBeDies(shape)
                                   : std::ranges::find(recipe.datasets, path) != recipe.datasets.end();
}

Arrays arraysIn(const hdf5::Group& root, const ImportRecipe& recipe)
{
    Arrays result;
    const bool ours = root.has(exportMark);
    std::size_t room = largestMeasurement;
    for (const hdf5::DatasetInfo& info : root.datasets()) {
        if (!isChosen(recipe, info.path, info.shape))
            continue;
        if (result.arrays.empty()) {
            result.unit = info.unit;
            result.columnMajor = info.columnMajor;
        }
        result.arrays.push_back(root.numbers(info.path, room));
        room -= result.arrays.back().values.size() * sizeof(double);
        if (!ours)
            continue;
        const hdf5::Group group = root.open(fs::path(info.path).parent_path().string());
        ExportedDie& die = result.exported.emplace_back(ExportedDie{group.text("die"), {}});
        if (group.has("wafer_row"))
            die.position = {group.get<std::int32_t>("wafer_row"), group.get<std::int32_t>("wafer_column")};
    }
    return result;
}

} // namespace

Source load(const fs::path& file)
{
    std::error_code unknown;
    const std::uintmax_t size = fs::file_size(file, unknown);
    if (!unknown && size > largestMeasurement)
        throw Error(file.string(), "", std::to_string((size + 0xFFFFF) >> 20) + " MiB",
                    "at most " + std::to_string(largestMeasurement >> 20) + " MiB; split it by dies");
    Source source{file, readWholeFile(file)};
    source.form = formOf(source.bytes);
    if (source.form == Form::Text || source.form == Form::Npz)
        refuseForeignFormat(file, source.bytes);
    if (source.form == Form::Text) {
        source.bytes = asText(std::move(source.bytes));
        const auto binary = std::ranges::find_if(source.bytes, [](unsigned char c) {
            return c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f';
        });
        if (binary != source.bytes.end())
            throw Error(file.string(), "byte " + std::to_string(binary - source.bytes.begin()), "binary data",
                        "text, .npy, .npz or HDF5");
    }
    return source;
}

std::vector<std::vector<std::string>> firstLines(std::string_view text, const TextFormat& format,
                                                 std::size_t count)
{
    std::size_t end = 0;
    for (std::size_t line = 0; line < count && end != text.npos; ++line)
        end = text.find('\n', end == 0 ? 0 : end + 1);
    std::vector<std::vector<std::string>> lines;
    forEachLine(text.substr(0, end), format, [&](int line, std::span<const std::string_view> fields) {
        lines.resize(static_cast<std::size_t>(line) - 1); // comments and the first lines of a field: empty
        lines.emplace_back(fields.begin(), fields.end());
    });
    return lines;
}

std::vector<std::string> columnNames(std::span<const std::vector<std::string>> lines, int headerLines)
{
    std::size_t widest = 0;
    for (const auto& fields : lines)
        widest = std::max(widest, fields.size());
    std::vector<std::string> names(widest);
    for (const auto& fields : lines.first(std::min(static_cast<std::size_t>(headerLines), lines.size())))
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (fields.size() > 1 && !fields[i].empty())
                names[i] += (names[i].empty() ? "" : " ") + fields[i];
    for (std::string& name : names)
        std::ranges::replace(name, '\n', ' ');
    return names;
}

std::string notMeasured(std::span<const double> values, std::size_t rows, std::size_t columns)
{
    const auto all = [&](const auto& fits) {
        bool any = false;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isnan(values[i])) {
                if (!fits(values[i], i))
                    return false;
                any = true;
            }
        return any;
    };
    if (all([](double value, std::size_t) { return value == 0.0 || value == 1.0; }) &&
        std::ranges::find(values, 1.0) != values.end())
        return "only 0 and 1, a mask";
    constexpr std::size_t fewest = 16; // a smaller die may count by chance
    for (const double first : {0.0, 1.0}) {
        const auto counts = [&](const auto& numberOf) {
            return all([&](double value, std::size_t i) {
                return value == first + static_cast<double>(numberOf(i));
            });
        };
        if (rows > 1 && columns > 1 &&
            (counts([=](std::size_t i) { return i / columns; }) ||
             counts([=](std::size_t i) { return i % columns; })))
            return "numbers of rows or columns";
        if (values.size() > fewest && counts([](std::size_t i) { return i; }))
            return "numbers of cells";
    }
    // Seconds since 1970 in the years from 2001 to 2039, or thousandths and so on of them, within weeks.
    constexpr double earliest = 1e9, latest = 2.2e9, share = 1e-3;
    for (const double unit : {1.0, 1e3, 1e6, 1e9}) {
        const auto isTime = [=](double value, std::size_t) {
            return value >= earliest * unit && value <= latest * unit;
        };
        if (all(isTime)) {
            double least = latest * unit, most = 0.0;
            for (const double value : values)
                if (!std::isnan(value))
                    least = std::min(least, value), most = std::max(most, value);
            if (most - least < share * least)
                return "times of a clock";
        }
    }
    return {};
}

std::string wordAgainst(const std::string& path)
{
    static const RE2 words(
        "(?i)(?:^|[^a-z])(std|stdev|sd|sigma|err|error|errors|unc|uncertainty|noise|mask|valid|flag|flags|"
        "time|times|timestamp|timestamps|temp|temperature|count|counts|index|row|rows|col|cols|columns)"
        "(?:[^a-z]|$)");
    std::string word;
    RE2::PartialMatch(fs::path(path).filename().string(), words, &word);
    return word;
}

bool couldBeDies(const std::vector<std::size_t>& shape)
{
    return shape.size() >= 2 && shape.size() <= 4 && shape.back() > 1 && shape[shape.size() - 2] > 1;
}
NamedState splitState(const std::string& name, bool words)
{
    constexpr std::string_view separators = "_-. ";
    for (std::size_t end = name.size(); end != name.npos && end > 0;) {
        const auto before = name.find_last_of(separators, end - 1);
        const std::size_t begin = before == name.npos ? 0 : before + 1;
        const std::string word = name.substr(begin, end - begin);
        const auto level = stateNamed(word);
        const bool isWord = lower(word) == "low" || lower(word) == "high";
        if (level && word != "0" && word != "1" && (words || !isWord)) { // 0 and 1 number dies
            const std::size_t from = before == name.npos ? 0 : before;
            const std::size_t skip = begin == 0 && end < name.size() ? 1 : 0;
            return {name.substr(0, from) + name.substr(end + skip), level, isWord};
        }
        end = before;
    }
    return {name, std::nullopt, false};
}

std::string nameByPattern(const fs::path& file, const std::string& dataset, const std::string& pattern)
{
    std::string name;
    const std::string whole = file.filename().string() + (dataset.empty() ? "" : "/" + dataset);
    if (!RE2::PartialMatch(whole, RE2(pattern, RE2::Quiet), &name))
        throw Error(file.string(), "name", inQuotes(whole), "one that fits the pattern " + pattern);
    return name;
}

NamedState nameOf(const fs::path& file, const ImportRecipe& recipe)
{
    NamedState named = splitState(file.stem().string(), wordsAreStates(recipe));
    if (!recipe.dieName.empty())
        named.name = nameByPattern(file, "", recipe.dieName);
    if (named.name.empty())
        named.name = file.parent_path().filename().string();
    return named;
}

NamedState splitPath(const std::string& path, bool words)
{
    NamedState named;
    std::string leaf;
    for (const fs::path& part : fs::path(path)) {
        const NamedState of = splitState(part.string(), words);
        if (of.level) {
            named.level = of.level;
            named.isWord = of.isWord;
        }
        if (!leaf.empty()) // a group's name, now that something lies in it
            named.name = std::exchange(leaf, of.name);
        else
            leaf = of.name;
    }
    if (named.name.empty())
        named.name = leaf;
    return named;
}

Arrays arraysOf(const Source& source, const ImportRecipe& recipe)
{
    Arrays result;
    switch (source.form) {
    case Form::Text:
        result = TextMatrices(source, recipe.text).read();
        break;
    case Form::Npy:
        result.arrays.push_back(in(source.file, [&] { return readNpy(source.bytes, largestMeasurement); }));
        break;
    case Form::Npz:
        for (NumberArray& array : in(source.file, [&] { return readNpz(source.bytes, largestMeasurement); }))
            if (isChosen(recipe, array.name, array.shape))
                result.arrays.push_back(std::move(array));
        break;
    case Form::Hdf5:
        in(source.file, [&] {
            result = hdf5::readForeign(source.bytes,
                                       [&](const hdf5::Group& root) { return arraysIn(root, recipe); });
        });
        break;
    }
    if (recipe.datasets.empty())
        keepMeasured(result);
    for (const NumberArray& array : result.arrays)
        if (!array.unreadable.empty())
            throw Error(source.file.string(), array.name, array.unreadable, "real numbers");
    const std::size_t expected = std::max<std::size_t>(1, recipe.datasets.size());
    const bool named = source.form == Form::Npz || source.form == Form::Hdf5;
    if (result.arrays.empty() || (named && result.arrays.size() < expected)) {
        std::string names;
        for (const std::string& path : recipe.datasets)
            names += (names.empty() ? "" : ", ") + path;
        throw Error(source.file.string(), "", std::to_string(result.arrays.size()) + " datasets",
                    names.empty() ? "one of numbers in 2 to 4 dimensions" : "those named " + names);
    }
    return result;
}
CellGrid<double> Axes::slice(const NumberArray& array, std::size_t die, std::size_t state) const
{
    CellGrid<double> grid(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
    const double* const first = array.values.data() + die * dieStep + state * stateStep;
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            grid(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) =
                first[row * rowStep + column * columnStep];
    return grid;
}

Axes axesOf(const NumberArray& array, std::size_t states, const std::string& file)
{
    const auto& shape = array.shape;
    constexpr auto largestSide = static_cast<std::size_t>(DieGeometry::maximumSide);
    Axes axes;
    const auto refuse = [&](const std::string& expected) {
        throw Error(file, array.name, "shape " + describeShape(shape), expected);
    };
    if (shape.size() < 2 || shape.size() > 4)
        refuse("a matrix, or several in 3 or 4 dimensions");
    if (shape.size() == 3 && states == 2 && shape[2] == 2 && shape[0] != 2) { // the states last
        axes = {1, 2, shape[0], shape[1], 0, 1, 2 * shape[1], 2};
    } else {
        axes.rows = shape[shape.size() - 2];
        axes.columns = axes.rowStep = shape.back();
        const std::size_t cells = axes.rows * axes.columns;
        if (shape.size() == 4) {
            if (shape[1] != states)
                refuse("dies x " + std::to_string(states) + " states x rows x columns");
            axes.dies = shape[0];
            axes.states = states;
            axes.dieStep = states * cells;
            axes.stateStep = cells;
        } else if (shape.size() == 3 && states == 2 && shape[0] % 2 == 0) {
            axes.dies = shape[0] / 2;
            axes.states = 2;
            axes.dieStep = 2 * cells;
            axes.stateStep = cells;
        } else if (shape.size() == 3) {
            axes.dies = shape[0];
            axes.dieStep = cells;
        }
    }
    if (axes.dies == 0 || axes.rows == 0 || axes.columns == 0 || axes.rows > largestSide ||
        axes.columns > largestSide)
        refuse("dies with sides from 1 to " + std::to_string(largestSide) + " cells");
    return axes;
}

} // namespace faultline::measured
