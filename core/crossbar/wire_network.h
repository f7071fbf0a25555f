#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include <Eigen/Core>

#include "common/options.h"
#include "crossbar/cell_map.h"

namespace faultline
{

/// Which ends of a line lead to its terminal.
enum class LineEnds : std::uint8_t { One, Both };
constexpr Names<LineEnds, 2> namesOf(LineEnds)
{
    return {{{LineEnds::One, "one"}, {LineEnds::Both, "both"}}};
}

/// The wires and terminals around the cells of a crossbar; resistances in ohm, from 0 to 1e12.
///
/// Inputs drive columns (word lines), currents are read on rows (bit lines). A line has one wire segment
/// between neighbouring cells and one from its outermost cell to each end that is in use. `One` means that a
/// column is driven above row 0 and a row is read, at 0 V, behind its last column. `Both` adds the far ends:
/// the same voltage drives both, and the output is the sum of both currents.
struct WireOptions {
    double columnSegment = 0.0, rowSegment = 0.0;
    double source = 0.0, sense = 0.0;
    LineEnds drive = LineEnds::One, read = LineEnds::One;

    void validate() const; ///< throws OptionError
    bool operator==(const WireOptions&) const = default;
};

void describe(MaybeConst<WireOptions> auto& of, const auto& visit)
{
    const auto wires = inGroup("Wires", visit);
    constexpr Unit ohm{"ohm", "Ω"};
    constexpr Range resistance = from(0.0, 1e12); // keeps all products far from overflow
    wires("column_segment_ohm", of.columnSegment,
          Says("Word-line segment", "One segment of a column's wire, from cell to cell", resistance, ohm,
               "wires.column_segment_ohm", "column-wire-ohm"));
    wires("row_segment_ohm", of.rowSegment,
          Says("Bit-line segment", "One segment of a row's wire, from cell to cell", resistance, ohm,
               "wires.row_segment_ohm", "row-wire-ohm"));
    wires("source_ohm", of.source,
          Says("Source resistance", "Between a voltage source and its column, at each end in use", resistance,
               ohm, "wires.source_ohm"));
    wires("sense_ohm", of.sense,
          Says("Sense resistance", "Between a row and an ideal ammeter to ground, at each end in use",
               resistance, ohm, "wires.sense_ohm"));
    wires("driven_ends", of.drive,
          Says("Driven ends", "Ends of a column that its source drives", {}, {}, "wires.driven_ends",
               "drive-ends"));
    wires("read_ends", of.read,
          Says("Read ends", "Ends of a row at which its current is read", {}, {}, "wires.read_ends"));
}

/// A cell with a new conductance, siemens.
struct CellChange {
    CellIndex cell;
    double conductance = 0.0;
};

/// The state of a crossbar under given input voltages. Matrices are rows x columns, one value per cell.
struct CrossbarState {
    Eigen::MatrixXd columnVoltage; ///< of the column's wire (word line) at each cell, volt
    Eigen::MatrixXd rowVoltage;    ///< of the row's wire (bit line) at each cell, volt
    Eigen::MatrixXd cellVoltage;   ///< across the cell, from the column's wire to the row's, volt
    Eigen::MatrixXd cellCurrent;   ///< the same way, ampere
    Eigen::VectorXd inputCurrent;  ///< out of each column's source, ampere
    Eigen::VectorXd outputCurrent; ///< into each row's ammeter, ampere
};

/// A crossbar of linear cells with resistive wires, solved exactly once: currents = transfer() * voltages.
///
/// Method: the cells' network is eliminated line by line along the array's longer side, like a block
/// tridiagonal matrix with dense blocks of the shorter side. What lies behind a line is kept as the mesh of
/// conductances that it is seen as (star-mesh transformation: W. K. Grassmann, M. I. Taksar and D. P. Heyman,
/// Oper. Res. 33, 1107 (1985); A. S. Alfa, J. Xue and Q. Ye, Math. Comput. 71, 217 (2002)), never as a
/// diagonal from which something is taken away. So only positive numbers are added, multiplied and divided:
/// the entries of transfer() are accurate to about 1e-13 of themselves, whatever the spread of conductances.
/// Resistances are added in series, not as conductances, so zero is their ordinary limit. By reciprocity one
/// backward pass with the shorter side's terminals as right-hand sides gives the transfer matrix.
///
/// With p the shorter and q the longer side, the constructor takes about 3 p^3 q multiply-adds (more for
/// `Both` ends of the longer lines) and the object holds p^2 q numbers; solve() takes 2 p^2 q.
class WireNetwork
{
public:
    static constexpr double largestSize = 1 << 30;                ///< of p^2 q: 8 GB
    static double bytes(Eigen::Index rows, Eigen::Index columns); ///< that an object takes

    /// conductance: rows x columns, siemens, from 0 to 1e12. Throws Error for an empty grid, a conductance
    /// that is not such a number (naming its cell, counted from 1), bad options, and an array beyond
    /// largestSize; Stopped when it is told to stop, which it looks at after every line.
    WireNetwork(CellGrid<double> conductance, const WireOptions& options, const std::stop_token& stop = {});

    Eigen::Index rows() const { return conductance_.rows(); }
    Eigen::Index columns() const { return conductance_.cols(); }

    /// rows x columns, siemens: the output currents are transfer() * input voltages.
    const Eigen::MatrixXd& transfer() const { return transfer_; }

    /// Everything about the array when its columns are driven by these voltages (volt, one per column). Where
    /// wires have resistance, currents are accurate to about 1e-12 of the largest, however much more the
    /// cells conduct. Throws Error for another number of voltages or one that is not finite.
    CrossbarState solve(const Eigen::VectorXd& voltages) const;

    /// Of the strongest cell's conductance to the weakest wire's, or terminal's: so many times its error of
    /// 1e-13 a difference of two voltages weighs in the current of a cell.
    double contrast() const;

    /// The voltages across the cells, from the column's wire to the row's, in many cases at once. voltages:
    /// of the inputs, columns x cases, volt; forced: currents through the cells from column to row beside
    /// what they conduct, ampere, cells x cases, or empty for none. Result: cells x cases, volt. Cells are
    /// counted down the first column, then the next. Takes 4 p^2 q for each case. Throws Stopped.
    Eigen::MatrixXd cellVoltages(const Eigen::MatrixXd& voltages, const Eigen::MatrixXd& forced,
                                 const std::stop_token& stop = {}) const;

    /// The transfer matrix that the array has once these cells are reprogrammed, without solving again
    /// (Woodbury's identity; k changes cost about 4 k p^2 q). This object keeps its cells. Throws Error for
    /// a cell that is not there or is given twice, or a bad conductance.
    Eigen::MatrixXd transferAfter(const std::vector<CellChange>& changes) const;

private:
    /// A line across the rails: its node voltages and currents in closed form, of the shorter side's length.
    struct Rung {
        Eigen::VectorXd conductance;   ///< of the cells between the rung's nodes and the rails, siemens
        Eigen::VectorXd fromLeft;      ///< part of a current into node i, or from before, that gets to i + 1
        Eigen::VectorXd fromRight;     ///< the same, from i to i - 1
        Eigen::VectorXd impedance;     ///< of node i to the terminals when all rails are at 0 V, ohm
        Eigen::VectorXd terminalShare; ///< voltage of node i for 1 V at the terminals, rails at 0 V
        Eigen::VectorXd terminalAdmittance() const; ///< current into rail i for that 1 V, siemens
        /// Node voltages for currents into the nodes (nodes x cases), rails and terminals at 0 V.
        Eigen::MatrixXd voltages(const Eigen::MatrixXd& currents) const;
    };
    using Visit = std::function<void(Eigen::Index rung, const Eigen::MatrixXd& railVoltages)>;
    using VisitNodes = std::function<void(Eigen::Index rung, const Eigen::MatrixXd& railVoltages,
                                          const Eigen::MatrixXd& rungVoltages)>;

    static Rung makeRung(const Eigen::VectorXd& conductance, double segment, double terminal, LineEnds ends);
    void eliminate(double segment, double terminal, LineEnds ends, const std::stop_token& stop);
    Eigen::MatrixXd sweep(const Eigen::MatrixXd& terminals, std::vector<Eigen::MatrixXd> currents,
                          const Visit& visit) const;
    void findCurrents(const Eigen::VectorXd& voltages, CrossbarState& state) const;
    void drive(const Eigen::MatrixXd& voltages, const Eigen::MatrixXd& forced, const VisitNodes& visit) const;
    /// Places of a rung's cells among all cells, counted down the first column, then the next.
    auto cellsOf(Eigen::Index rung) const
    {
        const Eigen::Index p = rungs_.front().conductance.size();
        return railsAreColumns_ ? Eigen::seqN(conductance_.size() - 1 - rung, p, -rows())
                                : Eigen::seqN(rung * p, p, Eigen::Index{1});
    }
    auto block(Eigen::Index rung) const
    {
        const Eigen::Index p = rungs_.front().conductance.size();
        return passage_.middleCols(rung * p, p);
    }
    template <class Matrix>
    Eigen::MatrixXd turned(const Matrix& matrix) const;

    CellGrid<double> conductance_;
    WireOptions wires_;
    /// Rails are the lines along the longer side, rungs those across. When the rails are columns, rungs and
    /// rails are counted backwards, so that rails end behind the last rung and rungs start at their terminal.
    bool railsAreColumns_;
    std::vector<Rung> rungs_;
    std::vector<double> series_; ///< ohm, of each rail from rung k to the next, at last to its terminal
    double nearEnd_ = 0.0;       ///< siemens, of each rail from rung 0 to its terminal; 0 with one end
    Eigen::MatrixXd passage_; ///< for each rung, p x p: what of a rail's current passes series_ to the next
    Eigen::MatrixXd transfer_;
};

} // namespace faultline
