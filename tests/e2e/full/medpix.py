"""Image-to-text retrieval of three folds beside two baselines that learn no network.

usage: medpix.py STORE SPLIT RUN...      one run a fold, in order; each evaluated with `chiasm evaluate RUN --split val`

Pixel neighbours + TF-IDF: the captions of the ten training pictures with the most similar pixels, weighted by similarity, stand for the
query picture. Body-region oracle: told the body region of picture and caption, it ranks the captions of that region first.
All three choose from the same pool. Equally similar candidates count as ordered at random, in expectation.
Exits with 1 when the mean R@10 over chance of the runs misses GOAL.
"""
import csv
import json
import re
import sys
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  the Blosc filter of the shards
import numpy as np
from safetensors import safe_open

GOAL, AIM = 2.5, 3.5
SIDE, NEIGHBOURS = 32, 10


class Store:
    def __init__(self, folder):
        with open(folder / "index.csv", newline="", encoding="utf-8") as file:
            self.rows = {row["study"]: row for row in csv.DictReader(file)}
        self.shards = {path.name: h5py.File(path, "r") for path in sorted((folder / "shards").glob("*.h5"))}

    def item(self, study, name):
        return self.shards[Path(self.rows[study]["shard"]).name][study]["inputs"][name]["0"]

    def caption(self, study):
        text = self.item(study, "caption")["text"][()]
        return text.decode("utf-8") if isinstance(text, bytes) else str(np.asarray(text).tobytes().decode("utf-8"))

    def pixels(self, study):
        """The picture in the middle of a square, as SIDE x SIDE means, standardised."""
        image = np.squeeze(self.item(study, "picture")["voxels"][()]).astype(np.float64)
        side = max(image.shape)
        square = np.zeros((side, side))
        top, left = (side - image.shape[0]) // 2, (side - image.shape[1]) // 2
        square[top : top + image.shape[0], left : left + image.shape[1]] = image
        edges = np.linspace(0, side, SIDE + 1).astype(int)
        small = np.add.reduceat(np.add.reduceat(square, edges[:-1], 0), edges[:-1], 1) / np.outer(np.diff(edges), np.diff(edges))
        small = small.ravel() - small.mean()
        return small / (np.linalg.norm(small) + 1e-12)


def words(text):
    return re.findall(r"[a-z]{2,}", text.lower())


def tf_idf(train, texts):
    """Unit rows; document frequencies of the training texts alone."""
    documents = [set(words(text)) for text in train]
    vocabulary = {word: i for i, word in enumerate(sorted(set().union(*documents)))}
    frequency = np.zeros(len(vocabulary))
    for document in documents:
        for word in document:
            frequency[vocabulary[word]] += 1
    idf = np.log((1 + len(train)) / (1 + frequency)) + 1
    out = np.zeros((len(texts), len(vocabulary)))
    for row, text in zip(out, texts):
        for word in words(text):
            if word in vocabulary:
                row[vocabulary[word]] += 1
    out *= idf
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


def recall(similarity, k):
    partner = np.diag(similarity)[:, None]
    better = (similarity > partner).sum(1)
    tied = (similarity == partner).sum(1) - 1
    return float(np.clip((k - better) / (tied + 1), 0, 1).mean())


def pool_of(run):
    """The first study of each patient by name, as `evaluate.pool: patient` chooses."""
    with safe_open(run / "predictions" / "contrastive.embeddings.safetensors", "np") as file:
        facts = file.metadata()
    first = {}
    for study, patient in zip(json.loads(facts["studies"]), json.loads(facts["patients"])):
        first[patient] = min(study, first.get(patient, study))
    return sorted(first.values())


def pixel_neighbours(store, train, pool):
    captions = tf_idf([store.caption(s) for s in train], [store.caption(s) for s in train + pool])
    known, wanted = captions[: len(train)], captions[len(train) :]
    closeness = np.stack([store.pixels(s) for s in pool]) @ np.stack([store.pixels(s) for s in train]).T
    nearest = np.argsort(-closeness, axis=1)[:, :NEIGHBOURS]
    weights = np.take_along_axis(closeness, nearest, 1)
    return np.einsum("qn,qnw->qw", weights, known[nearest]) @ wanted.T


def region_oracle(store, pool):
    regions = np.array([store.rows[s]["fact.region"] for s in pool])
    return (regions[:, None] == regions[None, :]).astype(float)


def main(store_folder, split_file, runs):
    store = Store(Path(store_folder))
    folds = json.loads(Path(split_file).read_text(encoding="utf-8"))["folds"]
    if len(runs) != len(folds):
        sys.exit(f"{len(folds)} folds need as many runs; {len(runs)} were given")
    lifts = {"model": [], "pixel neighbours + TF-IDF": [], "body-region oracle": []}
    print("image-to-text R@10 (over chance)")
    for fold, run in enumerate(map(Path, runs)):
        figures = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["tasks"]["contrastive"]["picture to caption"]
        pool = pool_of(run)
        train = sorted(study for other, studies in enumerate(folds) if other != fold for study in studies)
        if len(pool) != figures["pool"]["value"] or set(pool) & set(train):
            sys.exit(f"fold {fold}: the pool of {run} is not that of its metrics, or holds training studies")
        chance = 10 / len(pool)
        values = {
            "model": figures["r10"]["value"],
            "pixel neighbours + TF-IDF": recall(pixel_neighbours(store, train, pool), 10),
            "body-region oracle": recall(region_oracle(store, pool), 10),
        }
        print(f"fold {fold}: pool {len(pool)} cases, one picture each; chance {chance:.3f}; "
              + "; ".join(f"{name} {value:.3f} ({value / chance:.2f} x)" for name, value in values.items()))
        for name, value in values.items():
            lifts[name].append(value / chance)
    mean = {name: float(np.mean(values)) for name, values in lifts.items()}
    print("mean: " + "; ".join(f"{name} {value:.2f} x" for name, value in mean.items()))
    verdict = "reached" if mean["model"] >= GOAL else "MISSED"
    print(f"goal {GOAL} x: {verdict}; aim {AIM} x: {'reached' if mean['model'] >= AIM else 'not reached'}")
    sys.exit(0 if mean["model"] >= GOAL else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
