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
    run = subprocess.run([PROGRAM, way, folder], capture_output=True, text=True, check=True)
    values = {(uid, tuple(map(float, place))) for uid, *place in map(str.split, run.stdout.splitlines())}
    return float(run.stderr.splitlines()[-1]), values


def peer(files):
    started = time.perf_counter()
    headers = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
    seconds = time.perf_counter() - started
    return seconds, {(str(h.SOPInstanceUID), tuple(map(float, h.get("ImagePositionPatient", None) or []))) for h in headers}


def main(folder, repeats):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    times = {"canonical": [], "library": [], "pydicom": []}
    values = {}
    for _ in range(repeats):
        for way, seconds in times.items():
            once, values[way] = peer(files) if way == "pydicom" else ours(way, folder)
            seconds.append(once)
    if not values["canonical"] == values["library"] == values["pydicom"]:
        sys.exit("the values differ: " + ", ".join(f"{len(found)} headers of {way}" for way, found in values.items()))
    print(f"{len(files)} files, equal values")
    for way, seconds in times.items():
        low, middle = min(seconds), statistics.median(seconds)
        print(f"{way}: {low:.3f} s at least, {middle:.3f} s median; {1e6 * low / len(files):.1f} us a file")
    for way in ("canonical", "library"):
        print(f"{way} over pydicom {pydicom.__version__}: {min(times['pydicom']) / min(times[way]):.1f} times")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
