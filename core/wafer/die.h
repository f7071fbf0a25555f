#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

namespace faultline
{

/// A value for each cell of a die: rows x columns, row-major as in files and images.
template <class T>
using CellGrid = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What is wrong with a cell. A label only: what a cell conducts stands in Die::conductance.
enum class Defect : std::uint8_t { None, Short, Open, StuckP, StuckAP };

inline constexpr std::array allDefects{Defect::Short, Defect::Open, Defect::StuckP, Defect::StuckAP};

/// "short", "open", "stuck-P", "stuck-AP", "none".
std::string_view name(Defect defect);

/// The magnetic states of a junction, as indices into Die::conductance: from low to high conductance.
enum Level : int { AP = 0, P = 1 };
inline constexpr int levelCount = 2;
std::string_view name(Level level); ///< "AP", "P"

/// Size of a crossbar and of the kernels it is built from, in cells. The default is that of 20 000-junction
/// chips with 32 kernels of 25 x 25, 4 high and 8 wide (usnistgov/daffodil-lib). Inputs drive columns,
/// currents are read on rows.
struct DieGeometry {
    static constexpr int maximumSide = 4096;

    int rows = 100;
    int columns = 200;
    int kernelRows = 25;
    int kernelColumns = 25;

    int cells() const { return rows * columns; }
    void validate() const; ///< throws Error; a die is built of whole kernels
    bool operator==(const DieGeometry&) const = default;
};

/// Nominal junction, as designed: what a weight's value is normalised by.
struct Device {
    double parallelResistance = 5000.0; ///< R_P, ohm
    double tmr = 1.5;                   ///< (R_AP - R_P) / R_P

    double conductance(Level level) const ///< siemens
    {
        return 1.0 / (level == P ? parallelResistance : parallelResistance * (1.0 + tmr));
    }
    void validate() const; ///< throws Error
    bool operator==(const Device&) const = default;
};

/// Where a die sat on its wafer, counted from the upper left.
struct WaferPosition {
    int row = 0;
    int column = 0;
    bool operator==(const WaferPosition&) const = default;
};

/// Place of a cell on its die, counted from the upper left.
struct CellIndex {
    int row = 0;
    int column = 0;
    bool operator==(const CellIndex&) const = default;
};

/// How a tester's files count a die's cells: transposed, then flipped they are as on the die.
struct TesterAxes {
    bool transposed = false, rowsFlipped = false, columnsFlipped = false;
    int firstIndex = 0; ///< of the files' upper left cell

    /// A cell of a die of that size, as the tester counts.
    CellIndex of(const CellIndex& cell, int rows, int columns) const;
    bool operator==(const TesterAxes&) const = default;
};

/// What is known of how a die was measured; the default is that of a drawn one.
struct Acquisition {
    TesterAxes axes;
    std::optional<Level> assumed; ///< not measured, but computed from the other by a nominal TMR
    bool placed = true;           ///< false: Die::position is only for showing
    /// Cells (row * columns + column, ascending) without a value in some state. Values of other cells stand
    /// in for theirs, and no statistics count them.
    std::vector<int> missing;

    bool operator==(const Acquisition&) const = default;
};

/// All that is known of one cell.
struct CellState {
    Defect defect = Defect::None;
    std::array<float, levelCount> conductance{}; ///< siemens, indexed by Level
    bool measured = true;                        ///< false: as in Acquisition::missing
    bool operator==(const CellState&) const = default;
};

/// Number of measured cells with each label, indexed by Defect.
using DefectCounts = std::array<int, 5>;

/// One crossbar, drawn or measured. Each cell carries the conductance that it has when written to each level,
/// so whatever is wrong with it needs no further model.
struct Die {
    /// The random stream of a training run has 18 bits for the id of its die.
    static constexpr int maximumId = (1 << 18) - 2;

    int id = 0; ///< 0 to maximumId, unique on its wafer and never used again: studies name their dies by it
    std::string name;
    WaferPosition position;
    bool included = true;                     ///< in studies of all dies
    std::vector<CellGrid<float>> conductance; ///< siemens, one grid per Level
    CellGrid<Defect> defect;
    Acquisition acquisition;

    Die() = default;
    /// All cells healthy and at the device's nominal conductances.
    Die(std::string dieName, const DieGeometry& geometry, const Device& device);

    int rows() const { return static_cast<int>(defect.rows()); }
    int columns() const { return static_cast<int>(defect.cols()); }
    DefectCounts counts() const;
    int defectCount() const;   ///< measured cells with any defect
    int measuredCells() const; ///< all of a drawn die

    bool contains(const CellIndex& cell) const
    {
        return cell.row >= 0 && cell.column >= 0 && cell.row < rows() && cell.column < columns();
    }
    /// Whether the cell (row * columns + column) was, in all states that the die was measured in.
    bool isMeasured(Eigen::Index cell) const;
    CellState cell(const CellIndex& at) const;
    void setCell(const CellIndex& at, const CellState& state);
    /// Labels a cell and sets both of its levels to one conductance (siemens): how a defect is drawn.
    void setDefect(int row, int column, Defect label, float siemens);
};

/// Dies that were made together.
struct Wafer {
    std::string name;
    std::string description; ///< where it comes from; says so when it is synthetic
    DieGeometry geometry;
    Device device;
    std::vector<Die> dies;

    std::optional<Level> assumedLevel() const; ///< of the first die that has one
    bool isFullyMeasured() const;              ///< no cell of any die misses a value
    const Die* find(int id) const;             ///< null when there is none
    void add(Die die);                         ///< under an id one above all others
    /// Throws Error: two dies of one id or name, an id out of range, or a die of another size.
    void validate() const;
};

} // namespace faultline
