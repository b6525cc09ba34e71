"""Expected values of core/evaluate and core/report: scikit-learn for scores, own formulas for texts. Writes evaluate_values.json beside it."""
import collections
import json
import math
import pathlib
import re

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score, roc_curve

random = numpy.random.default_rng(7)


def calibration_error(scores, labels, bins=10):
    total = 0.0
    for b in range(bins):
        inside = (scores >= b / bins) & ((scores < (b + 1) / bins) | (b == bins - 1))
        if inside.any():
            total += inside.mean() * abs(scores[inside].mean() - labels[inside].mean())
    return total


def score_case(count, digits):
    labels = (random.random(count) < 0.4).astype(int)
    labels[0], labels[1] = 0, 1
    scores = numpy.round(numpy.clip(0.35 * labels + 0.65 * random.random(count), 0, 1), digits)
    false_rate, true_rate, _ = roc_curve(labels, scores, drop_intermediate=False)
    return {
        "scores": scores.tolist(), "labels": labels.tolist(), "auroc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(labels, scores), "brier": brier_score_loss(labels, scores),
        "calibration_error": calibration_error(scores, labels), "false_positive_rate": false_rate.tolist(),
        "true_positive_rate": true_rate.tolist(),
    }


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def bleu4(pairs):
    logs = 0.0
    for n in range(1, 5):
        matches = total = 0
        for generated, reference in pairs:
            mine = collections.Counter(zip(*(words(generated)[i:] for i in range(n))))
            theirs = collections.Counter(zip(*(words(reference)[i:] for i in range(n))))
            matches += sum((mine & theirs).values())
            total += sum(mine.values())
        if matches == 0:
            return 0.0
        logs += math.log(matches / total)
    length = sum(len(words(g)) for g, _ in pairs)
    wanted = sum(len(words(r)) for _, r in pairs)
    return min(1.0, math.exp(1 - wanted / length)) * math.exp(logs / 4)


def subsequence(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def rouge_l(pairs, beta=1.2):
    total = 0.0
    for generated, reference in pairs:
        mine, theirs = words(generated), words(reference)
        common = subsequence(mine, theirs)
        if common:
            p, r = common / len(mine), common / len(theirs)
            total += (1 + beta**2) * p * r / (r + beta**2 * p)
    return total / len(pairs)


def logistic_case(count, width, ridge):
    features = random.normal(size=(count, width)) * numpy.array([1.0, 20.0, 0.1]) + numpy.array([0.0, 60.0, 1.0])
    labels = (random.random(count) < 1 / (1 + numpy.exp(-(features[:, 0] + (features[:, 1] - 60) / 20)))).astype(int)
    features[3, 1] = features[10, 2] = numpy.nan
    scaled = (features - numpy.nanmean(features, 0)) / numpy.nanstd(features, 0)
    scaled = numpy.nan_to_num(scaled)
    model = LogisticRegression(C=1 / ridge, tol=1e-12, max_iter=10000, solver="newton-cholesky").fit(scaled, labels)
    rows = [[None if math.isnan(v) else v for v in row] for row in features.tolist()]
    return {"features": rows, "labels": labels.tolist(), "ridge": ridge, "weights": model.coef_[0].tolist() + model.intercept_.tolist(),
            "logits": model.decision_function(scaled).tolist()}


PAIRS = [
    ("There is a nodule of 18 mm in the left upper lobe. No pleural effusion.", "There is a nodule of 21 mm in the right upper lobe. No pleural effusion."),
    ("The heart is of normal size.", "The heart is enlarged. The lungs are clear."),
    ("Lungs are clear, lungs are clear, lungs are clear.", "The lungs are clear."),
]

values = {
    "scores": [score_case(60, 6), score_case(200, 1), score_case(12, 2)],
    "texts": {"generated": [g for g, _ in PAIRS], "references": [r for _, r in PAIRS], "bleu4": bleu4(PAIRS), "rouge_l": rouge_l(PAIRS)},
    "logistic": logistic_case(40, 3, 1.0),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(values) + "\n")
