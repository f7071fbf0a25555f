#pragma once

#include "crossbar/circuit_options.h"

namespace faultline
{

/// What the junctions of a programmed die conduct, one value per cell.
struct Junctions {
    CellGrid<double> conductance;   ///< at 0 V, siemens, without the access transistor
    CellGrid<double> magneticShare; ///< of the resistance: 1 - G_AP / G_P where written antiparallel, else 0

    /// A die written to these levels. The temperature acts on the resistance that a cell has at AP beyond
    /// that at P, R_AP(T) = R_P + scale (R_AP - R_P), and so on no cell that conducts alike at both, as
    /// shorts, opens and stuck cells do, nor on one that conducts more at AP. Throws Error for a die that is
    /// smaller than `written`.
    Junctions(const Die& die, const CellGrid<Level>& written, const Device& device,
              const CircuitOptions& options);
    /// What cells conduct at small voltages with a resistance in series with each, ohm.
    CellGrid<double> behind(double ohm) const { return conductance / (1.0 + ohm * conductance); }

    Junctions(CellGrid<double> siemens, CellGrid<double> share)
        : conductance(std::move(siemens)),
          magneticShare(std::move(share))
    {
    }
};

/// A die as transistors and temperature let its cells conduct at small voltages.
Die inCircuit(const Die& die, const Device& device, const CircuitOptions& options);

/// A crossbar of junctions with access transistors in series, between resistive wires. Where the TMR depends
/// on the bias its cells are nonlinear: a junction of conductance G and magnetic share d carries
/// I = G V / (1 - d u^2 / (1 + u^2)), u = V / V_half.
class JunctionArray
{
public:
    /// Throws Error for bad options and whatever WireNetwork refuses; as all that takes a token, Stopped.
    JunctionArray(Junctions junctions, const CircuitOptions& options, const std::stop_token& stop = {});

    /// The array at small voltages, which is the array itself unless the TMR depends on the bias.
    const WireNetwork& linear() const { return linear_; }

    /// What the cells conduct at small voltages, siemens: the transfer matrix of ideal wires.
    CellGrid<double> smallSignal() const { return junctions_.behind(options_.series); }

    /// The state under these input voltages (volt, one per column), by Newton steps on the exact Jacobian
    /// until the voltage across no cell changes by more than 1e-12 of the largest input: three or four steps.
    CrossbarState solve(const Eigen::VectorXd& voltages, const std::stop_token& stop = {}) const;

    /// Currents of the terminals, ampere, in many cases at once.
    struct Reading {
        Eigen::MatrixXd rows;    ///< into each row's ammeter, rows x cases
        Eigen::MatrixXd columns; ///< out of each column's source, columns x cases
    };
    /// voltages: columns x cases. Where the TMR depends on the bias, by steps on one Jacobian for all cases,
    /// that of all columns at 0.7 of the largest voltage: the same solution, at the price of some matrix
    /// products a case instead of some factorisations, until no cell's voltage changes by more than 1e-8 of
    /// the largest input. An array of very large WireNetwork::contrast() solves each case by itself.
    Reading read(const Eigen::MatrixXd& voltages, const std::stop_token& stop = {}) const;

private:
    /// The array linearised at some state.
    struct Tangent {
        WireNetwork network;
        Eigen::VectorXd slope; ///< of each cell, siemens
    };
    Eigen::MatrixXd cellCurrents(const Eigen::MatrixXd& voltages, const Tangent* tangent, double largest,
                                 const std::stop_token& stop) const;
    /// Current and differential conductance of each cell (rows of the matrices) at voltages across it.
    void evaluate(const Eigen::MatrixXd& across, Eigen::MatrixXd& current, Eigen::MatrixXd* slope) const;

    Junctions junctions_; // before linear_, which is made of both
    CircuitOptions options_;
    WireNetwork linear_;
};

} // namespace faultline
