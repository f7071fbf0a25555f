"""Reads what Faultline exports of a wafer of 2 dies of 5 x 6 cells and fails when a number is not the expected one:
read_files.py FOLDER. Cell (r, c) of die k conducts 1e-4 + 1e-6 (k + 10 r + c) S at P and half of that at AP; (1, 2)
is a short.
"""
import csv
import sys

import h5py
import numpy as np

folder = sys.argv[1]
rows, columns = np.indices((5, 6))
for k in range(2):
    name = f"D{k + 1}"
    parallel = (1e-4 + 1e-6 * (k + 10 * rows + columns)).astype("f4")
    expected = np.stack([parallel / 2, parallel])
    np.testing.assert_array_equal(np.load(f"{folder}/npy/{name}.npy"), expected)
    labels = np.load(f"{folder}/npy/{name}_defect.npy")
    assert labels.dtype == np.int8 and labels[1, 2] == 1 and labels.sum() == 1
    for state, array in (("AP", expected[0]), ("P", expected[1])):
        read = np.loadtxt(f"{folder}/csv/{name}_{state}.csv", delimiter=",", dtype="f4")
        np.testing.assert_array_equal(read, array)
        with h5py.File(f"{folder}/hdf5/dies.h5") as file:
            np.testing.assert_array_equal(file[f"{name}/conductance_{state}"][:], array)
            words = h5py.check_enum_dtype(file[f"{name}/defect"].dtype)
            assert file[f"{name}/defect"][1, 2] == words["short"]
    with open(f"{folder}/csv/{name}_defect.csv") as file:
        assert list(csv.reader(file))[1][2] == "short"

# Two inputs and two outputs, weights +1 -1 / -1 +1; G+ stands above G-.
write = np.load(f"{folder}/npy/programming.npy")
np.testing.assert_array_equal(write[:4, :2], [[1, 0], [0, 1], [0, 1], [1, 0]])
assert (write == -1).sum() == 30 - 8
with h5py.File(f"{folder}/hdf5/programming.h5") as file:
    words = h5py.check_enum_dtype(file["write"].dtype)
    np.testing.assert_array_equal(file["write"][:] == words["P"], write == 1)
with open(f"{folder}/csv/programming.csv") as file:
    table = list(csv.DictReader(file))
assert len(table) == 8
for line in table:
    assert line["write"] == ("P" if write[int(line["row"]), int(line["column"])] == 1 else "AP")

weights = np.load(f"{folder}/npy/D1_weights_1.npy")
np.testing.assert_array_equal(np.loadtxt(f"{folder}/csv/D1_weights_1.csv", delimiter=",", dtype="f4"), weights)
with h5py.File(f"{folder}/hdf5/D1_weights.h5") as file:
    np.testing.assert_array_equal(file["layer-1"][:], weights)
g = np.load(f"{folder}/npy/D1.npy")
states = np.maximum(write, 0)
conductance = np.take_along_axis(g, states[None], 0)[0]
np.testing.assert_allclose(weights, (conductance[0:4:2, :2] - conductance[1:4:2, :2]) / 1.2e-4, rtol=1e-4)
