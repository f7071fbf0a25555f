#include "crossbar/wire_network.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <Eigen/LU>

#include "common/require.h"
#include "common/stop.h"

namespace faultline
{

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace
{

constexpr double largest = 1e12; // keeps all products of resistances and conductances far from overflow

/// Smaller resistances are zero: they change nothing, and their products could underflow.
constexpr double negligible = 1e-60;

constexpr double usualContrast = 1e3; ///< costs differences of voltages no more than three digits

bool isAllowed(double value)
{
    return value >= 0.0 && value <= largest; // false for NaN
}

void requireConductance(double value, Index row, Index column)
{
    if (!isAllowed(value))
        require(false,
                "conductance in row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1),
                value, "from 0 to 1e12 S");
}

/// In place, the inverse of the matrix with off-diagonal entries -mesh(i, j) and row sums `sums`: positive
/// and symmetric. Only the strictly lower triangle of `mesh` is read. No subtraction is made.
void invertMesh(Eigen::Ref<MatrixXd> mesh, VectorXd sums)
{
    constexpr Index leaf = 16;
    const Index size = mesh.rows();
    if (size > leaf) {
        const Index half = size / 2, rest = size - half;
        auto first = mesh.topLeftCorner(half, half);
        auto second = mesh.bottomRightCorner(rest, rest);
        auto between = mesh.bottomLeftCorner(rest, half);
        invertMesh(first, sums.head(half) + between.colwise().sum().transpose());
        MatrixXd passed(rest, half);
        passed.noalias() = between * first;
        second.noalias() += passed * between.transpose();
        invertMesh(second, sums.tail(rest) + passed * sums.head(half));
        between.noalias() = second * passed;
        first.noalias() += passed.transpose() * between;
        mesh.topRightCorner(half, rest) = between.transpose();
        return;
    }
    mesh.triangularView<Eigen::StrictlyUpper>() = mesh.transpose();
    for (Index k = 0; k < size; ++k) {
        const Index after = size - 1 - k;
        const double inverse = 1.0 / (sums[k] + mesh.col(k).tail(after).sum());
        sums.tail(after) += mesh.col(k).tail(after) * (sums[k] * inverse);
        VectorXd column = mesh.col(k);
        column[k] = 0.0;
        for (Index j = 0; j < size; ++j)
            mesh.col(j) += column * (column[j] * inverse);
        column[k] = 1.0;
        mesh.col(k) = column * inverse;
        mesh.row(k) = mesh.col(k).transpose();
    }
}

/// What cells see of their lines: Thevenin's equivalents of the nodes, each without its own cell. Lines x
/// nodes.
struct SeenByCells {
    ArrayXXd voltage;   ///< beyond the line's origin, volt
    ArrayXXd impedance; ///< ohm
};

/// terminals, origins: voltages, one a line; beyond: of the nodes at the other ends of the cells, lines x
/// nodes. A terminal is before the first node of its line, or at both ends. What is added up has one sign as
/// far as these voltages lie on one side of the origin.
SeenByCells seenByCells(const ArrayXXd& conductance, const ArrayXXd& beyond, double segment, double terminal,
                        LineEnds ends, const ArrayXd& terminals, const ArrayXd& origins)
{
    const Index lines = beyond.rows(), nodes = beyond.cols();
    const ArrayXd ending = terminals - origins;
    if (segment == 0.0 && terminal == 0.0)
        return {ending.replicate(1, nodes), ArrayXXd::Zero(lines, nodes)};
    // Conductances count in units of the wire's, or the terminal's where there is no wire.
    const double unit = segment > 0.0 ? segment : terminal;
    const ArrayXXd own = unit * conductance, fed = own * (beyond.colwise() - origins);
    double first = unit / (segment + terminal), last = ends == LineEnds::Both ? first : 0.0;
    if (segment == 0.0) // the ends are one
        first += std::exchange(last, 0.0);
    SeenByCells seen{ArrayXXd::Zero(lines, nodes), ArrayXXd::Zero(lines, nodes)};
    ArrayXd siemens, ampere; // of all to one side
    const auto pass = [&](Index node) {
        seen.impedance.col(node) += siemens;
        seen.voltage.col(node) += ampere;
        siemens += own.col(node);
        ampere += fed.col(node);
        if (segment == 0.0)
            return;
        ampere /= 1.0 + siemens;
        siemens /= 1.0 + siemens;
    };
    siemens.setConstant(lines, first);
    ampere = first * ending;
    for (Index node = 0; node < nodes; ++node)
        pass(node);
    siemens.setConstant(lines, last);
    ampere = last * ending;
    for (Index node = nodes - 1; node >= 0; --node)
        pass(node);
    seen.voltage /= seen.impedance;
    seen.impedance = unit / seen.impedance;
    return seen;
}

} // namespace

void WireOptions::validate() const
{
    validateRanges(*this);
}

WireNetwork::WireNetwork(CellGrid<double> conductance, const WireOptions& options,
                         const std::stop_token& stop)
    : conductance_(std::move(conductance)),
      wires_(options),
      railsAreColumns_(conductance_.rows() > conductance_.cols())
{
    options.validate();
    const auto size =
        static_cast<double>(conductance_.size()) * static_cast<double>(std::min(rows(), columns()));
    require(size > 0.0 && size <= largestSize, "size of the crossbar",
            std::to_string(rows()) + " x " + std::to_string(columns()),
            "at least 1 x 1, and at most 2^30 as longer side times square of the shorter one");
    for (Index row = 0; row < rows(); ++row)
        for (Index column = 0; column < columns(); ++column)
            requireConductance(conductance_(row, column), row, column);

    for (double* ohm : {&wires_.columnSegment, &wires_.rowSegment, &wires_.source, &wires_.sense})
        if (*ohm < negligible)
            *ohm = 0.0;
    const auto& [columnSegment, rowSegment, source, sense, atDrive, atRead] = wires_;
    const MatrixXd cells = turned(conductance_.matrix());
    for (Index k = 0; k < cells.cols(); ++k)
        rungs_.push_back(railsAreColumns_ ? makeRung(cells.col(k), rowSegment, sense, atRead)
                                          : makeRung(cells.col(k), columnSegment, source, atDrive));
    if (railsAreColumns_)
        eliminate(columnSegment, source, atDrive, stop);
    else
        eliminate(rowSegment, sense, atRead, stop);

    // By reciprocity: 1 V at one rail's terminal sends into a rung's terminal what comes the other way.
    MatrixXd transfer(cells.rows(), cells.cols());
    sweep(MatrixXd::Identity(cells.rows(), cells.rows()), {}, [&](Index k, const MatrixXd& rails) {
        throwIfStopped(stop);
        transfer.col(k).noalias() =
            rails.transpose() * rungs_[static_cast<std::size_t>(k)].terminalAdmittance();
    });
    transfer_ = turned(transfer);
}

double WireNetwork::bytes(Index rows, Index columns)
{
    return static_cast<double>(sizeof(double)) * static_cast<double>(rows) * static_cast<double>(columns) *
           static_cast<double>(std::min(rows, columns));
}

template <class Matrix>
MatrixXd WireNetwork::turned(const Matrix& matrix) const
{
    if (railsAreColumns_)
        return matrix.transpose().reverse();
    return matrix;
}

VectorXd WireNetwork::Rung::terminalAdmittance() const
{
    return conductance.cwiseProduct(terminalShare);
}

/// A ladder: seen from a node, each side is one conductance to the terminals. Two ends without wire between
/// them are one.
WireNetwork::Rung WireNetwork::makeRung(const VectorXd& conductance, double segment, double terminal,
                                        LineEnds ends)
{
    const Index size = conductance.size();
    Rung rung{conductance, VectorXd::Ones(size), VectorXd::Ones(size), VectorXd(size), VectorXd(size)};
    if (segment == 0.0) {
        const double ohm = ends == LineEnds::Both ? terminal / 2.0 : terminal;
        rung.terminalShare.setConstant(1.0 / (1.0 + ohm * conductance.sum()));
        rung.impedance = ohm * rung.terminalShare;
        return rung;
    }
    const double first = 1.0 / (terminal + segment);
    const double last = ends == LineEnds::Both ? first : 0.0;
    VectorXd seen(size); // at node i: the cell and all to the left; later all to the right as well
    for (Index i = 0; i < size; ++i) {
        seen[i] = conductance[i] + (i == 0 ? first : seen[i - 1] * rung.fromLeft[i - 1]);
        rung.fromLeft[i] = 1.0 / (1.0 + segment * seen[i]);
    }
    double right = last;
    for (Index i = size - 1; i >= 0; --i) {
        rung.impedance[i] = 1.0 / (seen[i] + right);
        right += conductance[i];
        rung.fromRight[i] = 1.0 / (1.0 + segment * right);
        right *= rung.fromRight[i];
    }
    VectorXd fed = VectorXd::Zero(size);
    fed[0] = first;
    fed[size - 1] += last;
    rung.terminalShare = rung.voltages(fed);
    return rung;
}

MatrixXd WireNetwork::Rung::voltages(const MatrixXd& currents) const
{
    MatrixXd total = currents;
    Eigen::RowVectorXd carried = Eigen::RowVectorXd::Zero(currents.cols());
    for (Index i = 0; i < currents.rows(); ++i) {
        total.row(i) += carried;
        carried = fromLeft[i] * (carried + currents.row(i));
    }
    carried.setZero();
    for (Index i = currents.rows() - 1; i >= 0; --i) {
        total.row(i) += carried;
        carried = fromRight[i] * (carried + currents.row(i));
    }
    return impedance.asDiagonal() * total;
}

/// Goes along the rails and keeps what lies behind as conductances between any two rails (`mesh`, lower
/// triangle) and from each to the terminals (`ground`).
void WireNetwork::eliminate(double segment, double terminal, LineEnds ends, const std::stop_token& stop)
{
    const auto q = static_cast<Index>(rungs_.size());
    const Index p = rungs_.front().conductance.size();
    series_.assign(rungs_.size(), segment);
    series_.back() = segment + terminal;
    if (ends == LineEnds::Both && segment == 0.0)
        series_.back() = terminal / 2.0;
    else if (ends == LineEnds::Both)
        nearEnd_ = 1.0 / (segment + terminal);

    passage_.resize(p, p * q);
    MatrixXd mesh = MatrixXd::Zero(p, p);
    VectorXd ground = VectorXd::Constant(p, nearEnd_);
    VectorXd coupling(p);
    for (Index k = 0; k < q; ++k) {
        throwIfStopped(stop);
        const Rung& rung = rungs_[static_cast<std::size_t>(k)];
        ground += rung.terminalAdmittance();
        for (Index i = p - 1; i >= 0; --i) {
            const Index after = p - 1 - i;
            mesh.col(i).tail(after) += coupling.tail(after) * (rung.impedance[i] * rung.conductance[i]);
            coupling[i] = rung.conductance[i];
            coupling.tail(after + 1) *= rung.fromRight[i];
        }
        const double ohm = series_[static_cast<std::size_t>(k)];
        auto passage = passage_.middleCols(k * p, p);
        if (ohm == 0.0) {
            passage.setIdentity();
            continue;
        }
        passage = ohm * mesh;
        invertMesh(passage, (1.0 + ohm * ground.array()).matrix());
        mesh = passage / ohm;
        ground = passage * ground;
    }
}

/// Solves for any number of cases at once. terminals: voltages of the rails' terminals (rails x cases);
/// currents: into the rails at each rung (each rails x cases), or none at all. Visits every rung, the last
/// first, and returns the currents out of the rails' terminals (both ends' sum) for terminals at 0 V.
MatrixXd WireNetwork::sweep(const MatrixXd& terminals, std::vector<MatrixXd> currents,
                            const Visit& visit) const
{
    MatrixXd arriving = nearEnd_ * terminals;
    if (nearEnd_ > 0.0 && currents.empty())
        currents.assign(rungs_.size(), MatrixXd::Zero(terminals.rows(), terminals.cols()));
    for (std::size_t k = 0; k < currents.size(); ++k) {
        currents[k] += arriving;
        arriving.noalias() = block(static_cast<Index>(k)) * currents[k];
    }
    MatrixXd rails = terminals, next(terminals.rows(), terminals.cols());
    for (std::size_t k = rungs_.size(); k-- > 0;) {
        if (!currents.empty())
            rails += series_[k] * currents[k];
        next.noalias() = block(static_cast<Index>(k)) * rails;
        rails.swap(next);
        visit(static_cast<Index>(k), rails);
    }
    return arriving + nearEnd_ * rails;
}

/// Solves for input voltages (columns x cases) and currents forced through the cells (cells x cases, or
/// none); visits every rung, the last first.
void WireNetwork::drive(const MatrixXd& voltages, const MatrixXd& forced, const VisitNodes& visit) const
{
    const Index p = std::min(rows(), columns()), cases = voltages.cols();
    const double intoRail = railsAreColumns_ ? -1.0 : 1.0; // of a current from a column to a row
    const bool isForced = forced.size() > 0;
    const MatrixXd railInput =
        railsAreColumns_ ? MatrixXd(voltages.colwise().reverse()) : MatrixXd::Zero(p, cases);
    std::vector<MatrixXd> currents;
    if (isForced || !railsAreColumns_)
        currents.assign(rungs_.size(), MatrixXd::Zero(p, cases));
    for (Index k = 0; k < static_cast<Index>(currents.size()); ++k) {
        const Rung& rung = rungs_[static_cast<std::size_t>(k)];
        MatrixXd& current = currents[static_cast<std::size_t>(k)];
        if (!railsAreColumns_)
            current = rung.terminalAdmittance() * voltages.row(k);
        if (isForced) {
            const MatrixXd through = intoRail * forced(cellsOf(k), Eigen::all);
            current += through - rung.conductance.asDiagonal() * rung.voltages(through);
        }
    }
    sweep(railInput, std::move(currents), [&](Index k, const MatrixXd& rails) {
        const Rung& rung = rungs_[static_cast<std::size_t>(k)];
        MatrixXd intoRung = rung.conductance.asDiagonal() * rails;
        if (isForced)
            intoRung -= intoRail * forced(cellsOf(k), Eigen::all);
        MatrixXd nodes = rung.voltages(intoRung);
        if (!railsAreColumns_)
            nodes += rung.terminalShare * voltages.row(k);
        visit(k, rails, nodes);
    });
}

CrossbarState WireNetwork::solve(const VectorXd& voltages) const
{
    require(voltages.size() == columns(), "number of input voltages", voltages.size(),
            "the crossbar's " + std::to_string(columns()) + " columns");
    for (Index column = 0; column < columns(); ++column)
        if (!std::isfinite(voltages[column]))
            require(false, "voltage of column " + std::to_string(column + 1), voltages[column], "finite");

    const Index p = std::min(rows(), columns());
    const auto q = static_cast<Index>(rungs_.size());
    MatrixXd railVoltage(p, q), rungVoltage(p, q);
    drive(voltages, {}, [&](Index k, const MatrixXd& rails, const MatrixXd& nodes) {
        railVoltage.col(k) = rails;
        rungVoltage.col(k) = nodes;
    });

    CrossbarState state;
    state.columnVoltage = turned(railsAreColumns_ ? railVoltage : rungVoltage);
    state.rowVoltage = turned(railsAreColumns_ ? rungVoltage : railVoltage);
    state.outputCurrent = transfer_ * voltages;
    state.cellVoltage = state.columnVoltage - state.rowVoltage;
    if (contrast() > usualContrast)
        findCurrents(voltages, state);
    else {
        state.cellCurrent = conductance_.matrix().cwiseProduct(state.cellVoltage);
        state.inputCurrent = state.cellCurrent.colwise().sum();
    }
    return state;
}

double WireNetwork::contrast() const
{
    return conductance_.maxCoeff() *
           std::max({wires_.columnSegment, wires_.rowSegment, wires_.source, wires_.sense});
}

/// Where a cell conducts far more than the wires, the voltages at its ends agree in nearly all their digits.
/// What it carries follows from the voltages that its ends would have without it.
void WireNetwork::findCurrents(const VectorXd& voltages, CrossbarState& state) const
{
    const ArrayXXd ofColumns = state.columnVoltage.transpose(), ofRows = state.rowVoltage.rowwise().reverse();
    const SeenByCells columns =
        seenByCells(conductance_.transpose(), state.rowVoltage.transpose(), wires_.columnSegment,
                    wires_.source, wires_.drive, voltages, ofColumns.col(0));
    const SeenByCells rows = seenByCells(
        conductance_.rowwise().reverse(), state.columnVoltage.rowwise().reverse(), wires_.rowSegment,
        wires_.sense, wires_.read, ArrayXd::Zero(conductance_.rows()), ofRows.col(0));
    const ArrayXXd impedance = columns.impedance.transpose() + rows.impedance.rowwise().reverse();
    const ArrayXXd share = 1.0 / (1.0 + conductance_ * impedance);
    const ArrayXXd origins =
        ofColumns.col(0).transpose().replicate(conductance_.rows(), 1).colwise() - ArrayXd(ofRows.col(0));
    state.cellVoltage = share * (columns.voltage.transpose() - rows.voltage.rowwise().reverse() + origins);
    state.cellCurrent = conductance_.matrix().cwiseProduct(state.cellVoltage);

    // A column's current is its ends' and the sum of its cells': what conducts less knows it better.
    const bool isDrivenTwice = wires_.drive == LineEnds::Both;
    const double ends = (isDrivenTwice ? 2.0 : 1.0) / (wires_.columnSegment + wires_.source);
    ArrayXd outermost = state.columnVoltage.topRows<1>().transpose();
    if (isDrivenTwice)
        outermost = (outermost + state.columnVoltage.bottomRows<1>().transpose().array()) / 2.0;
    const ArrayXd cells = (conductance_ * share).colwise().sum().transpose();
    state.inputCurrent = (ends < cells)
                             .select(ends * (voltages.array() - outermost),
                                     state.cellCurrent.colwise().sum().transpose().array());
}

MatrixXd WireNetwork::cellVoltages(const MatrixXd& voltages, const MatrixXd& forced,
                                   const std::stop_token& stop) const
{
    require(voltages.rows() == columns(), "number of input voltages", voltages.rows(),
            "the crossbar's " + std::to_string(columns()) + " columns");
    MatrixXd across(conductance_.size(), voltages.cols());
    drive(voltages, forced, [&](Index k, const MatrixXd& rails, const MatrixXd& nodes) {
        throwIfStopped(stop);
        across(cellsOf(k), Eigen::all) = railsAreColumns_ ? rails - nodes : nodes - rails;
    });
    return across;
}

MatrixXd WireNetwork::transferAfter(const std::vector<CellChange>& changes) const
{
    if (changes.empty())
        return transfer_;
    const Index p = std::min(rows(), columns());
    const auto q = static_cast<Index>(rungs_.size());
    const auto count = static_cast<Index>(changes.size());
    std::vector<Index> rail(changes.size());                  // of each changed cell
    std::vector<std::vector<Index>> changedAt(rungs_.size()); // the changed cells of each rung
    VectorXd added(count);                                    // conductance beside the old cell
    std::vector<MatrixXd> currents(rungs_.size(), MatrixXd::Zero(p, count));
    // Case c: 1 A is taken from the rung's side of cell c and put in at the rail's.
    for (Index c = 0; c < count; ++c) {
        const auto& [cell, conductance] = changes[static_cast<std::size_t>(c)];
        require(cell.row >= 0 && cell.row < rows(), "row of a changed cell", cell.row,
                "from 0 to " + std::to_string(rows() - 1));
        require(cell.column >= 0 && cell.column < columns(), "column of a changed cell", cell.column,
                "from 0 to " + std::to_string(columns() - 1));
        requireConductance(conductance, cell.row, cell.column);
        for (Index earlier = 0; earlier < c; ++earlier)
            require(!(changes[static_cast<std::size_t>(earlier)].cell == cell), "changed cell",
                    std::to_string(cell.row) + ", " + std::to_string(cell.column) + " twice", "given once");
        added[c] = conductance - conductance_(cell.row, cell.column);
        const auto [atRail, atRung] = railsAreColumns_ ? std::pair(p - 1 - cell.column, q - 1 - cell.row)
                                                       : std::pair(Index{cell.row}, Index{cell.column});
        rail[static_cast<std::size_t>(c)] = atRail;
        changedAt[static_cast<std::size_t>(atRung)].push_back(c);
        const Rung& rung = rungs_[static_cast<std::size_t>(atRung)];
        auto current = currents[static_cast<std::size_t>(atRung)].col(c);
        current = -rung.conductance.cwiseProduct(rung.voltages(VectorXd::Unit(p, atRail)));
        current[atRail] += 1.0;
    }

    MatrixXd impedance(count, count); // voltage across changed cell (row) for case (column)
    MatrixXd fromRungs(q, count);     // currents out of the rungs' terminals into the array
    const auto visit = [&](Index k, const MatrixXd& rails) {
        const Rung& rung = rungs_[static_cast<std::size_t>(k)];
        const std::vector<Index>& changed = changedAt[static_cast<std::size_t>(k)];
        fromRungs.row(k) = -rung.terminalAdmittance().transpose() * rails;
        if (changed.empty())
            return;
        MatrixXd intoRung = rung.conductance.asDiagonal() * rails;
        for (const Index c : changed) {
            intoRung(rail[static_cast<std::size_t>(c)], c) -= 1.0;
            fromRungs(k, c) += rung.terminalShare[rail[static_cast<std::size_t>(c)]];
        }
        const MatrixXd across = rails - rung.voltages(intoRung);
        for (const Index c : changed)
            impedance.row(c) = across.row(rail[static_cast<std::size_t>(c)]);
    };
    const MatrixXd toRails = sweep(MatrixXd::Zero(p, count), std::move(currents), visit);
    const MatrixXd feedback = MatrixXd::Identity(count, count) + impedance * added.asDiagonal();
    const MatrixXd cellVoltages = feedback.partialPivLu().solve(fromRungs.transpose());
    return transfer_ + turned(toRails * added.asDiagonal() * cellVoltages);
}

} // namespace faultline
