"""Reads one study of a shard with h5py and writes what it sees as JSON: read_with_h5py.py SHARD STUDY OUT."""
import json
import math
import sys

import h5py
import hdf5plugin  # noqa: F401  the Blosc filter of the shards
import numpy


def number(value):
    return None if math.isnan(value) else float(value)


shard, study, out = sys.argv[1:]
with h5py.File(shard, "r") as file:
    group = file[study]
    image = group["inputs/ct/0"]
    voxels = image["voxels"][...]
    checked = []
    file.visititems(lambda name, item: checked.append(item.fletcher32) if isinstance(item, h5py.Dataset) else None)
    report = {
        "shape": list(voxels.shape),
        "type": str(voxels.dtype),
        "sum": float(voxels.astype(numpy.float64).sum()),
        "weighted": float((voxels.astype(numpy.float64).ravel() * (numpy.arange(voxels.size) % 1009)).sum()),
        "valid": int(image["valid"][...].sum()),
        "affine": [float(x) for x in image.attrs["affine"]],
        "rescale": [float(x) for x in image.attrs["rescale"]],
        "text": group["inputs/findings/0/text"][0].decode(),
        "days": float(group["inputs/findings/0"].attrs["days"][0]),
        "table": [number(x) for x in group["inputs/labs/0/table"][...]],
        "labels": [number(x) for x in group["labels/disease"][...]],
        "patient": group.attrs["patient"].decode(),
        "facts": json.loads(group.attrs["facts"]),
        "all_checked": all(checked) and len(checked) > 5,
        "places_are_true": all(
            image["voxels"].id.get_chunk_info(n)[2:] == tuple(int(x) for x in image["voxels_chunks"][n]) for n in range(image["voxels"].id.get_num_chunks())
        ),
        "filters": sorted(image["voxels"]._filters),
    }
with open(out, "w") as file:
    json.dump(report, file)
