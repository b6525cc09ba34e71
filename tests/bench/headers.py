"""DICOM headers a second: ours beside pydicom (stop_before_pixels), interleaved, the same values from both.

usage: headers.py FOLDER [REPEATS]      FOLDER: plain DICOM files, e.g. demo/cohort/dicom; needs build/bench_headers (ninja -C build bench_headers)

One thread each, files in the page cache. Prints seconds for all files (minimum and median) and the ratio of the minima.
"""
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pydicom

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "bench_headers"


def ours(way, folder):
    run = subprocess.run([PROGRAM, way, "1", folder], capture_output=True, text=True, check=True)
    return float(run.stderr.splitlines()[-1]), set(run.stdout.splitlines())


def peer(files):
    started = time.perf_counter()
    seen = []
    for file in files:
        header = pydicom.dcmread(file, stop_before_pixels=True)
        seen.append((str(header.SOPInstanceUID), [float(x) for x in header.get("ImagePositionPatient", None) or []]))
    seconds = time.perf_counter() - started
    return seconds, {" ".join([uid] + [f"{x:.17g}" if x != int(x) else str(int(x)) for x in place]) for uid, place in seen}


def same(mine, theirs):
    """Numbers are written differently: compared as numbers."""
    def key(line):
        uid, *place = line.split()
        return uid, tuple(float(x) for x in place)
    return {key(line) for line in mine} == {key(line) for line in theirs}


def main(folder, repeats):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    times = {"canonical": [], "library": [], "pydicom": []}
    for _ in range(repeats):
        for way in ("canonical", "library"):
            seconds, values = ours(way, folder)
            times[way].append(seconds)
            if way == "canonical":
                mine = values
        seconds, theirs = peer(files)
        times["pydicom"].append(seconds)
    if not same(mine, theirs):
        sys.exit(f"the values differ: {len(mine)} headers of ours, {len(theirs)} of pydicom")
    print(f"{len(files)} files, equal values")
    for way, seconds in times.items():
        low, middle = min(seconds), statistics.median(seconds)
        print(f"{way}: {low:.3f} s at least, {middle:.3f} s median; {1e6 * low / len(files):.1f} us a file")
    for way in ("canonical", "library"):
        print(f"{way} over pydicom {pydicom.__version__}: {min(times['pydicom']) / min(times[way]):.1f} times")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
