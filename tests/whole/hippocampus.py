"""Masks that `chiasm evaluate` wrote, judged by another reader against the files of the origin.

usage: hippocampus.py RUN DATA [ANTERIOR POSTERIOR]     goals of the mean Dice; DATA holds images/ and labels/

Exits with 1 when a mask has another grid or affine than its source, a class that does not exist, when a figure of metrics.json differs from
the Dice of the files, or when a goal is missed.
"""

import json
import pathlib
import sys

import nibabel
import numpy as np

CLASSES = ("anterior", "posterior")


def dice(found, truth):
    total = found.sum() + truth.sum()
    return 2.0 * (found & truth).sum() / total if total else float("nan")


def judge(path, data, problems):
    name = path.name.removesuffix("_hippocampus.nii.gz") + ".nii.gz"
    mask, image, label = nibabel.load(path), nibabel.load(data / "images" / name), nibabel.load(data / "labels" / name)
    if mask.shape != image.shape:
        problems.append(f"{name}: the mask has the shape {mask.shape}, its source {image.shape}")
        return None
    if np.abs(mask.affine - image.affine).max() > 1e-4:
        problems.append(f"{name}: the mask has another affine than its source")
    found, truth = np.asarray(mask.dataobj), np.asarray(label.dataobj)
    if not set(np.unique(found)) <= {0, 1, 2}:
        problems.append(f"{name}: the mask has the values {np.unique(found)}")
    return [dice(found == n, truth == n) for n in (1, 2)]


def main(run, data, goals):
    problems = []
    masks = sorted((run / "predictions").glob("*_hippocampus.nii.gz"))
    values = [value for path in masks if (value := judge(path, data, problems)) is not None]
    if not values:
        sys.exit("no mask could be compared: " + "; ".join(problems))
    figures = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["tasks"]["segment"]
    for n, (name, mean) in enumerate(zip(CLASSES, np.mean(values, axis=0))):
        figure = figures[name]["dice"]
        if abs(figure["value"] - mean) > 1e-6:
            problems.append(f"{name}: metrics.json says {figure['value']}, the files {mean}")
        goal = f"; goal {goals[n]}" if goals else ""
        print(f"{name}: Dice {mean:.4f} [{figure['low']:.4f}, {figure['high']:.4f}] on {len(values)} images in their own grid{goal}")
        if goals and mean < goals[n]:
            problems.append(f"{name}: {mean:.4f} misses the goal {goals[n]}")
    if problems:
        sys.exit("hippocampus: " + "\n".join(problems))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), [float(word) for word in sys.argv[3:]])
