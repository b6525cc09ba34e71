"""Store to augmented batch: our loader beside MONAI's PersistentDataset with DataLoader, interleaved, two cores each.

usage: loader.py FOLDER [ROUNDS [D H W [VOLUMES]]]      packages monai, torch (CPU) and NumPy; FOLDER takes 8 bytes a voxel

VOLUMES int16 volumes, smooth with noise, warm in the page cache. Both sides: batches of 2 crops of 96 x 96 x 96, random place, window
-1000..1000 to -1..1, random shift, rotation and scale by linear sampling, contrast, gamma, noise and blur with the ranges and chances of
`light`. MONAI: 2 worker processes that stay; the deterministic part (reading, channel, window) is cached on disk by PersistentDataset before
the clock starts, beside it CacheDataset with that part in memory. MONAI crops first and turns the crop, which reads less than what ours does
(one sampling of the source, so that the corners of a turned crop show the source); meta data off. The list is repeated, so that no epoch
ends while the clock runs. Ours: 2 threads, without and with the cache of decoded studies. Both sides start the clock after a first batch
and add up the values of every batch; ours must be equal for all threads and caches.
"""
import statistics
import subprocess
import sys
import time
from pathlib import Path

import monai.transforms as mt
import numpy as np
import torch
from monai.data import CacheDataset, DataLoader, PersistentDataset, set_track_meta

BENCH = Path(__file__).resolve().parents[2] / "build" / "bench_loader"
SIDE, BATCH, BATCHES = 96, 2, 40


def make(folder, size, volumes):
    """The volumes as raw and .npy files, and our store."""
    d, h, w = np.meshgrid(*[np.linspace(-1, 1, n, dtype="f4") for n in size], indexing="ij", sparse=True)
    for n in range(volumes):
        random = np.random.default_rng(n)
        a, b, c = random.uniform(4, 9, 3).astype("f4")
        inside = (h * h + w * w < 0.7) & (d == d)
        volume = np.where(inside, 40 + 300 * np.sin(a * d) * np.cos(b * h) * np.sin(c * w), -1000)
        volume = (volume + random.normal(0, 12, size).astype("f4")).astype("i2")
        volume.tofile(folder / f"{n:03}.raw")
        np.save(folder / f"{n:03}.npy", volume)
    subprocess.run([BENCH, "make", folder, *map(str, size), folder / "store"], check=True)


def peer_datasets(folder):
    """With the cache on disk and with the one in memory. Ranges of data/transform/geometry.cpp and intensity.cpp, `light`."""
    turn, tilt = np.radians(5), np.radians(2)
    transforms = mt.Compose([
        mt.LoadImaged("ct", reader="NumpyReader"),
        mt.EnsureChannelFirstd("ct", channel_dim="no_channel"),
        mt.ScaleIntensityRanged("ct", -1000, 1000, -1, 1, clip=True),
        mt.RandSpatialCropd("ct", (SIDE,) * 3, random_size=False),
        mt.RandAffined("ct", prob=1, rotate_range=(turn, tilt, tilt), translate_range=(0.04 * SIDE,) * 3, scale_range=(0.05,) * 3,
                       mode="bilinear", padding_mode="border", cache_grid=True, spatial_size=(SIDE,) * 3),
        mt.RandGaussianSmoothd("ct", (0.3, 0.6), (0.3, 0.6), (0.3, 0.6), prob=0.1),
        mt.RandAdjustContrastd("ct", prob=0.2, gamma=(np.exp(-0.15), np.exp(0.15))),
        mt.RandScaleIntensityd("ct", factors=0.08, prob=0.5),
        mt.RandShiftIntensityd("ct", offsets=0.05, prob=0.5),
        mt.RandGaussianNoised("ct", prob=0.2, std=0.05),
    ])
    files = [{"ct": str(path)} for path in sorted(folder.glob("*.npy"))]
    once = PersistentDataset(files, transforms, cache_dir=folder / "cache")
    for n in range(len(files)):
        once[n]
    times = -(-(BATCHES + 1 + 8) * BATCH // len(files))
    return (PersistentDataset(files * times, transforms, cache_dir=folder / "cache"),
            CacheDataset(files * times, transforms, hash_as_key=True, num_workers=1, progress=False))


def peer(dataset):
    """Batches per second and the mean of all values."""
    loader = DataLoader(dataset, batch_size=BATCH, shuffle=True, num_workers=2, persistent_workers=True)
    batches = iter(loader)
    next(batches)
    total, started = 0.0, time.perf_counter()
    for _ in range(BATCHES):
        values = next(batches)["ct"]
        if values.shape != (BATCH, 1, SIDE, SIDE, SIDE):
            sys.exit(f"a batch of {tuple(values.shape)}")
        total += values.sum(dtype=torch.float64).item()
    seconds = time.perf_counter() - started
    del batches, loader
    return BATCHES / seconds, total / (BATCHES * BATCH * SIDE**3)


def ours(folder, threads, cache_mb):
    words = ["run", folder / "store", SIDE, BATCH, BATCHES, threads, cache_mb, "light"]
    seconds, total = subprocess.run([BENCH, *map(str, words)], check=True, capture_output=True, text=True).stdout.split()
    return BATCHES / float(seconds), float(total) / (BATCHES * BATCH * SIDE**3)


def main():
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    size = tuple(map(int, sys.argv[3:6])) if len(sys.argv) > 5 else (128, 256, 256)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "store").exists():
        make(folder, size, int(sys.argv[6]) if len(sys.argv) > 6 else 8)
    set_track_meta(False)
    torch.set_num_threads(1)
    on_disk, in_memory = peer_datasets(folder)
    rates, means = {}, {}
    for _ in range(rounds):
        found = {"ours, 2 threads, no cache": ours(folder, 2, 0), "MONAI PersistentDataset": peer(on_disk),
                 "ours, 2 threads, cache": ours(folder, 2, 1024), "MONAI CacheDataset": peer(in_memory),
                 "ours, 1 thread, no cache": ours(folder, 1, 0)}
        if len({mean for name, (_, mean) in found.items() if name.startswith("ours")}) != 1:
            sys.exit(f"our batches differ: {found}")
        for name, (rate, mean) in found.items():
            rates.setdefault(name, []).append(rate)
            means.setdefault(name, []).append(mean)
    for name, list_ in rates.items():
        ratios = [a / b for a, b in zip(list_, rates["MONAI PersistentDataset"])]
        median = statistics.median
        print(f"{name:26} {median(list_):7.2f} batches/s [{min(list_):.2f}, {max(list_):.2f}]   {median(ratios):6.2f} times "
              f"PersistentDataset [{min(ratios):.2f}, {max(ratios):.2f}]   mean value {median(means[name]):.3f}")


if __name__ == "__main__":
    main()
