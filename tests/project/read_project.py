"""Reads a project as another program would and fails when something is not as SCHEMA.md says:
read_project.py FILE SCHEMA. The first run of FILE has the network that its training began with.
"""
import contextlib
import io
import os
import re
import sys

import h5py
import numpy as np

path, schema = sys.argv[1:]
kinds = {"datasets": 0, "tables": 0}


def check(place, thing):
    assert thing.attrs["description"], place
    if not isinstance(thing, h5py.Dataset):
        return
    kinds["datasets"] += 1
    assert thing.attrs["unit"], place
    if thing.dtype.names:
        kinds["tables"] += 1
        units = thing.attrs["column_units"]
        assert len(units) == len(thing.dtype.names) and all(units), place
        for name, unit in zip(thing.dtype.names, units):
            ending = {"percent": b"%", "seconds": b"s", "nat": b"nat", "joule": b"J", "watt": b"W"}
            assert unit == ending.get(name.split("_")[-1], unit), (place, name, unit)


with open(schema) as text:
    snippets = re.findall(r"```python\n(.*?)```", text.read(), re.S)
assert len(snippets) == 2
os.chdir(os.path.dirname(path))
known = {}
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    for snippet in snippets:
        exec(snippet, known)

with h5py.File(path) as file:
    file.visititems(check)
    assert kinds["datasets"] > 50 and kinds["tables"] > 10, kinds
    members = [member for study in file["studies"].values() for member in study["runs"].items()]
    runs = [run for name, run in members if name.startswith("run-")]
    assert len(printed.getvalue().splitlines()) == len(runs)
    for _, run in members:
        settings = run.attrs
        mode = ["standard", "hardware-aware", "statistics-aware"].index(settings["mode"].decode())
        expected = mode * 2**28 + (int(settings["die"]) + 1) * 2**10 + int(settings["repeat"])
        assert int(settings["random_stream"]) == expected
    words = known["philox"](int(runs[0].attrs["seed"]), 2, int(runs[0].attrs["random_stream"]))
    for layer in range(len(runs[0].attrs["layers"]) - 1):
        latent = runs[0][f"layer-{layer:04}/latent"][:]
        drawn = [0.2 * (next(words) / 2**32) - 0.1 for _ in range(latent.size)]
        np.testing.assert_array_equal(np.array(drawn, "f4").reshape(latent.shape, order="F"), latent)
