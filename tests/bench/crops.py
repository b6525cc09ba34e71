"""Random crops of 96 x 96 x 96 voxels per second out of compressed stores: ours beside h5py and blosc2, interleaved, sums of the voxels compared.

usage: crops.py FOLDER [ROUNDS]      packages h5py, hdf5plugin, blosc2 and NumPy; FOLDER takes about 0.5 GB

One volume of 256 x 512 x 512 int16, smooth with noise, warm in the page cache. Ours: two threads. Each peer: two processes with a file of
their own, each with half of the crops (threads do not help h5py, whose library holds one lock); blosc2 also one process with two threads,
the faster of the two counts. Chunks of the peers: 64 x 64 x 64; blosc2 with blocks of 32 x 32 x 32 as nnU-Net would choose.
Only the reading is timed: each process has opened its file and read one crop before, and adds up the voxels in a second pass.
"""
import json
import statistics
import subprocess
import sys
from pathlib import Path

import blosc2
import h5py
import hdf5plugin
import numpy as np

BENCH = Path(__file__).resolve().parents[2] / "build" / "bench_crops"
SIZE, SIDE, CROPS = (256, 512, 512), 96, 240


def make(folder):
    """The volume, our store, the peers' files."""
    random = np.random.default_rng(1)
    d, h, w = np.meshgrid(*[np.linspace(-1, 1, n, dtype="f4") for n in SIZE], indexing="ij")
    body = (h * h + w * w < 0.7) * (40 + 300 * np.sin(6 * d) * np.cos(9 * h) * np.sin(7 * w)) - (h * h + w * w >= 0.7) * 1000
    volume = (body + random.normal(0, 12, SIZE).astype("f4")).astype("i2")
    volume.tofile(folder / "volume.raw")
    subprocess.run([BENCH, "make", folder / "volume.raw", *map(str, SIZE), folder / "store"], check=True)
    with h5py.File(folder / "gzip.h5", "w") as file:
        file.create_dataset("v", data=volume, chunks=(64, 64, 64), compression="gzip", compression_opts=4)
    with h5py.File(folder / "blosc.h5", "w") as file:
        file.create_dataset("v", data=volume, chunks=(64, 64, 64), **hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE))
    blosc2.asarray(volume, chunks=(64, 64, 64), blocks=(32, 32, 32), urlpath=str(folder / "v.b2nd"), mode="w",
                   cparams={"codec": blosc2.Codec.LZ4HC, "clevel": 5})


WORKER = """
import sys, time, json
import numpy as np
way, path, places, half, halves, side, threads = sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:])
places = np.fromfile(places, "i4").reshape(-1, 3)[half::halves]
if way == "h5py":
    import h5py, hdf5plugin
    source = h5py.File(path, "r")["v"]
else:
    import blosc2
    blosc2.set_nthreads(threads)
    source = blosc2.open(path, mode="r", mmap_mode="r", dparams={"nthreads": threads})
source[0:side, 0:side, 0:side]
print("ready", flush=True)
sys.stdin.readline()
started = time.perf_counter()
for d, h, w in places.tolist():
    source[d:d + side, h:h + side, w:w + side]
seconds = time.perf_counter() - started
print(json.dumps([seconds, sum(int(source[d:d + side, h:h + side, w:w + side].sum(dtype="i8")) for d, h, w in places.tolist())]))
"""


def peer(way, path, places, processes, threads):
    """Crops per second and the sum of the voxels. All processes begin together; the slowest counts."""
    runs = [subprocess.Popen([sys.executable, "-c", WORKER, way, path, places, str(n), str(processes), str(SIDE), str(threads)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for n in range(processes)]
    for run in runs:
        run.stdout.readline()
    for run in runs:
        run.stdin.write("\n"), run.stdin.flush()
    results = [json.loads(run.communicate()[0]) for run in runs]
    return CROPS / max(seconds for seconds, _ in results), sum(total for _, total in results)


def ours(command, *words):
    seconds, total = subprocess.run([BENCH, command, *map(str, words)], check=True, capture_output=True, text=True).stdout.split()
    return CROPS / float(seconds), int(total)


def one_round(folder, places):
    return {
        "ours, 2 threads": ours("run", folder / "store", places, SIDE, 2),
        "ours, 1 thread": ours("run", folder / "store", places, SIDE, 1),
        "h5py gzip-4, 2 processes": peer("h5py", folder / "gzip.h5", places, 2, 1),
        "h5py + blosc filter, 2 processes": peer("h5py", folder / "blosc.h5", places, 2, 1),
        "blosc2, 2 processes": peer("blosc2", folder / "v.b2nd", places, 2, 1),
        "blosc2, 2 threads": peer("blosc2", folder / "v.b2nd", places, 1, 2),
        "copy in memory, 2 threads (limit)": ours("copy", folder / "volume.raw", *SIZE, places, SIDE, 2),
    }


def main():
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "v.b2nd").exists():
        make(folder)
    rates = {}
    for n in range(rounds):
        places = np.stack([np.random.default_rng([n, axis]).integers(0, SIZE[axis] - SIDE + 1, CROPS) for axis in range(3)], 1).astype("i4")
        places.tofile(folder / "places.raw")
        found = one_round(folder, folder / "places.raw")
        if len({total for _, total in found.values()}) != 1:
            sys.exit(f"the crops differ: {found}")
        for name, (rate, _) in found.items():
            rates.setdefault(name, []).append(rate)
    mine = rates["ours, 2 threads"]
    for name, list_ in rates.items():
        ratios = [a / b for a, b in zip(mine, list_)]
        print(f"{name:36} {statistics.median(list_):8.0f} crops/s   ours is {statistics.median(ratios):6.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")
    files = {name: sum(f.stat().st_size for f in folder.glob(name)) / np.prod(SIZE) / 2 for name in ("store/shards/*", "gzip.h5", "blosc.h5", "v.b2nd")}
    print("size by raw size:", ", ".join(f"{name} {share:.2f}" for name, share in files.items()))


main()
