"""A NIfTI file against a row of geometry_truth.tsv: shape, spacing, affine and voxel statistics, read by nibabel.

usage: convert.py FILE.nii.gz TRUTH.tsv SOURCE
"""

import csv
import sys

import nibabel
import numpy as np

MM = 1e-3


def main(path, table, source):
    with open(table, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["source"] == source]
    if len(rows) != 1:
        sys.exit(f"{source}: {len(rows)} rows in the table of truths")
    row = rows[0]
    # The truth is in the axis order nearest to right, anterior, superior.
    stored = nibabel.load(path)
    image = nibabel.as_closest_canonical(stored)
    voxels = np.asanyarray(image.dataobj).astype(np.float64)
    wrong = []

    def compare(what, found, wanted, tolerance):
        found, wanted = np.asarray(found, float).ravel(), np.asarray(wanted, float).ravel()
        if found.shape != wanted.shape or np.any(np.abs(found - wanted) > tolerance):
            wrong.append(f"{source}: {what} is {found.tolist()}, should be {wanted.tolist()}")

    compare("shape", image.shape, [float(n) for n in row["canonical_shape"].split("x")], 0)
    compare("spacing", image.header.get_zooms()[:3], [float(n) for n in row["canonical_spacing"].split("x")], MM)
    compare("affine", image.affine[:3], [float(n) for n in row["canonical_RAS_affine_rows(12)"].split()], MM)
    for name, value in (("min", voxels.min()), ("max", voxels.max()), ("mean", voxels.mean())):
        compare(name, value, float(row[name]), 1e-4 * max(1.0, abs(float(row[name]))))
    for name, code in (("qform", stored.header["qform_code"]), ("sform", stored.header["sform_code"])):
        if code == 0:
            wrong.append(f"{source}: no {name}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(*sys.argv[1:])
