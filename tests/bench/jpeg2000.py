"""A series in JPEG 2000 to a store, then read again: ours beside GDCM and pydicom, interleaved in one run, voxels compared.

usage: jpeg2000.py SERIES [REPEATS]      SERIES: a folder of plain slices (series.py writes one); it is packed losslessly into a scratch folder
needs: ninja -C build chiasm bench_volume bench_reread; packages pydicom, pylibjpeg, pylibjpeg-openjpeg, python-gdcm, NumPy

First pass, whole processes: `chiasm ingest` (scan, decode, de-identify, store), bench_volume (decode only, 2 threads), GDCM decoding the
files in order into one array (its own codec threads). Again: bench_reread from the store, pydicom decoding the files once more, inside each process.
"""
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pydicom

BUILD = Path(__file__).resolve().parents[2] / "build"
DATASET = """name: bench
sources:
  pacs: {{dicom: {series}}}
inputs:
  ct: {{modality: ct, source: pacs}}
deidentify: {{key: {key}, text_language: en}}
split: {{by: patient}}
"""
GDCM = """
import sys, numpy as np, gdcm
files = gdcm.Directory(); files.Load(sys.argv[1])
slices = []
for name in files.GetFilenames():
    reader = gdcm.ImageReader(); reader.SetFileName(name)
    if not reader.Read(): sys.exit('GDCM cannot read ' + name)
    image = reader.GetImage()
    pixels = image.GetBuffer().encode('utf-8', 'surrogateescape')
    slices.append((image.GetOrigin(2), np.frombuffer(pixels, '<u2').reshape(image.GetDimension(1), image.GetDimension(0))))
slices.sort(key=lambda s: s[0])
volume = np.stack([s[1] for s in slices]).astype('f4') - 1024
if len(sys.argv) > 2: volume.tofile(sys.argv[2])
"""


def pack(series, folder):
    folder.mkdir()
    for file in series.iterdir():
        header = pydicom.dcmread(file)
        header.compress(pydicom.uid.JPEG2000Lossless, generate_instance_uid=False)
        header.save_as(folder / file.name)


def run(*command):
    started = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr[-500:]}")
    return time.perf_counter() - started, done


def pydicom_again(folder):
    started = time.perf_counter()
    headers = sorted((pydicom.dcmread(f) for f in folder.iterdir()), key=lambda h: h.ImagePositionPatient[2])
    volume = np.stack([h.pixel_array for h in headers]).astype("f4") - 1024
    return time.perf_counter() - started, volume


def one_round(scratch, series, times):
    def keep(name, seconds):
        times.setdefault(name, []).append(seconds)

    store = scratch / f"store{len(times.get('chiasm ingest', []))}"
    keep("chiasm ingest", run(BUILD / "chiasm", "ingest", scratch / "dataset.yaml", "--out", store)[0])
    keep("decode only", run(BUILD / "bench_volume", "digest", series, 2, 1)[0])
    keep("GDCM", run(sys.executable, "-c", GDCM, series, scratch / "gdcm.f4")[0])
    reread = run(BUILD / "bench_reread", store, 5, scratch / "ours.f4")[1].stderr.split()
    keep("from the store", statistics.median(map(float, reread)))
    seconds, volume = pydicom_again(series)
    keep("pydicom", seconds)
    ours, theirs = (np.fromfile(scratch / name, "f4").reshape(volume.shape) for name in ("ours.f4", "gdcm.f4"))
    if not (np.array_equal(ours, volume) and np.array_equal(theirs, volume)):
        sys.exit("the voxels differ")


def main(series, repeats):
    times = {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        pack(series, scratch / "packed")
        key = scratch / "site.key"
        key.write_bytes(bytes(range(32)))
        key.chmod(0o600)
        (scratch / "dataset.yaml").write_text(DATASET.format(series=scratch / "packed", key=key))
        run(BUILD / "chiasm", "scan", scratch / "dataset.yaml")
        for _ in range(repeats):
            one_round(scratch, scratch / "packed", times)
    for name, seconds in times.items():
        print(f"{name}: {1e3 * statistics.median(seconds):.1f} ms [{1e3 * min(seconds):.1f}, {1e3 * max(seconds):.1f}]")
    for ours, peer in [("chiasm ingest", "GDCM"), ("decode only", "GDCM"), ("from the store", "pydicom")]:
        rounds = [p / o for p, o in zip(times[peer], times[ours])]
        ratio = statistics.median(times[peer]) / statistics.median(times[ours])
        print(f"{ours}: {ratio:.2f} times as fast as {peer} [{min(rounds):.2f}, {max(rounds):.2f}]")


main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
