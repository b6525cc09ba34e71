"""Retrieval figures from the embeddings that `chiasm evaluate` wrote, computed on their own.

usage: retrieval.py EMBEDDINGS.safetensors      prints {"pool": N, "first to second": {"r1": ..., "median_rank": ...}, ...}
"""
import json
import sys

import numpy as np
from safetensors import safe_open

with safe_open(sys.argv[1], "np") as file:
    facts = file.metadata()
    first, second = file.get_tensor("first").astype(np.float64), file.get_tensor("second").astype(np.float64)
studies, patients = json.loads(facts["studies"]), json.loads(facts["patients"])
chosen = [min((s, i) for i, (s, p) in enumerate(zip(studies, patients)) if p == patient)[1] for patient in set(patients)]
first, second = first[chosen], second[chosen]


def figures(queries, candidates):
    similarity = queries @ candidates.T
    order = np.argsort(-similarity, axis=1, kind="stable")
    rank = np.array([list(row).index(i) for i, row in enumerate(order)]) + 1
    return {"r1": float((rank <= 1).mean()), "r5": float((rank <= 5).mean()), "r10": float((rank <= 10).mean()),
            "median_rank": float(np.median(rank))}


print(json.dumps({"pool": len(chosen), "unit": float(np.abs(np.linalg.norm(np.concatenate([first, second]), axis=1) - 1).max()),
                  f"{facts['first']} to {facts['second']}": figures(first, second),
                  f"{facts['second']} to {facts['first']}": figures(second, first)}))
