"""Figures of metrics.json, computed again from predictions.csv and reports.jsonl alone. metrics.py RUN..."""

import csv
import json
import math
import pathlib
import re
import sys
from collections import defaultdict

TOLERANCE = 1e-9


class Judge:
    def __init__(self):
        self.problems, self.compared = [], 0

    def equal(self, what, found, wanted):
        self.compared += 1
        same = (found is None or math.isnan(found)) if wanted is None or math.isnan(wanted) else found is not None and abs(found - wanted) <= TOLERANCE
        if not same:
            self.problems.append(f"{what}: metrics.json says {found}, predictions.csv gives {wanted}")

    def figure(self, what, figure, wanted, rows, positives=None):
        self.equal(what, figure["value"], wanted)
        self.equal(what + " n", figure["n"], len(rows))
        self.equal(what + " patients", figure["n_patients"], len({row["patient"] for row in rows}))
        if positives is not None:
            self.equal(what + " positives", figure["n_positive"], positives)
        if figure["low"] is not None and not 0 <= figure["low"] <= figure["high"] <= 1:
            self.problems.append(f"{what}: interval {figure['low']} to {figure['high']}")


def auroc(scores, labels):
    """Share of the pairs of a positive and a negative that are in order, ties half."""
    positives = [s for s, label in zip(scores, labels) if label]
    negatives = [s for s, label in zip(scores, labels) if not label]
    pairs = [(p > n) + 0.5 * (p == n) for p in positives for n in negatives]
    return sum(pairs) / len(pairs) if pairs else math.nan


def average_precision(scores, labels):
    """Step-wise area: at each distinct threshold, the gain in recall times the precision."""
    if not any(labels):
        return math.nan
    area = recall = 0.0
    for threshold in sorted(set(scores), reverse=True):
        chosen = [label for s, label in zip(scores, labels) if s >= threshold]
        now = sum(chosen) / sum(labels)
        area += (now - recall) * sum(chosen) / len(chosen)
        recall = now
    return area


def calibration_error(scores, labels):
    bins = defaultdict(list)
    for s, label in zip(scores, labels):
        bins[min(int(s * 10), 9)].append((s, label))
    return sum(abs(sum(s for s, _ in b) - sum(label for _, label in b)) for b in bins.values()) / len(scores)


def score_figures(rows):
    scores, labels = [row["score"] for row in rows], [int(row["label"] > 0.5) for row in rows]
    return {"auroc": auroc(scores, labels), "average_precision": average_precision(scores, labels),
            "brier": sum((s - label) ** 2 for s, label in zip(scores, labels)) / len(rows),
            "calibration_error": calibration_error(scores, labels), "prevalence": sum(labels) / len(rows)}


def by_target(rows):
    out = defaultdict(list)
    for row in rows:
        if row["label"] is not None:
            out[row["target"]].append(row)
    return out


def macro(rows):
    areas = [score_figures(list_)["auroc"] for list_ in by_target(rows).values()]
    areas = [a for a in areas if not math.isnan(a)]
    return sum(areas) / len(areas) if areas else math.nan


def check_scores(judge, name, wanted, rows):
    targets = by_target(rows)
    for target, list_ in targets.items():
        for metric, value in score_figures(list_).items():
            judge.figure(f"{name} {target} {metric}", wanted[target][metric], value, list_, sum(r["label"] > 0.5 for r in list_))
    judge.equal(f"{name} macro", wanted["macro"]["auroc"]["value"], macro(rows))
    if set(wanted) - {"macro"} != set(targets):
        judge.problems.append(f"{name}: targets {sorted(wanted)} instead of {sorted(targets)}")


def check_masks(judge, name, wanted, rows):
    dices = []
    for target, list_ in by_target(rows).items():
        present, empty = [r for r in list_ if r["label"] > 0], [r for r in list_ if r["label"] == 0]
        dice = sum(r["score"] for r in present) / len(present) if present else math.nan
        rate = sum(r["score_raw"] > 0 for r in empty) / len(empty) if empty else math.nan
        judge.figure(f"{name} {target} dice", wanted[target]["dice"], dice, list_, len(present))
        judge.figure(f"{name} {target} false positives", wanted[target]["false_positive_rate"], rate, list_)
        dices.append(dice)
    judge.equal(f"{name} macro dice", wanted["macro"]["dice"]["value"], sum(dices) / len(dices))


def check_complete(judge, task, wanted, by_subset, inputs):
    """Studies that have every input, and what all inputs add to the best single one."""
    whole = set.intersection(*({row["study"] for row in by_subset[name]} for name in inputs))
    of = {name: [row for row in rows if row["study"] in whole] for name, rows in by_subset.items()}
    for name, figures in wanted["subsets"].items():
        check_scores(judge, f"{task} complete {name}", figures, of[name])
    best = max(inputs, key=lambda name: macro(of[name]))
    if best != wanted["best_single"]:
        judge.problems.append(f"{task}: the best single input is {best}, not {wanted['best_single']}")
    judge.equal(f"{task} gain", wanted["gain_over_best_single"]["value"], macro(of["all"]) - macro(of[best]))


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def rouge_l(generated, reference, beta=1.2):
    a, b = words(generated), words(reference)
    lengths = [0] * (len(b) + 1)
    for x in a:
        before = lengths[:]
        for j, y in enumerate(b):
            lengths[j + 1] = before[j] + 1 if x == y else max(before[j + 1], lengths[j])
    if not lengths[-1]:
        return 0.0
    precision, recall = lengths[-1] / len(a), lengths[-1] / len(b)
    return (1 + beta ** 2) * precision * recall / (recall + beta ** 2 * precision)


def check_texts(judge, run, metrics):
    by_subset = defaultdict(list)
    for line in (run / "predictions" / "reports.jsonl").read_text().splitlines():
        pair = json.loads(line)
        if pair["reference"]:
            by_subset[pair["subset"]].append(pair)
    for target, subsets in metrics["text_subsets"].items():
        if set(subsets) != set(by_subset) or subsets["all"] != metrics["texts"][target]:
            judge.problems.append(f"{target}: other subsets in metrics.json than in reports.jsonl")
        for name, figures in subsets.items():
            lines = by_subset[name]
            judge.equal(f"rouge_l {name}", figures["rouge_l"]["value"], sum(rouge_l(p["generated"], p["reference"]) for p in lines) / len(lines))
            judge.equal(f"rouge_l {name} n", figures["rouge_l"]["n"], len(lines))


def read_rows(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = float(row["label"]) if row["label"] else None
        row["score"] = float(row["score"]) if row["score"] else math.nan  # Dice of nothing against nothing
        row["score_raw"] = float(row["score_raw"])
    return rows


def check_run(judge, run):
    metrics = json.loads((run / "metrics.json").read_text())
    rows = read_rows(run / "predictions.csv")
    for task, wanted in metrics["tasks"].items():
        by_subset = defaultdict(list)
        for row in rows:
            if row["task"] == task:
                by_subset[row["subset"]].append(row)
        if set(metrics["subsets"][task]) != set(by_subset) or metrics["subsets"][task]["all"] != wanted:
            judge.problems.append(f"{task}: other subsets in metrics.json than in predictions.csv")
        check = check_masks if "dice" in wanted["macro"] else check_scores
        for name, figures in metrics["subsets"][task].items():
            check(judge, f"{task} {name}", figures, by_subset[name])
        if check is check_masks:
            continue
        check_complete(judge, task, metrics["complete"][task], by_subset, [name for name in by_subset if "+" not in name and name != "all"])
        prevalence = metrics["baselines"][task]["prevalence"]
        for target in by_target(by_subset["all"]):
            judge.equal(f"{task} prevalence baseline {target}", prevalence[target]["auroc"]["value"], 0.5)
    if "texts" in metrics:
        check_texts(judge, run, metrics)


def main(runs):
    judge = Judge()
    for run in runs:
        check_run(judge, pathlib.Path(run))
    print(f"{judge.compared} figures compared")
    print("\n".join(judge.problems[:40]))
    return 1 if judge.problems or judge.compared < 500 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
