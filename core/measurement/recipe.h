#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/delimited_text.h"
#include "wafer/die.h"

namespace faultline
{

/// What a file's numbers are.
enum class Quantity {
    MilliOhm,
    Ohm,
    KiloOhm,
    MegaOhm,
    GigaOhm,
    Siemens,
    MilliSiemens,
    MicroSiemens,
    NanoSiemens,
    PicoSiemens,
    Ampere,
    MilliAmpere,
    MicroAmpere,
    NanoAmpere,
    PicoAmpere,
    FemtoAmpere
};
inline constexpr std::array allQuantities{
    Quantity::MilliOhm,    Quantity::Ohm,         Quantity::KiloOhm,      Quantity::MegaOhm,
    Quantity::GigaOhm,     Quantity::Siemens,     Quantity::MilliSiemens, Quantity::MicroSiemens,
    Quantity::NanoSiemens, Quantity::PicoSiemens, Quantity::Ampere,       Quantity::MilliAmpere,
    Quantity::MicroAmpere, Quantity::NanoAmpere,  Quantity::PicoAmpere,   Quantity::FemtoAmpere};
std::string_view name(Quantity quantity); ///< "ohm", "kiloohm", "microsiemens", "nanoampere" and so on
std::string symbol(Quantity quantity);    ///< "Ω", "kΩ", "µS", "nA" and so on
bool isResistance(Quantity quantity);
bool isCurrent(Quantity quantity);
double unitOf(Quantity quantity); ///< in ohm, siemens or ampere: 1e3 for KiloOhm

/// How a text file holds a die: as a matrix, or as a table with a line for each cell.
enum class TextLayout { Matrix, Table };
std::string_view name(TextLayout layout); ///< "matrix", "table"

/// A junction's state by any of its usual names: P, parallel, LRS, low, 1; AP, antiparallel, HRS, high, 0 (by
/// resistance, but 1 and 0 by conductance). Nothing for other words.
std::optional<Level> stateNamed(std::string_view word);

/// Which column of a table holds what, counted from 1; 0 where no column does. A line has a value and a
/// state, or a value for each state; or a value alone, of the recipe's only state.
struct TableColumns {
    int die = 0, row = 0, column = 0;
    int state = 0, value = 0;
    int parallel = 0, antiparallel = 0;
    int waferRow = 0, waferColumn = 0;
    bool operator==(const TableColumns&) const = default;

    /// One that holds values: the only one, or else that of P before that of AP; 0 for none.
    int firstValue() const { return value > 0 ? value : parallel > 0 ? parallel : antiparallel; }
};

/// By the names that recipes and the command line give them.
inline constexpr std::array<std::pair<const char*, int TableColumns::*>, 9> tableColumns{
    {{"die", &TableColumns::die},
     {"row", &TableColumns::row},
     {"column", &TableColumns::column},
     {"state", &TableColumns::state},
     {"value", &TableColumns::value},
     {"value_p", &TableColumns::parallel},
     {"value_ap", &TableColumns::antiparallel},
     {"wafer_row", &TableColumns::waferRow},
     {"wafer_column", &TableColumns::waferColumn}}};

/// Which value of a cell and state stands where a table has several; None: such a table is refused. The worst
/// is the one farthest, by orders of magnitude, from the median of its die's cells.
enum class Repeated { None, First, Last, Median, Worst };
inline constexpr std::array allRepeated{Repeated::None, Repeated::First, Repeated::Last, Repeated::Median,
                                        Repeated::Worst};
std::string_view name(Repeated repeated); ///< "none", "first", "last", "median", "worst"

/// How to read the files of a probe station: what a person settles once for all of them.
struct ImportRecipe {
    std::string name;
    TextFormat text;
    TextLayout layout = TextLayout::Matrix;
    TableColumns columns;
    int firstIndex = 1; ///< that a table gives to the upper left cell: 0 or 1
    Repeated repeated = Repeated::None;
    /// HDF5 datasets and members of .npz by their paths; empty means all that could be dies.
    std::vector<std::string> datasets;
    Quantity quantity = Quantity::Ohm;
    double readVoltage = 0.1; ///< volt, for currents
    /// In the order of a file that holds several in one array or in blocks between blank lines. One alone is
    /// the state of files whose names tell none.
    std::vector<Level> states{AP, P};
    bool transpose = false; ///< before the flips
    bool flipRows = false, flipColumns = false;
    /// How the prober counts dies; the upper left of the wafer map is its first row and column.
    bool waferYUp = false, waferXLeft = false;
    /// Regular expression (RE2) whose first group finds a die's name in that of its file, or in
    /// FILE/PATH of its dataset; empty means the file's name up to its ending, without the state, or that of
    /// the dataset's group.
    std::string dieName;

    bool operator==(const ImportRecipe&) const = default;
    void validate() const; ///< throws Error
};

/// Recipes are JSON files in one folder: $XDG_CONFIG_HOME/faultline/recipes or ~/.config/faultline/recipes.
std::filesystem::path recipesFolder();
std::vector<std::string> recipeNames(); ///< in alphabetical order
/// A name or the path of a file (with a slash or ".json"). Throws Error.
ImportRecipe loadRecipe(const std::string& nameOrFile);
void saveRecipe(const ImportRecipe& recipe); ///< under its name; throws Error

} // namespace faultline
