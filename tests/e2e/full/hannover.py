"""What the run on real chest X-rays reports, beside the traps of its data.

usage: hannover.py STORE RUN DATA.csv

Exits with 1 when a subset of inputs lacks its figure or interval, the projection-only baseline is missing, or the number of laboratory
values that were dropped differs from a count in the source table.
"""
import csv
import json
import sys
from collections import Counter
from pathlib import Path

SUBSETS = ("all", "xray", "labs")


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def late_values(table):
    """Laboratory values taken after the picture: a value beside an offset above 0."""
    names = [name[: -len("_val")] for name in table[0] if name.endswith("_val")]
    return sum(bool(row[f"{name}_val"]) and float(row[f"{name}_offset"]) > 0 for row in table for name in names)


def shown(figure):
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def traps(table):
    icu = [row for row in table if row["icu_admission_offset"]]
    pictures = Counter(row["patient_id"] for row in table).most_common(4)
    print(f"{len(table)} pictures of {len({row['patient_id'] for row in table})} patients; four patients hold {sum(n for _, n in pictures)}")
    print(f"intensive care: {len(icu)} pictures, {sum(row['projection'] == 'ap' for row in icu)} of them AP; "
          f"without: {len(table) - len(icu)}, {sum(row['projection'] == 'ap' and not row['icu_admission_offset'] for row in table)} of them AP")


def main(store, run, source):
    table = rows_of(source)
    traps(table)
    wrong = []
    late = late_values(table)
    dropped = sum(line["code"] == "AFTER_INDEX_TIME" and line["action"] == "dropped" for line in rows_of(Path(store) / "ledger.csv"))
    print(f"laboratory values taken after the picture: {late} in the table, {dropped} dropped")
    if late != dropped:
        wrong.append("dropped values")
    metrics = json.loads((Path(run) / "metrics.json").read_text(encoding="utf-8"))
    for name in SUBSETS:
        figures = metrics["subsets"]["classify"].get(name, {})
        for target in ("icu", "death", "macro"):
            figure = figures.get(target, {}).get("auroc", {})
            if None in (figure.get("value"), figure.get("low"), figure.get("high")):
                wrong.append(f"{name} {target}")
            else:
                print(f"{name}: {target} AUROC {shown(figure)} ({figure['n']} pictures, {figure['n_patients']} patients)")
    for name in ("fact:projection", "table", "column:labs.crp", "probe"):
        figures = metrics["baselines"]["classify"].get(name)
        if figures is None:
            wrong.append(f"baseline {name}")
            continue
        print(f"baseline {name}: " + "; ".join(f"{target} AUROC {shown(figures[target]['auroc'])}" for target in ("icu", "death")))
    if wrong:
        sys.exit("hannover: missing or wrong: " + ", ".join(wrong))
    print("hannover: every subset has its figures and intervals, late values were dropped")


if __name__ == "__main__":
    main(*sys.argv[1:])
