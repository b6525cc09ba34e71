"""What one seed of the built-in cohort must reach, from the metrics.json of its runs.

usage: demo.py FOLDER      the demo/ folder of scripts/demo.sh with the runs that tests/e2e/full/demo.sh adds

Prints a line for each figure with its goal, and figures without a goal beside them. Exits with 1 when a goal is missed.
"""
import json
import sys
from pathlib import Path

WITHOUT = {  # finding that one kind of image alone shows: that image, and all other inputs
    "nodule": ("ct", "indication+labs+t1+t2+xray"),
    "marrow_lesion": ("t2", "ct+indication+labs+xray"),  # T1 shows it too
    "device": ("xray", "ct+indication+labs+t1+t2"),
}
missed = []


def metrics(folder, run):
    return json.loads((folder / run / "metrics.json").read_text(encoding="utf-8"))


def text(figure):
    interval = f" [{figure['low']:.3f}, {figure['high']:.3f}]" if figure.get("low") is not None else ""
    return f"{figure['value']:.3f}{interval}"


def goal(name, figure, least, key="value"):
    ok = figure[key] >= least
    print(f"  {'ok    ' if ok else 'MISSED'}  {name}: {text(figure)}, goal {least}{'' if key == 'value' else ' for the lower bound'}")
    if not ok:
        missed.append(name)


def beside(name, figure):
    print(f"          {name}: {text(figure)}")


def judge_findings(folder):
    run = metrics(folder, "classify")
    complete, all_studies = run["complete"]["classify"], run["subsets"]["classify"]
    subsets = complete["subsets"]
    patients = subsets["all"]["macro"]["auroc"]["n_patients"]
    goal("patients with complete studies", {"value": float(patients)}, 120)
    goal("macro AUROC, complete studies, without report", subsets["all"]["macro"]["auroc"], 0.85)
    goal(f"all inputs over {complete['best_single']} alone, paired", complete["gain_over_best_single"], 1e-9, key="low")
    for finding, (alone, others) in WITHOUT.items():
        goal(f"{finding} from {alone} alone", subsets[alone][finding]["auroc"], 0.7)
        left, whole = subsets[others][finding]["auroc"], subsets["all"][finding]["auroc"]
        fall = {"value": whole["value"] - left["value"]}
        goal(f"{finding}: fall with {others} only ({text(whole)} to {text(left)})", fall, 0.1)
    beside("macro AUROC, studies as they are", all_studies["all"]["macro"]["auroc"])
    for finding, figures in subsets["all"].items():
        if finding != "macro":
            beside(f"{finding}, complete studies", figures["auroc"])


def judge_masks(folder):
    tasks = metrics(folder, "segment")["tasks"]
    for organ, least in (("lungs", 0.9), ("heart", 0.9), ("lesion", 0.5)):
        goal(f"Dice of {organ}", tasks["segment"][organ]["dice"], least)
    beside("lesion, share of scans without one in which one was found", tasks["segment"]["lesion"]["false_positive_rate"])
    beside("Dice of effusions", tasks["segment"]["effusion"]["dice"])
    beside("Dice of marrow lesions", tasks["segment_marrow"]["marrow_lesion"]["dice"])


def judge_texts(folder):
    figures = metrics(folder, "report")["texts"]["findings"]
    f1, constant = figures["visible_mention_f1"], figures["baseline:best_constant"]["visible_mention_f1"]
    goal("F1 of mentions of visible findings", f1, 0.6)
    beside("F1 of all mentions", figures["mention_f1"])
    goal(f"F1 of visible mentions above the best constant report ({text(constant)})", {"value": f1["value"] - constant["value"]}, 0.1)


def compare(folder):
    for name, run in (("pretrained", "classify"), ("from scratch", "scratch_classify"), ("upper bound, reads the report", "upper_bound")):
        beside(f"macro AUROC, {name}", metrics(folder, run)["tasks"]["classify"]["macro"]["auroc"])
    for name, run in (("pretrained", "segment"), ("from scratch", "scratch_segment")):
        beside(f"Dice of lesions, {name}", metrics(folder, run)["tasks"]["segment"]["lesion"]["dice"])


def main(folder):
    judge_findings(folder)
    judge_masks(folder)
    judge_texts(folder)
    if (folder / "upper_bound" / "metrics.json").exists():
        compare(folder)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
