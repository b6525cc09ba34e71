"""A CT series to a sorted volume: ours beside SimpleITK and dcm2niix, interleaved in one run, voxels compared.

usage: volume.py FOLDER [REPEATS]      FOLDER: one uncompressed series (series.py writes one); packages SimpleITK, dcm2niix and NumPy

Whole processes: `chiasm convert` (writes .nii.gz), bench_volume (reads only), Python with SimpleITK (reads only), dcm2niix -z n (writes .nii).
Inside the process: bench_volume's and SimpleITK's seconds of the reading alone. Files in the page cache for all.
"""
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BUILD = Path(__file__).resolve().parents[2] / "build"
SITK = """
import sys, time
import SimpleITK as sitk
started = time.perf_counter()
reader = sitk.ImageSeriesReader()
reader.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(sys.argv[1]))
image = reader.Execute()
print(time.perf_counter() - started)
if len(sys.argv) > 2: sitk.GetArrayFromImage(image).astype("float32").tofile(sys.argv[2])
"""


def timed(command):
    started = time.perf_counter()
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{command[0]} failed: {run.stderr[-500:]}")
    return time.perf_counter() - started, run


def one_round(folder, scratch, times):
    def keep(name, seconds):
        times.setdefault(name, []).append(seconds)

    for way in ("plain", "digest"):
        whole, run = timed([BUILD / "bench_volume", way, folder, 2, 1])
        keep(f"ours, {way}, whole process", whole), keep(f"ours, {way}, inside", float(run.stderr))
    read, copy = map(float, timed([BUILD / "bench_volume", "limits", folder, 2, 3])[1].stderr.split()[-2:])
    keep("read() of the files, 2 threads", read), keep("copy in memory, 2 threads", copy)
    whole, run = timed([sys.executable, "-c", SITK, folder])
    keep("SimpleITK, whole process", whole), keep("SimpleITK, inside", float(run.stdout.split()[0]))
    with tempfile.TemporaryDirectory(dir=scratch) as out:
        keep("dcm2niix -z n, whole process", timed([Path(sys.executable).parent / "dcm2niix", "-z", "n", "-b", "n", "-o", out, folder])[0])
    if (BUILD / "chiasm").exists():
        with tempfile.TemporaryDirectory(dir=scratch) as out:
            keep("chiasm convert, whole process", timed([BUILD / "chiasm", "convert", folder, "--out", out + "/o"])[0])


def nifti_values(path, count):
    raw = path.read_bytes()
    slope, intercept = np.frombuffer(raw, "<f4", 2, 112)
    data = np.frombuffer(raw, "<i2", count, int(np.frombuffer(raw, "<f4", 1, 108)[0]))
    return data.astype("f4") * (slope or 1) + intercept


def check_equal(folder, scratch):
    ours, theirs = scratch / "ours.f32", scratch / "theirs.f32"
    timed([BUILD / "bench_volume", "plain", folder, 2, 1, ours])
    timed([sys.executable, "-c", SITK, folder, theirs])
    timed([Path(sys.executable).parent / "dcm2niix", "-z", "n", "-b", "n", "-f", "peer", "-o", scratch, folder])
    a, b = np.fromfile(ours, "f4"), np.fromfile(theirs, "f4")
    side = int(subprocess.run([sys.executable, "-c", "import sys,pydicom;print(pydicom.dcmread(sys.argv[1]).Rows)", next(folder.iterdir())],
                              capture_output=True, text=True, check=True).stdout)
    c = nifti_values(scratch / "peer.nii", a.size).reshape(-1, side, side)[:, ::-1]  # dcm2niix turns rows round
    if not (np.array_equal(a, b) and np.array_equal(a, c.ravel())):
        sys.exit("the voxels differ")
    print(f"{a.size} voxels, equal from all three")


def main(folder, repeats):
    times = {}
    with tempfile.TemporaryDirectory() as scratch:
        check_equal(folder, Path(scratch))
        for _ in range(repeats):
            one_round(folder, scratch, times)
    for name, seconds in times.items():
        print(f"{name}: {1e3 * statistics.median(seconds):.1f} ms [{1e3 * min(seconds):.1f}, {1e3 * max(seconds):.1f}]")
    for ours, peer in [("ours, plain, whole process", "SimpleITK, whole process"), ("ours, plain, inside", "SimpleITK, inside"),
                       ("ours, plain, whole process", "dcm2niix -z n, whole process"), ("chiasm convert, whole process", "SimpleITK, whole process"),
                       ("chiasm convert, whole process", "dcm2niix -z n, whole process"), ("ours, plain, inside", "read() of the files, 2 threads")]:
        if ours in times:
            rounds = [p / o for p, o in zip(times[peer], times[ours])]
            ratio = statistics.median(times[peer]) / statistics.median(times[ours])
            print(f"{ours}: {ratio:.2f} times as fast as {peer} [{min(rounds):.2f}, {max(rounds):.2f}]")


main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7)
