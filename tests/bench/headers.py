"""DICOM headers a second: ours beside pydicom (stop_before_pixels) and GDCM (ReadUpToTag, package python-gdcm), interleaved, the same values
from all.

usage: headers.py FOLDER [REPEATS]      FOLDER: plain DICOM files, e.g. demo/cohort/dicom; needs build/bench_headers (ninja -C build bench_headers)

One thread each but two for tree (scan_tree, which lists the folder too), files in the page cache. Prints seconds for all files (minimum, median, maximum), the ratio of
the medians and the range of the ratios of single rounds. GDCM is called from Python: two attributes a file are taken from it.
"""
import statistics
import subprocess
import sys
import time
from pathlib import Path

import gdcm
import pydicom

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "bench_headers"


def ours(way, folder):
    run = subprocess.run([PROGRAM, way, folder], capture_output=True, text=True, check=True)
    values = {(uid, tuple(map(float, place))) for uid, *place in map(str.split, run.stdout.splitlines())}
    return float(run.stderr.splitlines()[-1]), values


def gdcm_headers(files):
    pixels, uid, place = gdcm.Tag(0x7FE0, 0x10), gdcm.Tag(8, 0x18), gdcm.Tag(0x20, 0x32)
    found = set()
    started = time.perf_counter()
    for file in files:
        reader = gdcm.Reader()
        reader.SetFileName(str(file))
        if not reader.ReadUpToTag(pixels):
            sys.exit(f"GDCM cannot read {file}")
        text = gdcm.StringFilter()
        text.SetFile(reader.GetFile())
        found.add((text.ToString(uid), text.ToString(place)))
    seconds = time.perf_counter() - started
    return seconds, {(uid.strip("\0 "), tuple(map(float, place.split("\\") if place else []))) for uid, place in found}


def peer(files):
    started = time.perf_counter()
    headers = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
    seconds = time.perf_counter() - started
    return seconds, {(str(h.SOPInstanceUID), tuple(map(float, h.get("ImagePositionPatient", None) or []))) for h in headers}


def main(folder, repeats):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    times = {"canonical": [], "tree": [], "library": [], "pydicom": [], "gdcm": []}
    values = {}
    for _ in range(repeats):
        for way, seconds in times.items():
            if way == "gdcm":
                once, values[way] = gdcm_headers(files)
            else:
                once, values[way] = peer(files) if way == "pydicom" else ours(way, folder)
            seconds.append(once)
    if not values["canonical"] == values["tree"] == values["library"] == values["pydicom"] == values["gdcm"]:
        sys.exit("the values differ: " + ", ".join(f"{len(found)} headers of {way}" for way, found in values.items()))
    print(f"{len(files)} files, equal values")
    for way, seconds in times.items():
        middle = statistics.median(seconds)
        print(f"{way}: {middle:.3f} s median [{min(seconds):.3f}, {max(seconds):.3f}]; {1e6 * middle / len(files):.1f} us a file")
    for way in ("canonical", "tree", "library"):
        for name in (f"pydicom {pydicom.__version__}", f"gdcm {gdcm.Version.GetVersion()}"):
            theirs = times[name.split()[0]]
            rounds = [peer / our for peer, our in zip(theirs, times[way])]
            ratio = statistics.median(theirs) / statistics.median(times[way])
            print(f"{way} over {name}: {ratio:.1f} times [{min(rounds):.1f}, {max(rounds):.1f}]")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
