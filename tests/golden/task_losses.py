#!/usr/bin/env python3
"""Values of the task losses, written from their published formulas in plain Python, one number at a time.
Usage: python3 tests/golden/task_losses.py > tests/golden/task_losses.json"""
import json
import math
import random

rng = random.Random(20240607)


def numbers(count, scale=1.0):
    return [round(rng.gauss(0, scale), 4) for _ in range(count)]


def siglip():
    n, width, t, b = 4, 3, 7.5, -2.0
    counts = [1, 1, 0, 1]
    sides = []
    for _ in range(2):
        rows = []
        for _ in range(n):
            v = numbers(width)
            length = math.sqrt(sum(x * x for x in v))
            rows.append([x / length for x in v])
        sides.append(rows)
    total = 0.0
    for i in range(n):
        for j in range(n):
            if counts[i] and counts[j]:
                z = 1.0 if i == j else -1.0
                logit = t * sum(x * y for x, y in zip(sides[0][i], sides[1][j])) + b
                total += math.log(1.0 + math.exp(-z * logit))
    return {"u": sum(sides[0], []), "v": sum(sides[1], []), "counts": counts, "t": t, "b": b, "sum": total}


def binary():
    x = numbers(6, 2.0)
    y = [1, 0, 0.3, 1, 0, 0.8]
    known = [1, 1, 1, 0, 1, 0]
    weight = [2.0, 0.5]  # two studies of three classes
    total = 0.0
    for i in range(6):
        if known[i]:
            p = 1.0 / (1.0 + math.exp(-x[i]))
            total -= weight[i // 3] * (y[i] * math.log(p) + (1 - y[i]) * math.log(1 - p))
    return {"logits": x, "labels": y, "known": known, "weight": weight, "sum": total, "count": 2.0 * 3 + 0.5 * 1}


def softmax(values):
    top = max(values)
    e = [math.exp(v - top) for v in values]
    return [v / sum(e) for v in e]


def segment():
    rows, classes, voxels = 2, 3, 5
    logits = numbers(rows * classes * voxels)
    truth = [rng.randrange(classes) for _ in range(rows * voxels)]
    known = [1, 1, 1, 0, 1, 1, 0, 0, 1, 1]
    entropy, dice = 0.0, 0.0
    batch = [[0.0, 0.0] for _ in range(classes)]
    for r in range(rows):
        row_entropy, row_known = 0.0, 0
        both, sizes = [0.0] * classes, [0.0] * classes
        for v in range(voxels):
            if not known[r * voxels + v]:
                continue
            p = softmax([logits[(r * classes + c) * voxels + v] for c in range(classes)])
            g = truth[r * voxels + v]
            row_entropy -= math.log(p[g])
            row_known += 1
            for c in range(classes):
                both[c] += p[c] * (c == g)
                sizes[c] += p[c] + (c == g)
        entropy += row_entropy / row_known
        dice += sum(1 - (2 * both[c] + 1) / (sizes[c] + 1) for c in range(1, classes)) / (classes - 1)
        for c in range(classes):
            batch[c][0] += both[c]
            batch[c][1] += sizes[c]
    whole = rows * sum(1 - (2 * i + 1) / (s + 1) for i, s in batch[1:]) / (classes - 1)
    return {"logits": logits, "truth": truth, "known": known, "entropy": entropy, "dice": dice, "dice_whole_batch": whole}


def tokens():
    length, vocabulary, smoothing = 4, 5, 0.1
    logits = numbers(length * vocabulary)
    ids, counts = [3, 1, 4, 0], [1, 1, 0, 1]
    plain, smoothed = 0.0, 0.0
    for t in range(length):
        p = softmax(logits[t * vocabulary:(t + 1) * vocabulary])
        if counts[t]:
            plain -= math.log(p[ids[t]])
            q = [smoothing / vocabulary + (1 - smoothing) * (v == ids[t]) for v in range(vocabulary)]
            smoothed -= sum(qv * math.log(pv) for qv, pv in zip(q, p))
    return {"logits": logits, "ids": ids, "counts": counts, "smoothing": smoothing, "sum": plain, "smoothed": smoothed}


def patches():
    count, size = 3, 4
    real, predicted = numbers(count * size, 2.0), numbers(count * size)
    weight = [1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    chosen = [1, 1, 1]
    normal, total = [], 0.0
    for n in range(count):
        x, w = real[n * size:(n + 1) * size], weight[n * size:(n + 1) * size]
        m = max(1, sum(w))
        mean = sum(a * b for a, b in zip(x, w)) / m
        variance = sum(b * (a - mean) ** 2 for a, b in zip(x, w)) / m
        y = [b * (a - mean) / math.sqrt(variance + 1e-3) for a, b in zip(x, w)]
        normal += y
        total += sum(b * (p - q) ** 2 for p, q, b in zip(predicted[n * size:(n + 1) * size], y, w)) / m
    return {"real": real, "predicted": predicted, "weight": weight, "chosen": chosen, "normalised": normal, "sum": total}


print(json.dumps({"siglip": siglip(), "binary": binary(), "segment": segment(), "tokens": tokens(), "patches": patches()}, indent=1))
