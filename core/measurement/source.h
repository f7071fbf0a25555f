#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "formats/number_array.h"
#include "measurement/import.h"

/// What the import and its guesses share: a file's bytes, the arrays in them, and what names tell.
namespace faultline::measured
{

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double leastMark = 1e30; ///< instruments send larger ones in place of a number; no unit needs them

enum class Form { Text, Npy, Npz, Hdf5 };

struct Source {
    std::filesystem::path file;
    std::string bytes;
    Form form = Form::Text;
};

/// Throws Error for files that cannot be read, that are too large, or whose text is none.
Source load(const std::filesystem::path& file);

/// Adds the file's name to what is wrong in it.
template <class Call>
auto in(const std::filesystem::path& file, const Call& call)
{
    try {
        return call();
    } catch (const Error& error) {
        throw Error(file.string() + ": " + error.what());
    }
}

/// The first lines of a text as fields, each at its number - 1.
std::vector<std::vector<std::string>> firstLines(std::string_view text, const TextFormat& format,
                                                 std::size_t count);

/// What the header lines, of the first lines of a text, call each column: the words above one another,
/// joined.
std::vector<std::string> columnNames(std::span<const std::vector<std::string>> lines, int headerLines);

/// Two to four dimensions, more than one row and column.
bool couldBeDies(const std::vector<std::size_t>& shape);

/// What numbers are that no measurement gives: a mask of 0 and 1, numbers of rows, columns or cells, times of
/// a clock. Empty for all others. `rows` x `columns` values.
std::string notMeasured(std::span<const double> values, std::size_t rows, std::size_t columns);

/// A word in a dataset's name that says that it is no measurement: "std" of "R_P_std". Empty for none.
std::string wordAgainst(const std::string& path);

/// A name and the state that it tells, which is taken out of it: "D01" and P of "D01_P".
struct NamedState {
    std::string name;
    std::optional<Level> level;
    bool isWord = false; ///< "low" or "high", which may be of something else
};
/// `words`: "low" and "high" are states, too.
NamedState splitState(const std::string& name, bool words = true);
/// Of a dataset's path: "wafer/D01/conductance_P" and "wafer/D01/P/resistance" are D01 at P, "R_AP" is R at
/// AP.
NamedState splitPath(const std::string& path, bool words = true);
/// What the pattern's first group finds in FILE or FILE/DATASET. Throws Error when it does not fit.
std::string nameByPattern(const std::filesystem::path& file, const std::string& dataset,
                          const std::string& pattern);
/// Where the recipe says that one state was measured, such words say something else.
inline bool wordsAreStates(const ImportRecipe& recipe)
{
    return recipe.states.size() > 1;
}
/// Of a file's name, by the recipe's pattern if it has one. Throws Error when that does not fit.
NamedState nameOf(const std::filesystem::path& file, const ImportRecipe& recipe);

/// What exportDies() says of a die beside its arrays.
struct ExportedDie {
    std::string die;
    std::optional<WaferPosition> position;
};

struct Arrays {
    std::vector<NumberArray> arrays;
    std::vector<ExportedDie> exported; ///< one for each array of a file of exportDies(); else none
    std::string unit;                  ///< of the first; empty when not known
    bool columnMajor = false;          ///< the first
    struct LeftOut {
        std::string name;
        std::vector<std::size_t> shape;
        std::string reason;
    };
    std::vector<LeftOut> leftOut; ///< what is no measurement beside these
    std::string note;             ///< what a person should know of the reading
};
/// What a file holds that could be dies, or the datasets that the recipe names; at least one. Where several
/// could be, those are left out whose values or names say otherwise. A text's matrices are rows x columns, or
/// blocks x rows x columns where blank lines part them. Throws Error.
Arrays arraysOf(const Source& source, const ImportRecipe& recipe);

/// Which axes of an array are dies, states, rows and columns.
struct Axes {
    std::size_t dies = 1, states = 1, rows = 0, columns = 0;
    std::size_t dieStep = 0, stateStep = 0, rowStep = 0, columnStep = 1;

    CellGrid<double> slice(const NumberArray& array, std::size_t die, std::size_t state) const;
};
/// `states`: how many an array may hold side by side; 1 when its name or the recipe tells the one. Throws
/// Error.
Axes axesOf(const NumberArray& array, std::size_t states, const std::string& file);

} // namespace faultline::measured
