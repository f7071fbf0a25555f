#!/usr/bin/env python3
"""The arrays of bench_wires.cpp as badcrossbar and its like solve them: all of Kirchhoff's equations in one
sparse matrix, built and solved anew in every call (scipy's SuperLU), here for one input vector, for twenty and
for a whole transfer matrix. It runs bench_wires first, which writes its arrays and what it makes of them, and
compares.

    python3 tests/bench/bench_wires.py build/release/tests/bench/bench_wires

Needs scipy (Debian: python3-scipy).
"""

import os
import subprocess
import sys
import tempfile
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # before numpy is loaded

import numpy
import scipy.sparse
import scipy.sparse.linalg


def output_currents(cells, voltages, segment=1.0):
    """Amperes, rows x cases, for voltages in volt, columns x cases; all wire segments of one resistance."""
    rows, columns = cells.shape
    size = rows * columns
    column_node = numpy.arange(size).reshape(rows, columns)
    row_node = column_node + size
    wire = 1.0 / segment

    def branches(start, end, siemens):
        start, end = start.ravel(), end.ravel()
        siemens = numpy.broadcast_to(siemens, start.shape)
        return (
            numpy.concatenate([start, end, start, end]),
            numpy.concatenate([start, end, end, start]),
            numpy.concatenate([siemens, siemens, -siemens, -siemens]),
        )

    def to_terminals(nodes):
        return nodes, nodes, numpy.full(len(nodes), wire)

    parts = [
        branches(column_node, row_node, cells.ravel()),
        branches(column_node[:-1], column_node[1:], wire),
        branches(row_node[:, :-1], row_node[:, 1:], wire),
        to_terminals(column_node[0]),
        to_terminals(row_node[:, -1]),
    ]
    i, j, siemens = (numpy.concatenate(part) for part in zip(*parts))
    equations = scipy.sparse.csc_matrix((siemens, (i, j)), shape=(2 * size, 2 * size))
    currents = numpy.zeros((2 * size, voltages.shape[1]))
    currents[column_node[0]] = wire * voltages
    nodes = scipy.sparse.linalg.spsolve(equations, currents)
    return wire * nodes.reshape(2 * size, -1)[row_node[:, -1]]


def seconds(call, runs=3):
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        solve_all(folder)


def solve_all(folder):
    print("\nA plain sparse direct solve per call (scipy); seconds, one core")
    print(f"{'array':10} {'one vector':>12} {'20 vectors':>12} {'transfer':>12} {'difference':>12}")
    for rows, columns in ((100, 200), (25, 25), (64, 64), (128, 128), (256, 256)):
        cells = numpy.loadtxt(f"{folder}/{rows}x{columns}.csv", delimiter=",")
        expected = numpy.loadtxt(f"{folder}/{rows}x{columns}-transfer.csv", delimiter=",")
        error = numpy.abs(output_currents(cells, numpy.eye(columns)) - expected).max() / expected.max()
        if not error < 1e-9:
            sys.exit(f"{rows} x {columns}: the transfer matrices differ by {error} of the largest entry")
        times = [
            seconds(lambda: output_currents(cells, voltages))
            for voltages in (numpy.full((columns, 1), 0.2), numpy.full((columns, 20), 0.2), numpy.eye(columns))
        ]
        print(f"{rows:3} x {columns:<4}" + "".join(f" {t:12.4f}" for t in times) + f" {error:12.1e}", flush=True)


if __name__ == "__main__":
    main()
