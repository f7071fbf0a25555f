#!/usr/bin/env python3
"""The arrays of bench_wires.cpp as badcrossbar and its like solve them: all of Kirchhoff's equations in one
sparse matrix, built and solved anew in every call (scipy's SuperLU), here for one input vector and for a
whole transfer matrix. With the path of bench_wires as its argument it runs that first, for comparison.

    python3 tests/bench/bench_wires.py [build/release/tests/bench/bench_wires]

Needs scipy (Debian: python3-scipy).
"""

import os
import subprocess
import sys
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # before numpy is loaded

import numpy
import scipy.sparse
import scipy.sparse.linalg


def junctions(rows, columns):
    """Siemens: junctions of 5 and 12.5 kilo-ohm with a few shorts of 200 ohm and opens."""
    draw = numpy.random.default_rng(8).random((rows, columns))
    return numpy.select([draw < 0.005, draw < 0.01, draw < 0.5], [5e-3, 0.0, 2e-4], 8e-5)


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
    if len(sys.argv) > 1:
        subprocess.run([sys.argv[1]], check=True)
        print()
    print("A plain sparse direct solve per call (scipy); seconds, one core")
    print(f"{'array':10} {'one vector':>12} {'20 vectors':>12} {'transfer':>12}")
    for rows, columns in ((100, 200), (25, 25), (64, 64), (128, 128)):
        cells = junctions(rows, columns)
        times = [
            seconds(lambda: output_currents(cells, voltages))
            for voltages in (numpy.full((columns, 1), 0.2), numpy.full((columns, 20), 0.2), numpy.eye(columns))
        ]
        print(f"{rows:3} x {columns:<4}" + "".join(f" {t:12.4f}" for t in times), flush=True)


if __name__ == "__main__":
    main()
