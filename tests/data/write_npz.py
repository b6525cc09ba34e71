"""Arrays of every type, byte order and axis order by numpy, and what they hold: write_npz.py FOLDER."""

import json
import pathlib
import sys

import numpy

folder = pathlib.Path(sys.argv[1])
generator = numpy.random.default_rng(5)
# dtype, place of its voxel type among those of data/volume.h (uint8, int16, uint16, int32, float)
types = [("?", 0), ("u1", 0), ("i1", 1), ("i2", 1), ("u2", 2), ("i4", 3), ("u4", 3), ("i8", 3), ("u8", 3), ("f2", 4), ("f4", 4), ("f8", 4)]
expected = {}


def keep(name, data, kind, spacing):
    expected[name] = {
        "shape": [1] * (3 - data.ndim) + list(data.shape),
        "spacing": spacing,
        "type": kind,
        "values": [float(numpy.float32(value)) for value in data.ravel(order="C")],
    }


for dtype, kind in types:
    for order in "<>":
        for layout in "CF":
            low, high = (0, 2) if dtype == "?" else (0, 120)
            data = generator.integers(low, high, (3, 4, 5)).astype(numpy.dtype(dtype).newbyteorder(order))
            if dtype[0] == "f":
                data /= 8
            if dtype[0] == "i":
                data -= 60
            data = numpy.array(data, order=layout)
            stem = f"{'big' if order == '>' else 'little'}_{layout}_{'b1' if dtype == '?' else dtype}"
            numpy.savez(folder / f"{stem}_stored.npz", image=data, spacing=numpy.array([2.5, 0.75, 0.5]))
            keep(f"{stem}_stored.npz", data, kind, [2.5, 0.75, 0.5])
            numpy.savez_compressed(folder / f"{stem}_packed.npz", data, spacing=numpy.array([3, 2, 1]))
            keep(f"{stem}_packed.npz", data, kind, [3, 2, 1])
            picture = numpy.array(data[1], order=layout)
            numpy.save(folder / f"{stem}.npy", picture)
            keep(f"{stem}.npy", picture, kind, [1, 1, 1])

# Versions 2.0 and 3.0 are written when asked for.
picture = numpy.arange(12, dtype="<i2").reshape(3, 4)
for version in ((2, 0), (3, 0)):
    name = f"version_{version[0]}.npy"
    with open(folder / name, "wb") as file:
        numpy.lib.format.write_array(file, picture, version=version)
    keep(name, picture, 1, [1, 1, 1])

# A large array, whose archive has members beyond one chunk.
large = generator.integers(0, 1000, (40, 200, 210)).astype("<i2")
numpy.savez_compressed(folder / "large.npz", image=large, spacing=numpy.array([1, 1, 1]))
keep("large.npz", large[:1], 1, [1, 1, 1])
expected["large.npz"]["shape"] = list(large.shape)
expected["large.npz"]["values"] = [float(value) for value in large.ravel()]

with open(folder / "expected.json", "w") as file:
    json.dump(expected, file)
