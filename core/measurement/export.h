#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "common/files.h"
#include "crossbar/analog_weights.h"

namespace faultline
{

enum class ArrayFormat { Csv, Npy, Hdf5 };
inline constexpr std::array allArrayFormats{ArrayFormat::Csv, ArrayFormat::Npy, ArrayFormat::Hdf5};
std::string_view name(ArrayFormat format); ///< "csv", "npy", "hdf5"

// Each says which files go into a folder; writeFiles() writes them. Rows and columns are those of the die,
// counted from 0 at the upper left, but for programming maps. Names are those of dies, with _ for what a file
// cannot have and a number where another has that name.

/// What the names of files of labels end in, before their suffix.
inline constexpr std::string_view labelsEnding = "_defect";

/// An attribute of the HDF5 files that exportDies() writes.
inline constexpr const char* exportMark = "faultline_dies";

/// Conductances in siemens and labels of all dies of a wafer that must outlive the files.
/// CSV: NAME_P.csv and NAME_AP.csv (a matrix), NAME_defect.csv (words). NumPy: NAME.npy (f4, 2 x rows x
/// columns, AP first) and NAME_defect.npy (i1, as Defect). HDF5: dies.h5, a group for each die with
/// conductance_P, conductance_AP and defect (an enumeration), and as attributes its name and, if known, its
/// place on the wafer, which an import reads again.
[[nodiscard]] std::vector<OutputFile> exportDies(const Wafer& wafer, const std::filesystem::path& folder,
                                                 ArrayFormat format);

/// What each weight of a network is worth on each die or group of dies, outputs x inputs of each layer, 1 for
/// a perfect one: `up` where the latent weight is >= 0, else `down`. The dies must outlive the files. Files
/// DIE_weights_K.csv or .npy for layer K from 1, or DIE_weights.h5 with datasets layer-1 and so on.
[[nodiscard]] std::vector<OutputFile> exportWeights(const std::vector<DieGroup>& places, const CellMap& map,
                                                    const Device& device,
                                                    const std::vector<Eigen::MatrixXf>& latent,
                                                    const std::filesystem::path& folder, ArrayFormat format);

/// What to write into each junction so that a die holds a network's binary weights, or several dies side by
/// side: their columns are counted on from die to die.
enum class Write : std::int8_t { Nothing = -1, AP = 0, P = 1 };
CellGrid<Write> programmingMap(const CellMap& map, std::span<const Eigen::MatrixXf> latent);

/// For the tester, as it counts the cells of dies that were measured with these axes: programming.csv (a line
/// for each junction in use: row, column, write, layer, output, input, copy, sign, and the row and column on
/// the die as above), programming.npy (i1, rows x columns: 1 P, 0 AP, -1 nothing) or programming.h5 (dataset
/// write, an enumeration nothing, AP, P).
[[nodiscard]] std::vector<OutputFile>
exportProgramming(const CellMap& map, std::span<const Eigen::MatrixXf> latent, const TesterAxes& axes,
                  const std::filesystem::path& folder, ArrayFormat format);

} // namespace faultline
