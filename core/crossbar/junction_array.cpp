#include "crossbar/junction_array.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "common/error.h"

namespace faultline
{

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace
{

/// A junction with its access transistor at a voltage across both.
struct CellPoint {
    double current; ///< ampere
    double slope;   ///< its derivative, siemens
};

CellPoint cellAt(double conductance, double share, const CircuitOptions& options, double volt)
{
    const double ohm = options.series;
    const auto junction = [&](double w) -> CellPoint {
        const double u = w / options.biasHalfVoltage, u2 = u * u;
        const double seen = 1.0 - share * u2 / (1.0 + u2); // of its resistance at 0 V
        const double siemens = conductance / seen;
        return {siemens * w, siemens * (1.0 + 2.0 * share * u2 / ((1.0 + u2) * (1.0 + u2) * seen))};
    };
    // The junction's own voltage w: w + ohm I(w) = volt, whose left side grows with w. The junction conducts
    // from G to G / (1 - d), which brackets w. Newton's steps that leave the bracket, as they may where I is
    // concave, halve it instead.
    double w = volt / (1.0 + ohm * conductance);
    CellPoint point = junction(w);
    if (share > 0.0 && ohm > 0.0 && volt != 0.0) {
        constexpr int most = 100; // more than halving alone takes
        constexpr double precision = 1e-15;
        double outer = w, inner = volt / (1.0 + ohm * conductance / (1.0 - share));
        for (int step = 0; step < most; ++step) {
            const double excess = w + ohm * point.current - volt;
            (excess * volt > 0.0 ? outer : inner) = w;
            double next = w - excess / (1.0 + ohm * point.slope);
            if ((next - inner) * (next - outer) > 0.0)
                next = std::midpoint(inner, outer);
            const double change = next - w;
            w = next;
            point = junction(w);
            if (std::abs(change) <= precision * std::abs(volt))
                break;
        }
    }
    point.slope /= 1.0 + ohm * point.slope;
    return point;
}

/// One value per cell, in the order of WireNetwork::cellVoltages().
VectorXd inColumns(const CellGrid<double>& cells)
{
    return MatrixXd(cells.matrix()).reshaped();
}

CellGrid<double> asCells(const VectorXd& values, Index rows)
{
    return values.reshaped(rows, values.size() / rows).array();
}

} // namespace

Junctions::Junctions(const Die& die, const CellGrid<Level>& written, const Device& device,
                     const CircuitOptions& options)
    : conductance(CellGrid<double>::Zero(written.rows(), written.cols())),
      magneticShare(CellGrid<double>::Zero(written.rows(), written.cols()))
{
    if (die.rows() < written.rows() || die.columns() < written.cols())
        throw Error("Die " + die.name + " has " + std::to_string(die.rows()) + " x " +
                    std::to_string(die.columns()) + " cells, too few for the " +
                    std::to_string(written.rows()) + " x " + std::to_string(written.cols()) +
                    " that are to be written.");
    const double scale = options.tmrScale(device.tmr);
    for (Index row = 0; row < written.rows(); ++row)
        for (Index column = 0; column < written.cols(); ++column) {
            const Level level = written(row, column);
            const double own = die.conductance[static_cast<std::size_t>(level)](row, column);
            const double parallel = die.conductance[P](row, column);
            const double share = level == AP && own < parallel ? 1.0 - own / parallel : 0.0;
            const double seen = 1.0 - share * (1.0 - scale); // resistance over that at the reference
            conductance(row, column) = own / seen;
            magneticShare(row, column) = scale * share / seen;
        }
}

Die inCircuit(const Die& die, const Device& device, const CircuitOptions& options)
{
    Die seen = die;
    for (const Level level : {AP, P}) {
        const CellGrid<Level> written = CellGrid<Level>::Constant(die.rows(), die.columns(), level);
        seen.conductance[level] =
            Junctions(die, written, device, options).behind(options.series).cast<float>();
    }
    return seen;
}

JunctionArray::JunctionArray(Junctions junctions, const CircuitOptions& options, const std::stop_token& stop)
    : junctions_(std::move(junctions)),
      options_(options),
      linear_(smallSignal(), options.wires, stop)
{
    options_.validate();
}

void JunctionArray::evaluate(const MatrixXd& across, MatrixXd& current, MatrixXd* slope) const
{
    const VectorXd conductance = inColumns(junctions_.conductance);
    const VectorXd share = inColumns(junctions_.magneticShare);
    current.resizeLike(across);
    if (slope)
        slope->resizeLike(across);
    for (Index k = 0; k < across.cols(); ++k)
        for (Index cell = 0; cell < across.rows(); ++cell) {
            const CellPoint point = cellAt(conductance[cell], share[cell], options_, across(cell, k));
            current(cell, k) = point.current;
            if (slope)
                (*slope)(cell, k) = point.slope;
        }
}

CrossbarState JunctionArray::solve(const VectorXd& voltages, const std::stop_token& stop) const
{
    CrossbarState start = linear_.solve(voltages);
    if (!options_.isBiasDependent())
        return start;
    constexpr int most = 50;
    constexpr double precision = 1e-12;
    MatrixXd across = linear_.cellVoltages(voltages, {}), current, slope;
    for (int step = 0; step < most; ++step) {
        evaluate(across, current, &slope);
        const WireNetwork tangent(asCells(slope.col(0), linear_.rows()), options_.wires, stop);
        const MatrixXd next = tangent.cellVoltages(voltages, current - slope.cwiseProduct(across));
        const double change = (next - across).cwiseAbs().maxCoeff();
        across = next;
        if (change <= precision * voltages.cwiseAbs().maxCoeff()) {
            // A linear array with what each cell conducts there has the same state.
            evaluate(across, current, &slope);
            const VectorXd seen =
                (across.array() != 0.0).select(current.array() / across.array(), slope.array());
            return WireNetwork(asCells(seen, linear_.rows()), options_.wires, stop).solve(voltages);
        }
    }
    throw Error("Newton's steps for the bias dependence of the TMR did not converge.");
}

JunctionArray::Reading JunctionArray::read(const MatrixXd& voltages, const std::stop_token& stop) const
{
    constexpr Index panel = 50; // keeps the cells' voltages and currents to some 10 MB
    constexpr double middle = 0.7;
    constexpr double usualContrast = 1e5; // up to which voltages across cells give currents to 1e-8
    const Index rows = linear_.rows(), columns = linear_.columns();
    Reading reading{MatrixXd::Zero(rows, voltages.cols()), MatrixXd(columns, voltages.cols())};
    if (linear_.contrast() > usualContrast) {
        for (Index k = 0; k < voltages.cols(); ++k) {
            const CrossbarState state = solve(voltages.col(k), stop);
            reading.rows.col(k) = state.outputCurrent;
            reading.columns.col(k) = state.inputCurrent;
        }
        return reading;
    }
    const double largest = voltages.cwiseAbs().maxCoeff();
    std::optional<Tangent> tangent;
    if (options_.isBiasDependent() && largest > 0.0) {
        const MatrixXd across = linear_.cellVoltages(VectorXd::Constant(columns, middle * largest), {});
        MatrixXd current, slope;
        evaluate(across, current, &slope);
        tangent = Tangent{WireNetwork(asCells(slope.col(0), rows), options_.wires, stop), slope.col(0)};
    }
    for (Index first = 0; first < voltages.cols(); first += panel) {
        const Index count = std::min(panel, voltages.cols() - first);
        const MatrixXd current =
            cellCurrents(voltages.middleCols(first, count), tangent ? &*tangent : nullptr, largest, stop);
        for (Index column = 0; column < columns; ++column) {
            const auto cells = current.middleRows(column * rows, rows);
            reading.rows.middleCols(first, count) += cells;
            reading.columns.row(column).segment(first, count) = cells.colwise().sum();
        }
    }
    return reading;
}

/// By steps on one Jacobian, none if there is none; `largest`: voltage of all inputs of all cases.
MatrixXd JunctionArray::cellCurrents(const MatrixXd& voltages, const Tangent* tangent, double largest,
                                     const std::stop_token& stop) const
{
    constexpr int most = 200;
    constexpr double precision = 1e-8;
    MatrixXd across = linear_.cellVoltages(voltages, {}, stop), current;
    evaluate(across, current, nullptr);
    double change = tangent ? largest : 0.0;
    for (int step = 0; change > precision * largest; ++step) {
        if (step == most)
            throw Error("The steps for the bias dependence of the TMR did not converge.");
        const MatrixXd next =
            tangent->network.cellVoltages(voltages, current - tangent->slope.asDiagonal() * across, stop);
        change = (next - across).cwiseAbs().maxCoeff();
        across = next;
        evaluate(across, current, nullptr);
    }
    return current;
}

} // namespace faultline
