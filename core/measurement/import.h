#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "measurement/recipe.h"
#include "wafer/die.h"

namespace faultline
{

/// Files above this are refused before they are read, and those whose arrays take more; bytes.
inline constexpr std::uintmax_t largestMeasurement = std::uintmax_t{1} << 30;
/// Of all files of an import together; bytes.
inline constexpr std::uintmax_t largestImport = 4 * largestMeasurement;

/// What an import found, cell values counted by what became of them:
/// - missing (empty, NaN, and what instruments send for no reading: 9.91e37, 199.999E+99, in currents and
///   conductances all else from 1e30 on): what another cell of the die measured, the one most like it in the
///   other state, or any where that is missing too (hot-deck imputation: R. R. Andridge and R. J. A. Little,
///   Int. Stat. Rev. 78, 40 (2010)), so that networks can be tried on the die; statistics leave the cell out;
/// - over-range (infinite; in resistances 9.9e37, 1e38 and the like): an infinite resistance conducts
/// nothing,
///   0 siemens; a conductance or current above the instrument's range is the largest one measured in that
///   state, over all files;
/// - zero: a resistance of 0 is the largest conductance likewise; a conductance or current of 0 stays;
/// - negative: the offset of an instrument on a cell that conducts nothing, 0 siemens.
struct ImportReport {
    int files = 0, dies = 0;
    long values = 0;
    bool resistances = false; ///< the files held resistances, not conductances or currents
    long missing = 0, overRange = 0, zero = 0, negative = 0;
    long repeated = 0;              ///< of a cell and state beyond the first, where the recipe takes one
    std::map<double, long> marks;   ///< what instruments sent for no number, counted above too
    std::vector<std::string> notes; ///< what a person should know besides, in sentences

    std::vector<std::string> lines() const; ///< all of it in words
};

/// A die as measured, with nothing judged yet.
struct MeasuredDie {
    std::string name;
    std::optional<WaferPosition> position;
    /// Siemens, finite and not negative; indexed by Level; empty for a state that was not measured.
    std::array<CellGrid<float>, levelCount> conductance;
    TesterAxes axes;          ///< of the file; arrays and matrices count from 0
    std::vector<int> missing; ///< as in Acquisition

    bool has(Level level) const { return conductance[level].size() > 0; }
};

struct Measurement {
    std::vector<MeasuredDie> dies; ///< all of one size and with the same states measured
    ImportReport report;
    bool guessedStates = false; ///< by their order alone, or by words that may mean other things

    DieGeometry geometry() const; ///< kernels of the default size where they fit, else one for the die
};

/// The files given, and of folders those with an ending that could be a measurement's (csv, tsv, txt, dat,
/// npy, npz, h5, hdf5, mat) and are not labels that exportDies() wrote, in the order that a person counts (D2
/// before D10). Throws Error for a folder without any.
std::vector<std::filesystem::path> measurementFiles(std::span<const std::filesystem::path> filesAndFolders);

/// A recipe for a file from what stands in it. Which of two states is which is told by the conductances; rows
/// and columns by `expected`, if given, and by what wrote the file. Throws Error for a file that cannot be
/// read at all.
ImportRecipe guessRecipe(const std::filesystem::path& file, const DieGeometry* expected = nullptr);

/// What the values of a table are, by the words above the column that the recipe names and, where these hold
/// no unit, by the numbers in it. Throws Error for a file that cannot be read at all.
struct QuantityGuess {
    Quantity quantity = Quantity::Ohm;
    bool isNamed = false; ///< the header holds the unit
};
QuantityGuess guessQuantity(const std::filesystem::path& file, const ImportRecipe& recipe);

/// A text's first lines as fields, and what its header calls each column; nothing for other files. Throws
/// Error for files that cannot be read at all.
struct TextPreview {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> columns;
};
TextPreview previewText(const std::filesystem::path& file, const TextFormat& format, std::size_t lines);

/// Reads the dies of all files, or none. Text, .npy, .npz and HDF5 (MATLAB 7.3 too) are told apart by their
/// first bytes. An array has rows x columns, states x rows x columns, dies x rows x columns (when its first
/// side is not that of the states), or dies x states x rows x columns. Throws Error with the file and the
/// place in it for bad numbers, ragged rows, two values of one cell (unless the recipe takes one), dies of
/// one name and state, dies that differ in size or, where `expected` is given, have another one, and files
/// above largestMeasurement.
Measurement readMeasurement(std::span<const std::filesystem::path> files, const ImportRecipe& recipe,
                            const DieGeometry* expected = nullptr, const std::stop_token& stop = {});

/// The datasets of numbers in an HDF5 file; the members of an .npz archive that could be dies; a single one
/// without a path for .npy and none for text. Throws Error.
struct DatasetChoice {
    std::string path;
    std::vector<std::size_t> shape;
    std::string type = {}; ///< of HDF5, as NumPy calls it: "float32"
    bool couldBeDies = true;
    bool wanted = true; ///< where nothing is chosen: false for what stands beside the measurement
};
std::vector<DatasetChoice> datasetsIn(const std::filesystem::path& file);

} // namespace faultline
