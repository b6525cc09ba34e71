"""How cost grows, at 1, 2, 4 and 8 times the size: slopes of straight lines through the logarithms (0: independent, 1: proportional).

usage: growth.py FOLDER [crops] [cohort] [files] [loader] [seek]      all unless named
needs NumPy, pydicom; ninja -C build chiasm bench_crops bench_loader; FOLDER takes about 4 GB

crops     time of a crop by the voxels of the volume that 96 x 96 x 96 crops are read from: must not grow
cohort    ingest of the built-in cohort by its patients (15 to 120): time proportional, greatest resident set must not grow
files     ingest of small DICOM files (12,500 to 100,000; series of 50): the same
loader    greatest resident set of the loader by the size of the store, at one budget: must not grow
seek      time to jump to a batch, by studies (12,500 to 100,000): must not grow
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


def watched(*command):
    """Seconds and greatest resident MiB of one process."""
    started = time.perf_counter()
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(f"{command[:2]} failed")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def ingest(dataset, store):
    subprocess.run(["rm", "-rf", store], check=True)
    return watched(BUILD / "chiasm", "ingest", dataset, "--out", store)


def cohort(folder, times):
    made = folder / f"cohort{times}"
    if not made.exists():
        subprocess.run([BUILD / "chiasm", "synth", "--out", made, "--patients", str(15 * times), "--seed", "5"], check=True, capture_output=True)
    return ingest(made / "dataset.yaml", folder / "store")


DATASET = """name: growth
sources:
  pacs: {dicom: dicom}
inputs:
  ct: {modality: ct, source: pacs}
deidentify: {key: site.key, text_language: en}
split: {by: patient}
"""


def small_files(folder, count):
    """Series of 50 slices of 16 x 16, made from one file by exchanging what tells files apart, at its length."""
    import pydicom
    made = folder / f"files{count}"
    if made.exists():
        return made
    subprocess.run([sys.executable, Path(__file__).with_name("series.py"), made / "one", "1", "16"], check=True)
    template = next((made / "one").iterdir())
    header = pydicom.dcmread(template)
    header.AccessionNumber, header.PatientID = "A0000000", "P0000000"
    header.StudyInstanceUID, header.SeriesInstanceUID = "1.2.3.4.50000000", "1.2.3.4.60000000"
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.70000000"
    header.ImagePositionPatient = ["0", "0", "-80000.5"]
    header.save_as(template)
    plain = template.read_bytes()
    for n in range(count):
        number = n // 50
        data = plain
        for mark, value in [(b"A0000000", f"A{number:07}"), (b"P0000000", f"P{number:07}"), (b"1.2.3.4.50000000", f"1.2.3.4.5{number:07}"),
                            (b"1.2.3.4.60000000", f"1.2.3.4.6{number:07}"), (b"1.2.3.4.70000000", f"1.2.3.4.7{n:07}"),
                            (b"-80000.5", f"-{n % 50:05}.5")]:
            data = data.replace(mark, value.encode())
        place = made / "dicom" / f"{number:05}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{n % 50:02}").write_bytes(data)
    (made / "dataset.yaml").write_text(DATASET)
    (made / "site.key").write_bytes(bytes(range(32)))
    (made / "site.key").chmod(0o600)
    return made


def files(folder, times):
    made = small_files(folder, 12500 * times)
    subprocess.run(["find", made, "-type", "f", "-exec", "cat", "{}", "+"], stdout=subprocess.DEVNULL, check=True)  # into the page cache
    return ingest(made / "dataset.yaml", folder / "store")


def loader(folder, times):
    """Stores of 2 to 16 volumes of 128 x 256 x 256."""
    made = folder / f"loader{times}"
    if not made.exists():
        made.mkdir()
        size = (128, 256, 256)
        for n in range(2 * times):
            random = np.random.default_rng(n)
            np.cumsum(random.integers(-3, 4, size, dtype="i2"), axis=2, dtype="i2").tofile(made / f"{n:02}.raw")
        subprocess.run([BUILD / "bench_loader", "make", made, *map(str, size), made / "store"], check=True)
    return watched(BUILD / "bench_loader", "run", made / "store", 96, 2, 40, 2, 0, "light")


def seek(folder, times):
    command = [BUILD / "bench_loader", "seek", str(12500 * times), "200000"]
    return min(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]) for _ in range(5)) / 200000


ROWS = {
    "crops": lambda folder, n: {"crop time (ms)": 1000 * crop_seconds(folder, n) / 200},
    "cohort": lambda folder, n: dict(zip(("cohort, ingest (s)", "cohort, memory (MiB)"), cohort(folder, n))),
    "files": lambda folder, n: dict(zip(("files, ingest (s)", "files, memory (MiB)"), files(folder, n))),
    "loader": lambda folder, n: {"loader, memory (MiB)": loader(folder, n)[1]},
    "seek": lambda folder, n: {"seek (us)": 1e6 * seek(folder, n)},
}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for what in sys.argv[2:] or ROWS:
        measured = [ROWS[what](folder, n) for n in TIMES]
        for name in measured[0]:
            values = [figures[name] for figures in measured]
            print(f"{name:22} " + " ".join(f"{v:9.3f}" for v in values) + f"   slope {slope(values):.2f}")


main()
