"""Writes one wafer in every form that the import reads, with numpy, h5py and plain text: write_files.py FOLDER.

Three dies of 4 x 6 cells; the resistance at P of die d, row r, column c is 1000 + 100 d + 10 r + c ohm, and three
times that at AP.
"""
import os
import sys

import h5py
import numpy as np

folder = sys.argv[1]
dies, rows, columns = 3, 4, 6
d, r, c = np.indices((dies, rows, columns))
parallel = 1000.0 + 100 * d + 10 * r + c
both = np.stack([3 * parallel, parallel], axis=1)  # die, state (AP first), row, column


def path(*parts):
    name = os.path.join(folder, *parts)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    return name


for k in range(dies):
    for state, array in (("AP", both[k, 0]), ("P", both[k, 1])):
        np.savetxt(path("csv", f"D{k + 1}_{state}.csv"), array, delimiter=",", fmt="%.9g")
        np.savetxt(path("tsv", f"D{k + 1}-{state}.tsv"), array / 1000, delimiter="\t", fmt="%.9g")
        with open(path("semicolon", f"D{k + 1} {state}.csv"), "w") as out:
            out.write("Conductance (S); measured at 25 C\n\n")
            for line in 1 / array:
                out.write(";".join(f"{value:.12e}".replace(".", ",") for value in line) + "\r\n")
        with open(path("pandas", f"D{k + 1}_{state}.csv"), "w") as out:
            out.write("," + ",".join(str(i) for i in range(columns)) + "\n")
            for row, line in enumerate(array):
                out.write(str(row) + "," + ",".join(f"{value:.9g}" for value in line) + "\n")
    np.save(path("npy", f"D{k + 1}.npy"), both[k])
    np.save(path("npy_fortran", f"D{k + 1}.npy"), np.asfortranarray(both[k].astype(">f4")))
    np.save(path("npy_last", f"D{k + 1}.npy"), np.moveaxis(both[k], 0, -1))
    np.savez(path("npz", f"D{k + 1}.npz"), R_AP=both[k, 0], R_P=both[k, 1], voltage=np.array([0.1, 0.2]))
    with h5py.File(path("matlab", f"D{k + 1}.mat"), "w", userblock_size=512) as out:
        for name, array in (("R_AP", both[k, 0]), ("R_P", both[k, 1])):
            out[name] = array.T  # MATLAB is column-major
            out[name].attrs["MATLAB_class"] = np.bytes_("double")
        out["V"] = np.array([[0.1]])
np.savez_compressed(path("npz_deflated", "wafer.npz"),
                    **{f"D{k + 1}_{s}": both[k, i] for k in range(dies) for i, s in enumerate(("AP", "P"))})
for k in range(dies):
    for state, array in (("AP", both[k, 0]), ("P", both[k, 1])):
        with open(path("micro", f"D{k + 1}_{state}.csv"), "w") as out:
            out.write("conductance in \u00b5S\n")
            np.savetxt(out, 1e6 / array, delimiter=",", fmt="%.9g")
with h5py.File(path("micro_hdf5", "wafer.h5"), "w") as out:
    for k in range(dies):
        for i, s in enumerate(("AP", "P")):
            dataset = out.create_dataset(f"D{k + 1}/{s}", data=1e6 / both[k, i])
            dataset.attrs["units" if k == 1 else "unit"] = "uS" if k == 0 else np.bytes_("uS")
with open(path("micro_table", "wafer.csv"), "w") as out:
    out.write("die,row,column,state,current [uA]\n")
    for k, i, row, column in np.ndindex(both.shape):
        out.write(f"D{k + 1},{row},{column},{('AP', 'P')[i]},{0.2e6 / both[k, i, row, column]:.9g}\n")
np.save(path("npy_wafer", "W.npy"), 0.2 / both)
with h5py.File(path("hdf5", "wafer.h5"), "w") as out:
    for k in range(dies):
        for i, s in enumerate(("AP", "P")):
            out.create_dataset(f"dies/D{k + 1}/conductance_{s}", data=(1 / both[k, i]).astype("f4"),
                               compression="gzip")
with open(path("table", "wafer.csv"), "w") as out:
    out.write("die,row,column,state,resistance (kOhm)\n")
    for k in reversed(range(dies)):
        for i, s in enumerate(("AP", "P")):
            for row in range(rows):
                for column in range(columns):
                    out.write(f"D{k + 1},{row + 1},{column + 1},{s},{both[k, i, row, column] / 1000:.9g}\n")
with open(path("table_bare", "wafer.txt"), "w") as out:
    for k in range(dies):
        for row in range(rows):
            for column in range(columns):
                ap, p = both[k, :, row, column]
                out.write(f"D{k + 1} {row} {column} {p:.9g} {ap:.9g}\n")
