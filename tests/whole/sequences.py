"""The images of one study in a store, by h5py, against conversions of the same series by nibabel.

usage: sequences.py STORE INPUT=FILE.nii.gz...
"""

import csv
import pathlib
import sys

import h5py
import hdf5plugin  # noqa: F401  the Blosc filter of the shards
import nibabel
import numpy as np


def main(store, pairs):
    with open(store / "index.csv", newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    wrong, affines = [], []
    with h5py.File(store / "shards" / pathlib.Path(row["shard"]).name) as shard:
        inputs = shard[row["study"]]["inputs"]
        if set(inputs) != {name for name, _ in pairs}:
            sys.exit(f"the study has the inputs {sorted(inputs)}")
        for name, path in pairs:
            stored = np.squeeze(inputs[name]["0"]["voxels"][()]).astype(np.float64)  # depth, height, width
            image = nibabel.load(path)
            if not np.array_equal(stored, np.transpose(np.asanyarray(image.dataobj).astype(np.float64))):
                wrong.append(f"{name}: the stored voxels differ from the converted series")
            affines.append(image.affine)
    for affine in affines[1:]:
        if np.abs(affine - affines[0]).max() > 1e-3:
            wrong.append("the sequences do not share one grid")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), [word.split("=", 1) for word in sys.argv[2:]])
