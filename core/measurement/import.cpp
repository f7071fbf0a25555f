#include "measurement/import.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>
#include <sstream>

#include <re2/re2.h>

#include "common/error.h"
#include "common/text.h"
#include "formats/hdf5.h"
#include "measurement/export.h"
#include "measurement/foreign_format.h"
#include "measurement/source.h"
#include "measurement/table.h"
#include "measurement/units.h"

namespace faultline
{

namespace fs = std::filesystem;
using namespace measured;

namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string counted(long count, const std::string& one, const std::string& several)
{
    return std::to_string(count) + " " + (count == 1 ? one : several);
}

/// "X03_Y5" in a file's name: column 3 and row 5 of the wafer.
std::optional<WaferPosition> positionIn(const fs::path& file)
{
    static const RE2 pattern("[xX](-?\\d{1,3})[_-]?[yY](-?\\d{1,3})");
    WaferPosition position;
    if (!RE2::PartialMatch(file.stem().string(), pattern, &position.column, &position.row))
        return std::nullopt;
    return position;
}
// From values to conductances
// -------------------------------------------------------------------------------------------------------

/// What an instrument's mark in place of a number means: NaN for a missing value, infinity for an over-range.
/// By SCPI-99, volume 1, 7.2.1, 9.91e37 is no number and 9.9e37 is infinite, to a float's precision, as
/// arrays may hold; others send 1e38 or the largest float. A resistance is infinite where a cell conducts
/// nothing. A current or conductance is not: its mark says that there was no reading. 199.999E+99 says so of
/// any.
double meaningOfMark(double mark, Quantity quantity)
{
    constexpr double notANumber = 9.91e37, rounding = 1e-6, noMeaning = 1e90;
    const bool isInfinite =
        std::abs(std::abs(mark) / notANumber - 1.0) > rounding && std::abs(mark) < noMeaning;
    return isInfinite && isResistance(quantity) ? std::copysign(infinity, mark) : nan;
}

/// Siemens; NaN for a missing value and infinity for one that takes the largest measured. Counts.
float siemens(double value, const ImportRecipe& recipe, ImportReport& report)
{
    ++report.values;
    if (std::abs(value) >= leastMark && !std::isinf(value)) {
        if (constexpr std::size_t most = 8; report.marks.size() < most || report.marks.contains(value))
            ++report.marks[value];
        value = meaningOfMark(value, recipe.quantity);
    }
    if (std::isnan(value)) {
        ++report.missing;
        return static_cast<float>(nan);
    }
    if (isCurrent(recipe.quantity))
        value /= recipe.readVoltage;
    if (std::isinf(value))
        ++report.overRange;
    else if (value == 0.0)
        ++report.zero;
    else if (value < 0.0)
        ++report.negative;
    if (value < 0.0)
        return 0.0f;
    const double ofUnit = value * unitOf(recipe.quantity);
    return static_cast<float>(isResistance(recipe.quantity) ? 1.0 / ofUnit : ofUnit);
}

/// Gives cells that miss a value what another cell of the die measured: the one most like it in the state
/// that it has, or, without any, one after the other from all over the distribution. So the missing cells
/// scatter, fail and switch as the others do.
class Donors
{
public:
    explicit Donors(MeasuredDie& die)
        : die_(die),
          cells_(std::max(die.conductance[P].size(), die.conductance[AP].size()))
    {
        for (Eigen::Index cell = 0; cell < cells_; ++cell)
            if (!misses(cell, P) && !misses(cell, AP))
                for (auto& order : byState_)
                    order.push_back(cell);
        for (const Level level : {AP, P})
            if (die.has(level))
                std::ranges::stable_sort(byState_[level], {},
                                         [&](Eigen::Index cell) { return at(level, cell); });
    }

    bool empty() const { return byState_[P].empty(); }

    /// Returns the cells that got something.
    std::vector<int> fill()
    {
        std::vector<int> filled;
        for (Eigen::Index cell = 0; cell < cells_; ++cell) {
            const bool missesP = misses(cell, P), missesAP = misses(cell, AP);
            if (!missesP && !missesAP)
                continue;
            filled.push_back(static_cast<int>(cell));
            const Level known = missesP ? AP : P;
            const Eigen::Index donor =
                misses(cell, known) || !die_.has(known) ? next() : nearest(known, cell);
            for (const Level level : {AP, P})
                if (misses(cell, level))
                    at(level, cell) = at(level, donor);
        }
        return filled;
    }

private:
    float& at(Level level, Eigen::Index cell) { return die_.conductance[level].data()[cell]; }
    bool misses(Eigen::Index cell, Level level) { return die_.has(level) && std::isnan(at(level, cell)); }

    /// Multiples of the golden ratio, modulo 1, lie evenly however many are taken.
    Eigen::Index next()
    {
        fraction_ += std::numbers::phi - 1.0;
        fraction_ -= std::floor(fraction_);
        const auto& order = byState_[die_.has(P) ? P : AP];
        return order[static_cast<std::size_t>(fraction_ * static_cast<double>(order.size()))];
    }

    Eigen::Index nearest(Level level, Eigen::Index cell)
    {
        const std::vector<Eigen::Index>& order = byState_[level];
        const float value = at(level, cell);
        const auto above =
            std::ranges::lower_bound(order, value, {}, [&](auto other) { return at(level, other); });
        if (above == order.begin())
            return *above;
        const auto below = std::prev(above);
        return above == order.end() || value - at(level, *below) < at(level, *above) - value ? *below
                                                                                             : *above;
    }

    MeasuredDie& die_;
    Eigen::Index cells_;
    double fraction_ = 0.0;
    std::array<std::vector<Eigen::Index>, levelCount>
        byState_; ///< complete cells, by what they conduct in it
};

/// Gathers the states of dies, file after file.
class Assembly
{
public:
    Assembly(const ImportRecipe& recipe, const DieGeometry* expected) : recipe_(recipe)
    {
        if (expected)
            size_ = Size{expected->rows, expected->columns, "the project's"};
    }

    /// `values` in the file's own orientation.
    void add(const Source& source, const std::string& place, const std::string& die, Level level,
             const CellGrid<double>& values, std::optional<WaferPosition> position)
    {
        if (isCurrent(recipe_.quantity) && 2 * (values * recipe_.readVoltage < 0.0).count() > values.size()) {
            std::ostringstream voltage;
            voltage << recipe_.readVoltage << " V";
            throw Error(source.file.string(), place, "currents in most cells against the read voltage",
                        "those of a read voltage of " + voltage.str() + ": change its sign (--read-voltage)");
        }
        const std::string other =
            notMeasured({values.data(), static_cast<std::size_t>(values.size())},
                        static_cast<std::size_t>(values.rows()), static_cast<std::size_t>(values.cols()));
        if (!other.empty())
            throw Error(source.file.string(), place, other, "measured values");
        CellGrid<double> turned = values;
        if (recipe_.transpose)
            turned.transposeInPlace();
        if (recipe_.flipRows)
            turned = turned.colwise().reverse().eval();
        if (recipe_.flipColumns)
            turned = turned.rowwise().reverse().eval();
        const int rows = static_cast<int>(turned.rows()), columns = static_cast<int>(turned.cols());
        if (!size_)
            size_ = Size{rows, columns, "those of " + source.file.string()};
        if (rows != size_->rows || columns != size_->columns)
            throw Error(source.file.string(), place,
                        std::to_string(rows) + " x " + std::to_string(columns) + " cells",
                        std::to_string(size_->rows) + " x " + std::to_string(size_->columns) + " like " +
                            size_->whose);

        MeasuredDie& measured = dieNamed(die);
        if (measured.has(level))
            throw Error(source.file.string(), place,
                        "a second die \"" + die + "\" at " + std::string(faultline::name(level)),
                        "one; the first is in " + files_.at({die, level}));
        files_[{die, level}] = source.file.string();
        if (position)
            measured.position = {recipe_.waferYUp ? -position->row : position->row,
                                 recipe_.waferXLeft ? -position->column : position->column};
        const bool isTable = source.form == Form::Text && recipe_.layout == TextLayout::Table;
        measured.axes = {recipe_.transpose, recipe_.flipRows, recipe_.flipColumns,
                         isTable ? recipe_.firstIndex : 0};
        CellGrid<float>& grid = measured.conductance[level];
        grid =
            turned.unaryExpr([this](double value) { return siemens(value, recipe_, measurement_.report); });
        if (!grid.isFinite().any())
            throw Error(source.file.string(), place, "no finite value of die \"" + die + "\"",
                        "at least one");
    }

    /// Says it once, whatever the number of files; an empty one is none.
    void note(const std::string& sentence)
    {
        if (!sentence.empty() &&
            std::ranges::find(measurement_.report.notes, sentence) == measurement_.report.notes.end())
            measurement_.report.notes.push_back(sentence);
    }
    void countRepeated(long cells) { measurement_.report.repeated += cells; }
    void guessesStates() { measurement_.guessedStates = true; }
    void leaveOut(const std::string& dataset) { leftOut_.insert(dataset); }

    Measurement finish(int files) &&
    {
        for (const Level level : {AP, P})
            setOutOfRange(level);
        for (MeasuredDie& die : measurement_.dies) {
            Donors donors(die);
            if (donors.empty())
                throw Error(files_.at({die.name, die.has(P) ? P : AP}), "",
                            "no cell of die \"" + die.name + "\" with a value in each state", "at least one");
            die.missing = donors.fill();
        }
        countFromUpperLeft();
        ImportReport& report = measurement_.report;
        report.files = files;
        report.dies = static_cast<int>(measurement_.dies.size());
        report.resistances = isResistance(recipe_.quantity);
        if (report.repeated > 0)
            report.notes.push_back("Measured again: " + counted(report.repeated, "value", "values") +
                                   ", of which the " + std::string(name(recipe_.repeated)) + " stands.");
        std::string names;
        for (const std::string& dataset : leftOut_)
            names += (names.empty() ? "" : ", ") + dataset;
        if (!names.empty())
            report.notes.push_back("Left out, unless datasets are chosen: " + names + ".");
        return std::move(measurement_);
    }

private:
    struct Size {
        int rows, columns;
        std::string whose;
    };

    MeasuredDie& dieNamed(const std::string& name)
    {
        const auto [found, isNew] = index_.try_emplace(name, measurement_.dies.size());
        if (isNew)
            measurement_.dies.push_back({name, {}, {}, {}, {}});
        return measurement_.dies[found->second];
    }

    /// Probers count from where they like, below 0 too.
    void countFromUpperLeft()
    {
        WaferPosition first;
        for (const MeasuredDie& die : measurement_.dies)
            if (die.position)
                first = {std::min(first.row, die.position->row),
                         std::min(first.column, die.position->column)};
        for (MeasuredDie& die : measurement_.dies)
            if (die.position)
                die.position = {die.position->row - first.row, die.position->column - first.column};
    }

    /// Gives values out of range what the ImportReport says.
    void setOutOfRange(Level level)
    {
        float largest = 0.0f;
        std::size_t measured = 0;
        for (const MeasuredDie& die : measurement_.dies) {
            measured += die.has(level);
            for (Eigen::Index cell = 0; cell < die.conductance[level].size(); ++cell)
                if (const float value = die.conductance[level].data()[cell]; std::isfinite(value))
                    largest = std::max(largest, value);
        }
        if (measured == 0) {
            measurement_.report.notes.push_back("No die was measured at " +
                                                std::string(faultline::name(level)) + ".");
            return;
        }
        for (MeasuredDie& die : measurement_.dies) {
            if (!die.has(level)) {
                const Level other = level == P ? AP : P;
                throw Error(files_.at({die.name, other}), "",
                            "die \"" + die.name + "\" at " + std::string(faultline::name(other)) + " alone",
                            "a file of it at " + std::string(faultline::name(level)) +
                                " too, as of other dies");
            }
            CellGrid<float>& grid = die.conductance[level];
            grid = grid.unaryExpr([&](float value) { return std::isinf(value) ? largest : value; });
        }
    }

    const ImportRecipe& recipe_;
    std::optional<Size> size_;
    Measurement measurement_;
    std::map<std::string, std::size_t> index_;
    std::map<std::pair<std::string, Level>, std::string> files_;
    std::set<std::string> leftOut_;
};
// Arrays
// ----------------------------------------------------------------------------------------------------

/// Names and states of arrays by their paths; where two would be one die, by the whole of them.
std::vector<NamedState> namesOf(const Source& source, const std::vector<NumberArray>& arrays,
                                const ImportRecipe& recipe)
{
    std::vector<NamedState> named;
    std::set<std::string> names;
    std::set<std::pair<std::string, std::optional<Level>>> seen;
    bool clash = false;
    for (const NumberArray& array : arrays) {
        const NamedState& of = named.emplace_back(splitPath(array.name, wordsAreStates(recipe)));
        names.insert(of.name);
        clash = !seen.emplace(of.name, of.level).second || clash;
    }
    // Without a path a file holds one array, and a pattern that needs no path has told its name.
    const bool byPattern = !recipe.dieName.empty() && !arrays.front().name.empty();
    std::string fileName;
    if (!byPattern)
        fileName = nameOf(source.file, recipe).name;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        std::string& name = named[i].name;
        if (byPattern) {
            name = nameByPattern(source.file, arrays[i].name, recipe.dieName);
        } else if (clash && arrays.size() > 1) {
            name.clear();
            for (const fs::path& part : fs::path(arrays[i].name).parent_path())
                if (const NamedState group = splitState(part.string(), wordsAreStates(recipe));
                    !group.name.empty())
                    name += (name.empty() ? "" : "-") + group.name;
        } else if (names.size() == 1) {
            name = fileName;
        }
    }
    return named;
}

void addArrays(const Source& source, const ImportRecipe& recipe, Assembly& assembly)
{
    const NamedState file = splitState(source.file.stem().string(), wordsAreStates(recipe));
    const auto inName = positionIn(source.file);
    const auto [arrays, exported, unit, columnMajor, leftOut, readingNote] = arraysOf(source, recipe);
    for (const Arrays::LeftOut& array : leftOut)
        assembly.leaveOut(array.name + " (" + array.reason + ")");
    assembly.note(readingNote);
    const std::vector<NamedState> names = namesOf(source, arrays, recipe);
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        const NumberArray& array = arrays[i];
        const std::string& name = exported.empty() ? names[i].name : exported[i].die;
        const auto& position = exported.empty() ? inName : exported[i].position;
        const NamedState& state = names[i].level ? names[i] : file;
        std::optional<Level> level = state.level;
        if (!level && recipe.states.size() == 1)
            level = recipe.states.front();
        const Axes axes = axesOf(array, level ? 1 : 2, source.file.string());
        if (!level && axes.states == 1)
            throw Error(source.file.string(), array.name, "one state without a name",
                        "P or AP in the name of the file or dataset, or a recipe with that state alone");
        if (axes.states > 1 || state.isWord)
            assembly.guessesStates();
        for (std::size_t die = 0; die < axes.dies; ++die) {
            std::string number = std::to_string(die + 1);
            if (axes.dies > 9 && die < 9)
                number.insert(0, 1, '0');
            std::string dieName = name;
            if (axes.dies > 1)
                dieName.append("-").append(number);
            for (std::size_t state = 0; state < axes.states; ++state)
                assembly.add(source, array.name, dieName, level ? *level : recipe.states[state],
                             axes.slice(array, die, state), axes.dies > 1 ? std::nullopt : position);
        }
    }
}
void addTable(const Source& source, const ImportRecipe& recipe, Assembly& assembly)
{
    const TableFacts facts =
        readTable(source, recipe, [&](const DieOfTable& die, Level level, const CellGrid<double>& values) {
            assembly.add(source, "", die.name, level, values, die.position);
        });
    if (facts.guessedStates)
        assembly.guessesStates();
    assembly.countRepeated(facts.repeated);
}

/// Says which columns there are to choose from.
void requireColumns(const fs::path& file, const ImportRecipe& recipe)
{
    const TableColumns& columns = recipe.columns;
    std::string missing;
    for (const auto& [name, column] :
         {std::pair{"rows", columns.row}, std::pair{"columns", columns.column},
          std::pair{"values", std::max({columns.value, columns.parallel, columns.antiparallel})}})
        if (column == 0)
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    if (missing.empty())
        return;
    constexpr std::size_t most = 100; // lines until the header ends
    std::string found;
    int number = 0;
    for (const std::string& name : previewText(file, recipe.text, most).columns)
        found += (found.empty() ? "" : ", ") + std::to_string(++number) + (name.empty() ? "" : " " + name);
    throw Error(file.string(), "table", "columns " + found, "a choice of those that hold " + missing);
}
/// Of a table whose header gives values another unit than the recipe; empty when none does.
std::string otherUnitIn(const Source& source, const ImportRecipe& recipe)
{
    const auto lines =
        firstLines(source.bytes, recipe.text, static_cast<std::size_t>(recipe.text.headerLines));
    const std::vector<std::string> names = columnNames(lines, recipe.text.headerLines);
    const TableColumns& columns = recipe.columns;
    for (const int column : {columns.value, columns.parallel, columns.antiparallel}) {
        if (column < 1 || static_cast<std::size_t>(column) > names.size())
            continue;
        const std::string& words = names[static_cast<std::size_t>(column) - 1];
        const std::optional<Quantity> unit = namedUnit(words, true).quantity;
        if (unit && *unit != recipe.quantity)
            return "The header of " + source.file.string() + " says " + std::string(name(*unit)) + " (" +
                   inQuotes(words) + "); its numbers were read as " + std::string(name(recipe.quantity)) +
                   ".";
    }
    return {};
}

/// A number inside a name counts as a number: D2 before D10.
bool countsBefore(const std::string& a, const std::string& b)
{
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (digit(a[i]) && digit(b[j])) {
            const auto run = [&](const std::string& text, std::size_t& at) {
                const std::size_t from = std::min(text.find_first_not_of('0', at), text.size());
                at = from;
                while (at < text.size() && digit(text[at]))
                    ++at;
                return text.substr(from, at - from);
            };
            const std::string left = run(a, i), right = run(b, j);
            if (left != right)
                return left.size() != right.size() ? left.size() < right.size() : left < right;
        } else if (a[i] != b[j]) {
            return a[i] < b[j];
        } else {
            ++i, ++j;
        }
    }
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}
} // namespace

std::vector<std::string> ImportReport::lines() const
{
    std::vector<std::string> text{counted(dies, "die", "dies") + " with " +
                                  counted(values, "value", "values") + " from " +
                                  counted(files, "file", "files") + "."};
    const auto add = [&](long count, const std::string& what) {
        if (count > 0)
            text.push_back(counted(count, "value", "values") + " " + what);
    };
    add(missing, "missing: other cells of the die stand in for them, and statistics leave them out.");
    add(overRange, resistances ? "over the instrument's range: conduct nothing."
                               : "over the instrument's range: the largest measured in that state.");
    add(zero, resistances ? "of zero: the largest conductance measured in that state."
                          : "of zero: conduct nothing.");
    add(negative, "negative, the offset of an instrument: conduct nothing.");
    std::ostringstream sent;
    for (const auto& [mark, count] : marks)
        sent << (sent.view().empty() ? "Among these are marks of instruments for no number: " : ", ") << mark
             << " (" << counted(count, "time", "times") << ")";
    if (!marks.empty())
        text.push_back(sent.str() + ".");
    text.insert(text.end(), notes.begin(), notes.end());
    return text;
}

DieGeometry Measurement::geometry() const
{
    if (dies.empty())
        throw Error("There are no dies.");
    const MeasuredDie& die = dies.front();
    const auto& grid = die.conductance[die.has(P) ? P : AP];
    DieGeometry geometry;
    geometry.rows = static_cast<int>(grid.rows());
    geometry.columns = static_cast<int>(grid.cols());
    if (geometry.rows % geometry.kernelRows != 0 || geometry.columns % geometry.kernelColumns != 0) {
        geometry.kernelRows = geometry.rows;
        geometry.kernelColumns = geometry.columns;
    }
    return geometry;
}

std::vector<fs::path> measurementFiles(std::span<const fs::path> filesAndFolders)
{
    static const std::set<std::string> endings{".csv", ".tsv", ".txt",  ".dat", ".npy",
                                               ".npz", ".h5",  ".hdf5", ".mat"};
    std::vector<fs::path> files;
    for (const fs::path& path : filesAndFolders) {
        std::error_code failure;
        if (!fs::is_directory(path, failure)) {
            files.push_back(path);
            continue;
        }
        std::vector<fs::path> found, foreign; // the latter say what they are when they are read
        for (const auto& entry : fs::directory_iterator(path, failure))
            if (isForeignEnding(lower(entry.path().extension().string())))
                foreign.push_back(entry.path());
            else if (!entry.is_directory() && endings.contains(lower(entry.path().extension().string())) &&
                     !entry.path().stem().string().ends_with(labelsEnding))
                found.push_back(entry.path());
        if (failure)
            throw Error(path.string() + ": cannot read: " + failure.message());
        if (found.empty())
            found = std::move(foreign);
        if (found.empty())
            throw Error(path.string(), "", "no file of measurements",
                        "some that end in .csv, .tsv, .txt, "
                        ".dat, .npy, .npz, .h5, .hdf5 or .mat");
        std::ranges::sort(found, [](const fs::path& a, const fs::path& b) {
            return countsBefore(a.filename().string(), b.filename().string());
        });
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

TextPreview previewText(const fs::path& file, const TextFormat& format, std::size_t lines)
{
    const Source source = load(file);
    TextPreview preview;
    if (source.form != Form::Text)
        return preview;
    preview.lines = firstLines(source.bytes, format, lines);
    preview.columns = columnNames(preview.lines, format.headerLines);
    return preview;
}

Measurement readMeasurement(std::span<const fs::path> files, const ImportRecipe& recipe,
                            const DieGeometry* expected, const std::stop_token& stop)
{
    if (files.empty())
        throw Error("There are no files to import.");
    if (recipe.layout == TextLayout::Table)
        requireColumns(files.front(), recipe);
    recipe.validate();
    Assembly assembly(recipe, expected);
    bool texts = false;
    std::string otherUnit;
    std::uintmax_t bytes = 0;
    for (const fs::path& file : files) {
        if (stop.stop_requested())
            throw Error("The import was stopped.");
        const Source source = load(file);
        bytes += source.bytes.size();
        if (bytes > largestImport)
            throw Error(file.string(), "",
                        "more than " + std::to_string(largestImport >> 20) + " MiB with the files before it",
                        "no more at once: import the rest into the wafer of the first");
        texts = texts || source.form == Form::Text;
        if (source.form == Form::Text && recipe.layout == TextLayout::Table) {
            addTable(source, recipe, assembly);
            if (otherUnit.empty())
                otherUnit = otherUnitIn(source, recipe);
        } else {
            addArrays(source, recipe, assembly);
        }
    }
    Measurement measurement = std::move(assembly).finish(static_cast<int>(files.size()));
    if (texts && (recipe.text.headerLines > 0 || recipe.text.labelColumns > 0))
        measurement.report.notes.push_back(
            "Skipped in each text: " + counted(recipe.text.headerLines, "header line", "header lines") +
            ", " + counted(recipe.text.labelColumns, "label column", "label columns") + ".");
    if (!otherUnit.empty())
        measurement.report.notes.push_back(otherUnit);
    return measurement;
}

std::vector<DatasetChoice> datasetsIn(const fs::path& file)
{
    const Source source = load(file);
    std::vector<DatasetChoice> choices;
    if (source.form == Form::Hdf5) {
        in(file, [&] {
            const auto list = [](const hdf5::Group& root) { return root.datasets(); };
            for (const hdf5::DatasetInfo& info : hdf5::readForeign(source.bytes, list))
                choices.push_back({info.path, info.shape, info.type, couldBeDies(info.shape),
                                   wordAgainst(info.path).empty()});
        });
        if (std::ranges::none_of(choices, &DatasetChoice::wanted))
            for (DatasetChoice& choice : choices)
                choice.wanted = true;
    } else if (source.form != Form::Text) {
        const Arrays found = arraysOf(source, {});
        for (const NumberArray& array : found.arrays)
            choices.push_back({array.name, array.shape});
        for (const Arrays::LeftOut& array : found.leftOut)
            choices.push_back({array.name, array.shape, "", true, false});
    }
    return choices;
}

} // namespace faultline
