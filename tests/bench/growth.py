"""How cost grows, at 1, 2, 4 and 8 times the size: slopes of straight lines through the logarithms (0: independent, 1: proportional).

usage: growth.py FOLDER      needs NumPy, build/chiasm and build/bench_crops; FOLDER takes about 3 GB

crop time      by the voxels of the volume that 96 x 96 x 96 crops are read from: must not grow
ingest time    by the number of patients of the built-in cohort: proportional
ingest memory  greatest resident set of the process, by the number of patients: must not grow
"""
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

BUILD = Path(__file__).resolve().parents[2] / "build"
TIMES = (1, 2, 4, 8)


def slope(values):
    return np.polyfit(np.log(TIMES), np.log(values), 1)[0]


def crop_seconds(folder, times):
    """Least of seven runs of 200 random crops by two threads; a warm page cache."""
    size = (128 * min(times, 2), 256 * min(max(times // 2, 1), 2), 256 * max(times // 4, 1))
    work = folder / f"crops{times}"
    if not work.exists():
        work.mkdir(parents=True)
        random = np.random.default_rng(times)
        (np.cumsum(random.integers(-3, 4, size, dtype="i2"), axis=2, dtype="i2") + random.integers(0, 20, size, dtype="i2")).tofile(work / "raw")
        subprocess.run([BUILD / "bench_crops", "make", work / "raw", *map(str, size), work / "store"], check=True)
    places = np.stack([np.random.default_rng([7, a]).integers(0, size[a] - 95, 200) for a in range(3)], 1).astype("i4")
    places.tofile(work / "places")
    command = [BUILD / "bench_crops", "run", work / "store", work / "places", "96", "2"]
    return min(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]) for _ in range(7))


def ingest(folder, times):
    """Seconds and greatest resident bytes of one ingest."""
    patients = 15 * times
    cohort, store = folder / f"cohort{times}", folder / f"store{times}"
    if not cohort.exists():
        subprocess.run([BUILD / "chiasm", "synth", "--out", cohort, "--patients", str(patients), "--seed", "5"], check=True, capture_output=True)
    subprocess.run(["rm", "-rf", store], check=True)
    started = time.perf_counter()
    child = subprocess.Popen([BUILD / "chiasm", "ingest", cohort / "dataset.yaml", "--out", store], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit("ingest failed")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    crops = [crop_seconds(folder, n) for n in TIMES]
    ingests = [ingest(folder, n) for n in TIMES]
    rows = {"crop time (ms)": [1000 * s / 200 for s in crops], "ingest time (s)": [s for s, _ in ingests],
            "ingest memory (MiB)": [b / 2**20 for _, b in ingests]}
    for name, values in rows.items():
        print(f"{name:20} " + " ".join(f"{v:9.2f}" for v in values) + f"   slope {slope(values):.2f}")


main()
