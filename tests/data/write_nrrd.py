"""NRRD files of every type, byte order, encoding and space by pynrrd, and what they hold: write_nrrd.py FOLDER."""

import json
import pathlib
import sys

import nrrd
import numpy

folder = pathlib.Path(sys.argv[1])
generator = numpy.random.default_rng(17)
to_ras = {
    "right-anterior-superior": numpy.diag([1.0, 1, 1, 1]),
    "left-anterior-superior": numpy.diag([-1.0, 1, 1, 1]),
    "left-posterior-superior": numpy.diag([-1.0, -1, 1, 1]),
}
directions = numpy.array([[-1.9, 0.3, 0.1], [0.2, 2.1, -0.4], [0.05, 0.3, 3.2]])  # one row an axis
origin = numpy.array([10.5, -20.25, 7.0])
affine = numpy.eye(4)
affine[:3, :3] = directions.T
affine[:3, 3] = origin
expected = {}


def keep(name, data, space, **more):
    header = {"space": space, "space directions": directions, "space origin": origin, "kinds": ["domain"] * 3, **more}
    nrrd.write(str(folder / name), data, header)
    back, read = nrrd.read(str(folder / name))
    assert (read["space directions"][-3:] == directions).all() and (read["space origin"] == origin).all()
    expected[name] = {
        "shape": list(back.shape[-3:]),
        "affine": [float(value) for value in (to_ras[space] @ affine)[:3].ravel()],
        "values": [float(value) for value in back.ravel(order="F")],
    }


for dtype in ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
    for endian in ("little", "big"):
        for encoding in ("raw", "gzip"):
            data = generator.integers(0, 100, (4, 3, 2)).astype(dtype)
            if dtype[0] == "f":
                data /= 8
            if dtype[0] == "i":
                data -= 50
            space = sorted(to_ras)[len(expected) % 3]
            keep(f"{endian}_{dtype}_{encoding}.nrrd", data, space, encoding=encoding, endian=endian)

# A layer axis of one element before the three, as segmentations of 3D Slicer may have, with keys of its own.
layer = generator.integers(0, 3, (1, 4, 3, 2)).astype("u1")
name = "layer.seg.nrrd"
nrrd.write(
    str(folder / name),
    layer,
    {
        "space": "left-posterior-superior",
        "space directions": numpy.vstack([[numpy.nan] * 3, directions]),
        "space origin": origin,
        "kinds": ["list", "domain", "domain", "domain"],
        "space units": ["mm", "mm", "mm"],
        "Segment0_Name": "a: b",
    },
)
expected[name] = {
    "shape": [4, 3, 2],
    "affine": [float(value) for value in (to_ras["left-posterior-superior"] @ affine)[:3].ravel()],
    "values": [float(value) for value in layer[0].ravel(order="F")],
}

# More data than one chunk of the decompressor.
keep("large.nrrd", generator.integers(0, 2000, (130, 120, 50)).astype("<i2"), "left-posterior-superior", encoding="gzip")

# Voxels in a file beside the header.
for encoding in ("raw", "gzip"):
    keep(f"detached_{encoding}.nhdr", generator.integers(-90, 90, (4, 3, 2)).astype("<i2"), "left-posterior-superior", encoding=encoding)
    header = (folder / f"detached_{encoding}.nhdr").read_bytes()
    assert b"data file: detached_" in header and len(list(folder.glob(f"detached_{encoding}.raw*"))) == 1

with open(folder / "expected.json", "w") as file:
    json.dump(expected, file)
