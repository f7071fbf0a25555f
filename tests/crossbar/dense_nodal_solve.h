#pragma once

#include <numeric>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>

#include "crossbar/wire_network.h"

/// The crossbar by the book, as a reference: one unknown per node, all of Kirchhoff's equations in one dense
/// matrix of extended precision, nodes without resistance between them merged. Shares nothing with the
/// library but the description of the array.
template <class Number>
class BasicDenseNodalSolve
{
public:
    using Real = Number;
    using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;

    BasicDenseNodalSolve(const faultline::CellGrid<double>& cells, const faultline::WireOptions& wires)
        : rows_(static_cast<int>(cells.rows())),
          columns_(static_cast<int>(cells.cols())),
          merged_(static_cast<std::size_t>(terminal(0) + columns_ + rows_))
    {
        std::iota(merged_.begin(), merged_.end(), 0);
        for (int j = 0; j < columns_; ++j) {
            for (int i = 0; i + 1 < rows_; ++i)
                connect(columnNode(i, j), columnNode(i + 1, j), wires.columnSegment);
            connect(input(j), columnNode(0, j), wires.source + wires.columnSegment);
            if (wires.drive == faultline::LineEnds::Both)
                connect(input(j), columnNode(rows_ - 1, j), wires.source + wires.columnSegment);
        }
        for (int i = 0; i < rows_; ++i) {
            for (int j = 0; j + 1 < columns_; ++j)
                connect(rowNode(i, j), rowNode(i, j + 1), wires.rowSegment);
            connect(output(i), rowNode(i, columns_ - 1), wires.sense + wires.rowSegment);
            if (wires.read == faultline::LineEnds::Both)
                connect(output(i), rowNode(i, 0), wires.sense + wires.rowSegment);
            for (int j = 0; j < columns_; ++j)
                if (cells(i, j) > 0.0)
                    branches_.push_back({columnNode(i, j), rowNode(i, j), Real(cells(i, j))});
        }
        solve();
    }

    /// Voltages of all nodes (rows) for 1 V at each input (columns).
    Real columnVoltage(int i, int j, int driven) const { return voltage(columnNode(i, j), driven); }
    Real rowVoltage(int i, int j, int driven) const { return voltage(rowNode(i, j), driven); }

    /// Current into each row's ground for 1 V at each input.
    Matrix transfer() const
    {
        Matrix result(rows_, columns_);
        for (int i = 0; i < rows_; ++i)
            result.row(i) = currentInto(output(i));
        return result;
    }
    /// Current out of each source for 1 V at each input.
    Matrix admittance() const
    {
        Matrix result(columns_, columns_);
        for (int j = 0; j < columns_; ++j)
            result.row(j) = -currentInto(input(j));
        return result;
    }

private:
    struct Branch {
        int from, to;
        Real siemens;
    };
    using Row = Eigen::Matrix<Real, 1, Eigen::Dynamic>;

    /// From all branches, for 1 V at each input.
    Row currentInto(int terminal) const
    {
        Row current = Row::Zero(columns_);
        for (const Branch& branch : branches_)
            for (const auto& [here, there] : {std::pair{branch.from, branch.to}, {branch.to, branch.from}})
                if (find(here) == find(terminal))
                    current += branch.siemens * (voltages_.row(there) - voltages_.row(here));
        return current;
    }

    int columnNode(int i, int j) const { return i * columns_ + j; }
    int rowNode(int i, int j) const { return (rows_ + i) * columns_ + j; }
    int terminal(int k) const { return 2 * rows_ * columns_ + k; }
    int input(int j) const { return terminal(j); }
    int output(int i) const { return terminal(columns_ + i); }

    int find(int node) const
    {
        while (merged_[static_cast<std::size_t>(node)] != node)
            node = merged_[static_cast<std::size_t>(node)];
        return node;
    }

    void connect(int from, int to, double ohm)
    {
        if (ohm > 0.0)
            branches_.push_back({from, to, Real(1) / Real(ohm)});
        else // the higher number, so that a terminal stays what it is
            merged_[static_cast<std::size_t>(std::min(find(from), find(to)))] =
                std::max(find(from), find(to));
    }

    void solve()
    {
        std::vector<int> unknown(merged_.size(), -1);
        int count = 0;
        for (int node = 0; node < terminal(0); ++node)
            if (find(node) == node)
                unknown[static_cast<std::size_t>(node)] = count++;
        Matrix equations = Matrix::Zero(count, count), sources = Matrix::Zero(count, columns_);
        for (const Branch& branch : branches_)
            for (const auto& [a, b] : {std::pair{branch.from, branch.to}, {branch.to, branch.from}}) {
                const int here = unknown[static_cast<std::size_t>(find(a))];
                const int there = unknown[static_cast<std::size_t>(find(b))];
                if (here < 0)
                    continue;
                equations(here, here) += branch.siemens;
                if (there >= 0)
                    equations(here, there) -= branch.siemens;
                else if (find(b) < output(0))
                    sources(here, find(b) - input(0)) += branch.siemens;
            }
        const Matrix solution = equations.llt().solve(sources);
        voltages_ = Matrix::Zero(static_cast<int>(merged_.size()), columns_);
        for (int node = 0; node < voltages_.rows(); ++node) {
            const int index = unknown[static_cast<std::size_t>(find(node))];
            if (index >= 0)
                voltages_.row(node) = solution.row(index);
            else if (find(node) < output(0))
                voltages_(node, find(node) - input(0)) = Real(1);
        }
    }

    Real voltage(int node, int driven) const { return voltages_(node, driven); }

    int rows_, columns_;
    std::vector<int> merged_;
    std::vector<Branch> branches_;
    Matrix voltages_;
};

using DenseNodalSolve = BasicDenseNodalSolve<long double>;
