#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "common/random.h"
#include "crossbar/wire_network.h"

/// Conductances spread evenly in their logarithm from 1e-8 to 1 S, with one cell in ten a short of 1 S and
/// one in ten open.
inline faultline::CellGrid<double> randomCells(int rows, int columns, std::uint32_t index = 0)
{
    faultline::RandomStream random(7, faultline::RandomUse::Test, index);
    faultline::CellGrid<double> cells(rows, columns);
    for (double& cell : cells.reshaped()) {
        const std::uint32_t kind = random.below(10);
        cell = kind == 0 ? 0.0 : kind == 1 ? 1.0 : std::pow(10.0, -8.0 * random.uniform());
    }
    return cells;
}

/// Magnetic tunnel junctions of 5 and 12.5 kilo-ohm with a few shorts of 200 ohm and opens.
inline faultline::CellGrid<double> junctions(int rows, int columns)
{
    faultline::RandomStream random(8, faultline::RandomUse::Test);
    faultline::CellGrid<double> cells(rows, columns);
    for (double& cell : cells.reshaped()) {
        const double draw = random.uniform();
        cell = draw < 0.005 ? 5e-3 : draw < 0.01 ? 0.0 : draw < 0.5 ? 2e-4 : 8e-5;
    }
    return cells;
}

/// From -1 to 1 V.
inline Eigen::VectorXd randomVoltages(Eigen::Index count, std::uint32_t index = 0)
{
    faultline::RandomStream random(9, faultline::RandomUse::Test, index);
    Eigen::VectorXd voltages(count);
    for (double& voltage : voltages)
        voltage = 2.0 * random.uniform() - 1.0;
    return voltages;
}
