"""Judges the runs of cuda.sh.   usage: cuda.py FOLDER

Losses in fp32 on GPU and CPU must agree to TOLERANCE at every step; repeated and resumed runs must have equal weights, byte for byte.
Prints the median step of both devices beside that. Exits with 1 when one of these does not hold.
"""
import hashlib
import json
import statistics
import sys
from pathlib import Path

TOLERANCE = 2e-3  # relative; a sum in another order, grown over the steps


def log(run):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if "samples_per_s" in line]  # the others are validations


def digest(run):
    return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()


def compare(folder, name):
    pairs = list(zip(log(folder / f"{name}_cpu"), log(folder / f"{name}_cuda"), strict=True))
    worst = max(abs(a["loss"] - b["loss"]) / max(abs(a["loss"]), 1e-9) for a, b in pairs)
    first = abs(pairs[0][0]["loss"] - pairs[0][1]["loss"]) / abs(pairs[0][0]["loss"])
    print(f"{name}: {len(pairs)} steps in fp32, losses differ by {first:.1e} at the first and {worst:.1e} at most")
    return worst <= TOLERANCE


def rate(run):
    steps = log(run)[3:]  # the first steps choose kernels
    return statistics.median(step["samples_per_s"] for step in steps), statistics.median(step["data_wait"] for step in steps)


def main(folder):
    good = [compare(folder, name) for name in ("pretrain", "segment", "classify", "report")]
    digests = {name: digest(folder / name) for name in ("once_more_1", "once_more_2", "resumed")}
    good.append(len(set(digests.values())) == 1)
    print("repeated and resumed runs: " + ("equal weights" if good[-1] else f"weights DIFFER: {digests}"))
    for device in ("cpu", "cuda"):
        studies, wait = rate(folder / f"speed_{device}")
        precision = json.loads((folder / f"speed_{device}" / "run.json").read_text(encoding="utf-8"))["precision"]
        print(f"pretraining on {device} ({precision}): {studies:.1f} studies/s, waits for data {100 * wait:.0f} % of the time")
    sys.exit(0 if all(good) else 1)


main(Path(sys.argv[1]))
