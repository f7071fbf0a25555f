// Times of WireNetwork on one core, beside a general sparse Cholesky of the same equations and a block
// elimination with dense kernels along the shorter side, in the same run. With a folder as its argument it
// writes the arrays and their transfer matrices there, for bench_wires.py.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/SparseCholesky>

#include "common/files.h"
#include "crossbar/wire_network.h"
#include "crossbar/wire_samples.h"
#include "formats/csv_matrix.h"
#include "timing.h"

using namespace faultline;
using Eigen::Index;
using Eigen::MatrixXd;

namespace
{

/// Seconds of one call: the best of as many as fit into half a second, three at least.
double seconds(const auto& call)
{
    double best = 1e9, total = 0.0;
    for (int runs = 0; runs < 3 || total < 0.5; ++runs) {
        const double taken = secondsOf(call);
        best = std::min(best, taken);
        total += taken;
    }
    return best;
}

/// T by Eigen's sparse Cholesky of the nodal matrix, with the rows' terminals as right-hand sides. Columns
/// driven and rows read at one end, wires of resistance only.
MatrixXd sparseTransfer(const CellGrid<double>& cells, const WireOptions& wires)
{
    const Index rows = cells.rows(), columns = cells.cols();
    const auto columnNode = [&](Index i, Index j) { return static_cast<int>(i * columns + j); };
    const auto rowNode = [&](Index i, Index j) { return static_cast<int>((rows + i) * columns + j); };
    const double columnSiemens = 1.0 / wires.columnSegment, rowSiemens = 1.0 / wires.rowSegment;
    std::vector<Eigen::Triplet<double>> entries;
    const auto add = [&](int a, int b, double siemens) {
        entries.emplace_back(a, a, siemens);
        entries.emplace_back(b, b, siemens);
        entries.emplace_back(std::max(a, b), std::min(a, b), -siemens);
    };
    MatrixXd currents = MatrixXd::Zero(2 * cells.size(), rows);
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < columns; ++j) {
            add(columnNode(i, j), rowNode(i, j), cells(i, j));
            if (i > 0)
                add(columnNode(i, j), columnNode(i - 1, j), columnSiemens);
            else
                entries.emplace_back(columnNode(0, j), columnNode(0, j), columnSiemens);
            if (j + 1 < columns)
                add(rowNode(i, j), rowNode(i, j + 1), rowSiemens);
            else
                entries.emplace_back(rowNode(i, j), rowNode(i, j), rowSiemens);
        }
    Eigen::SparseMatrix<double> equations(2 * cells.size(), 2 * cells.size());
    equations.setFromTriplets(entries.begin(), entries.end());
    for (Index i = 0; i < rows; ++i)
        currents(rowNode(i, columns - 1), i) = rowSiemens;
    const Eigen::SimplicialLLT<Eigen::SparseMatrix<double>> factor(equations);
    return columnSiemens * factor.solve(currents).topRows(columns).transpose();
}

/// T by eliminating column after column, for arrays no higher than wide: each column's nodes are a ladder of
/// their own, whose inverse couples the rows, which Cholesky's factors of dense blocks carry on.
MatrixXd blockTransfer(const CellGrid<double>& cells, const WireOptions& wires)
{
    const Index rows = cells.rows(), columns = cells.cols();
    const double along = 1.0 / wires.rowSegment, down = 1.0 / wires.columnSegment;
    std::vector<Eigen::LLT<MatrixXd>> factors;
    MatrixXd feeds(rows, columns); // current into each row's node for 1 V at the column's source
    MatrixXd before = MatrixXd::Zero(rows, rows);
    for (Index j = 0; j < columns; ++j) {
        const Eigen::VectorXd own = cells.col(j);
        MatrixXd ladder = MatrixXd(own.asDiagonal());
        for (Index i = 0; i < rows; ++i) {
            ladder(i, i) += i + 1 < rows ? 2.0 * down : down;
            if (i > 0)
                ladder(i, i - 1) = ladder(i - 1, i) = -down;
        }
        const MatrixXd seen = ladder.llt().solve(MatrixXd::Identity(rows, rows));
        feeds.col(j) = own.cwiseProduct(seen.col(0)) * down;
        MatrixXd block = -(own.asDiagonal() * seen * own.asDiagonal());
        block.diagonal() += own;
        block.diagonal().array() += j > 0 ? 2.0 * along : along;
        block -= before;
        factors.emplace_back(block);
        before = along * along * factors.back().solve(MatrixXd::Identity(rows, rows));
    }
    MatrixXd rails = along * MatrixXd::Identity(rows, rows), transfer(rows, columns);
    for (Index j = columns - 1; j >= 0; --j) {
        rails = factors[static_cast<std::size_t>(j)].solve(rails);
        transfer.col(j) = rails.transpose() * feeds.col(j);
        rails *= along;
    }
    return transfer;
}

double largestError(const MatrixXd& found, const MatrixXd& expected)
{
    return (expected.array() > 0.0)
        .select((found - expected).array() / expected.array(), 0.0)
        .abs()
        .maxCoeff();
}

} // namespace

int main(int count, char** arguments)
{
    const std::string folder = count > 1 ? arguments[1] : "";
    const WireOptions wires{.columnSegment = 1.0, .rowSegment = 1.0};
    WireOptions bothEnds = wires;
    bothEnds.drive = bothEnds.read = LineEnds::Both;

    std::printf("Transfer matrix, junctions of 5 and 12.5 kilo-ohm, 1 ohm a segment; seconds, one core\n");
    std::printf("%-10s %10s %10s %12s %12s %10s %12s %10s\n", "array", "one end", "both ends", "one solve",
                "dense blocks", "difference", "sparse LLT", "difference");
    struct Size {
        int rows, columns;
    };
    std::vector<std::pair<double, double>> squares; // logarithms of side and seconds
    for (const auto [rows, columns] :
         {Size{100, 200}, {25, 25}, {64, 64}, {128, 128}, {256, 256}, {512, 512}}) {
        const CellGrid<double> cells = junctions(rows, columns);
        std::optional<WireNetwork> network;
        const double one = seconds([&] { network.emplace(cells, wires); });
        const Eigen::VectorXd voltages = randomVoltages(columns);
        const double solve = seconds([&] { network->solve(voltages); });
        const MatrixXd transfer = network->transfer();
        const double both = seconds([&] { network.emplace(cells, bothEnds); });
        network.reset();
        std::printf("%3d x %-4d %10.4f %10.4f %12.5f", rows, columns, one, both, solve);
        if (rows <= 256) {
            MatrixXd other;
            const double blocks = seconds([&] { other = blockTransfer(cells, wires); });
            std::printf(" %12.4f %10.1e", blocks, largestError(other, transfer));
            const double general = seconds([&] { other = sparseTransfer(cells, wires); });
            std::printf(" %12.4f %10.1e", general, largestError(other, transfer));
            const std::string name = folder + "/" + std::to_string(rows) + "x" + std::to_string(columns);
            if (!folder.empty()) {
                writeFileAtomically(name + ".csv", csvMatrix(cells.matrix()));
                writeFileAtomically(name + "-transfer.csv", csvMatrix(transfer));
            }
        }
        std::printf("\n");
        std::fflush(stdout);
        if (rows == columns)
            squares.emplace_back(std::log(rows), std::log(one));
    }
    std::printf("Time grows with the side to the power of");
    for (std::size_t k = 1; k < squares.size(); ++k)
        std::printf(" %.1f",
                    (squares[k].second - squares[k - 1].second) / (squares[k].first - squares[k - 1].first));
    std::printf(" from one square to the next\n\n");

    std::printf("Reprogramming k cells of 100 x 200; seconds\n%4s %12s %12s %8s\n", "k", "update",
                "fresh solve", "ratio");
    const CellGrid<double> cells = junctions(100, 200);
    const WireNetwork network(cells, wires);
    for (const int count : {1, 4, 16}) {
        std::vector<CellChange> changes;
        CellGrid<double> changed = cells;
        for (int k = 0; k < count; ++k) {
            const CellIndex cell{k * 37 % 100, k * 61 % 200};
            changes.push_back({cell, 3e-4});
            changed(cell.row, cell.column) = 3e-4;
        }
        const double update = seconds([&] { network.transferAfter(changes); });
        const double fresh = seconds([&] { WireNetwork(changed, wires).transfer(); });
        std::printf("%4d %12.5f %12.5f %8.1f\n", count, update, fresh, fresh / update);
    }
}
