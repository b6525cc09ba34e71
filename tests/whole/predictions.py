"""What `predict` wrote from raw DICOM against what `evaluate` wrote of the same studies, opened by other programs. predictions.py ROOT"""

import csv
import json
import pathlib
import struct
import subprocess
import sys
import zlib

import nibabel
import numpy as np
import pydicom

SCORE_TOLERANCE = 1e-5
problems = []
compared = {"scores": 0, "masks": 0, "texts": 0, "refused": 0}


def expect(truth, message):
    if not truth:
        problems.append(message)


def load(path):
    return json.loads(path.read_text())


def evaluated_scores(run):
    out = {}
    with open(run / "predictions.csv", newline="") as file:
        for row in csv.DictReader(file):
            out.setdefault((row["study"], row["subset"], row["task"]), {})[row["target"]] = row["score"]
    return out


def subset_of(names, lacks):
    return "+".join(name for name in names if name not in lacks) if lacks else "all"


def check_inputs(result, case, names, metrics):
    used = [name for name in names if name not in case["lacks"]]
    expect(result["inputs_used"] == used and result["inputs_absent"] == case["lacks"], f"{case['folder']}: used {result['inputs_used']}, lacks {case['lacks']}")
    expect("Not verified" in result["notice"], f"{case['folder']}: no notice")
    subset = subset_of(names, case["lacks"])
    figures = {task: by_subset[subset]["macro"] for task, by_subset in metrics.get("subsets", {}).items()}
    figures |= {target: by_subset[subset] for target, by_subset in metrics.get("text_subsets", {}).items()}
    if figures:
        expect(result["figures_of_this_subset"] == figures, f"{case['folder']}: figures of another subset than {subset}")


def check_scores(result, case, subset, evaluated):
    """An input that the study lacks by itself is absent under "all" too; one that was left out is hidden in the evaluation."""
    wanted = evaluated[(case["study"], subset, "classify")]
    found = result["tasks"]["classify"]["scores"]
    expect(set(found) == set(wanted), f"{case['folder']}: targets {sorted(found)}")
    for target, score in found.items():
        compared["scores"] += 1
        expect(abs(score - float(wanted[target])) <= SCORE_TOLERANCE, f"{case['folder']} {target}: {score} instead of {wanted[target]}")


def check_classifier(root, cases, names):
    metrics, evaluated = load(root / "classify" / "metrics.json"), evaluated_scores(root / "classify")
    for folder in ("predicted_classify", "predicted_reduced"):
        for result in load(root / folder / "summary.json")["results"]:
            case = cases[result["input"]]
            expect(result["status"] == "ok", f"{result['input']}: {result.get('reason')} {result.get('detail')}")
            if result["status"] != "ok":
                continue
            expect(load(root / folder / result["study"] / "result.json") == result, f"{result['input']}: result.json differs from summary.json")
            check_inputs(result, case, names, metrics)
            check_scores(result, case, "all" if folder == "predicted_classify" else subset_of(names, case["lacks"]), evaluated)


def source_slices(folder):
    """The CT's slices along their normal, and the affine from voxel to RAS millimetres, by pydicom alone."""
    slices = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted(folder.glob("*_CT/*"))]
    slices = [s for s in slices if "ImageOrientationPatient" in s and "LOCALIZER" not in s.get("ImageType", [])]
    row, column = (np.array(slices[0].ImageOrientationPatient[i:i + 3], float) for i in (0, 3))
    normal = np.cross(row, column)
    slices.sort(key=lambda s: float(np.dot(normal, np.array(s.ImagePositionPatient, float))))
    first, last = (np.array(s.ImagePositionPatient, float) for s in (slices[0], slices[-1]))
    between, across = (float(v) for v in slices[0].PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * across, column * between
    affine[:3, 2], affine[:3, 3] = (last - first) / (len(slices) - 1), first
    return slices, np.diag([-1, -1, 1, 1]) @ affine


def check_nifti(root, result, case):
    mask = result["tasks"]["segment"]["masks"][0]
    written = nibabel.load(root / "predicted_draft" / result["study"] / mask["nifti"])
    judged = nibabel.load(root / "draft" / "predictions" / f"{case['study']}_organs.nii.gz")
    found, wanted = np.asarray(written.dataobj), np.asarray(judged.dataobj)
    expect(found.shape == wanted.shape and np.array_equal(found, wanted), f"{case['folder']}: another mask than evaluation's")
    expect(found.any(), f"{case['folder']}: an empty mask shows nothing")
    slices, affine = source_slices(root / case["folder"])
    expect(found.shape[2] == len(slices), f"{case['folder']}: {found.shape} for {len(slices)} slices")
    expect(np.abs(written.affine - affine).max() < 1e-3, f"{case['folder']}: affine\n{written.affine}\ninstead of\n{affine}")
    millilitres = abs(np.linalg.det(affine[:3, :3])) / 1000
    for index, name in enumerate(mask["classes"], 1):
        expect(abs(mask["volume_ml"][name] - (found == index).sum() * millilitres) < 1e-3 * millilitres * found.size, f"{case['folder']}: volume of {name}")
    compared["masks"] += 1
    return found, slices


def check_segmentation(path, mask, slices, texts, case):
    dataset = pydicom.dcmread(path)
    expect(dataset.SOPClassUID == pydicom.uid.SegmentationStorage, f"{case['folder']}: no segmentation")
    for name in ("PatientID", "PatientName", "StudyInstanceUID", "FrameOfReferenceUID"):
        expect(dataset[name].value == slices[0][name].value, f"{case['folder']}: {name} differs from the source's")
    for place in (dataset.ContentDescription, dataset.SeriesDescription, dataset.SegmentSequence[0].SegmentDescription):
        expect(place == "AI result for research, not verified", f"{case['folder']}: marked {place!r}")
    expect(all(s.SegmentAlgorithmType == "AUTOMATIC" for s in dataset.SegmentSequence), f"{case['folder']}: not marked as automatic")
    check_frames(dataset, mask, slices, case)
    check_no_generated_text(dataset, texts, case)
    report = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    errors = [line for line in (report.stdout + report.stderr).splitlines() if line.startswith("Error")]
    expect(not errors, f"{case['folder']}: dciodvfy: {errors[:3]}")


def check_no_generated_text(dataset, texts, case):
    """No text of the model, and no place that could hold one: a hardly trained model may write nothing that could be searched for."""
    everything = str(dataset)
    for text in texts:
        told = len(text.split()) > 2 and text in everything  # a word or two can be the name of a class
        expect(not told, f"{case['folder']}: generated text {text!r} in the DICOM object")
    for element in dataset.iterall():
        if element.VR in ("LT", "ST", "UT", "UC") and element.value:
            notice = str(element.value).startswith("AI result for research, not verified")
            expect(notice, f"{case['folder']}: free text in {element.keyword}")


def check_frames(dataset, mask, slices, case):
    """Every frame is its class on the slice that lies at its position."""
    at = {tuple(np.round(np.array(s.ImagePositionPatient, float), 2)): k for k, s in enumerate(slices)}
    pixels, seen = dataset.pixel_array, np.zeros_like(mask)
    for frame, groups in zip(pixels, dataset.PerFrameFunctionalGroupsSequence):
        k = at.get(tuple(np.round(np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float), 2)))
        if k is None:
            problems.append(f"{case['folder']}: a frame lies on no slice")
            return
        seen[:, :, k][frame.T > 0] = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    expect(np.array_equal(seen, mask), f"{case['folder']}: frames of the DICOM object differ from the NIfTI mask")


def check_picture(path, shape, case):
    data = path.read_bytes()
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    start = data.index(b"IDAT") + 4
    pixels = zlib.decompress(data[start:start + struct.unpack(">I", data[start - 8:start - 4])[0]])
    rows = np.frombuffer(pixels, np.uint8).reshape(height, -1)
    expect((width, height, depth, colour) == (shape[0], shape[1], 8, 2) and rows.shape[1] == 3 * width + 1, f"{case['folder']}: overlay {width} x {height}")
    expect(len(np.unique(rows)) > 16, f"{case['folder']}: the overlay shows nothing")


def check_draft(root, cases, names):
    metrics = load(root / "draft" / "metrics.json")
    reports = [json.loads(line) for line in (root / "draft" / "predictions" / "reports.jsonl").read_text().splitlines()]
    generated = {line["study"]: line["generated"] for line in reports if line["subset"] == "all"}
    for result in load(root / "predicted_draft" / "summary.json")["results"]:
        case = cases[result["input"]]
        if case["lacks"]:
            compared["refused"] += 1
            expect(result.get("reason") == "OUTSIDE_CONTRACT", f"{case['folder']} lacks {case['lacks']} and was {result['status']}")
            wanted = "required input 'ct' is missing" if "ct" in case["lacks"] else f"subset of inputs '{subset_of(names, case['lacks'])}' was never evaluated"
            expect(wanted in result.get("detail", ""), f"{case['folder']}: {result.get('detail')}")
            continue
        check_inputs(result, case, names, metrics)
        expect(result["figures_of_this_subset"]["segment"] == metrics["tasks"]["segment"]["macro"], f"{case['folder']}: figures")
        mask, slices = check_nifti(root, result, case)
        text = result["tasks"]["report"]["draft_text"]["findings"]
        expect(text == generated[case["study"]], f"{case['folder']}: wrote {text!r} instead of {generated[case['study']]!r}")
        compared["texts"] += bool(text)
        folder, output = root / "predicted_draft" / result["study"], result["tasks"]["segment"]["masks"][0]
        check_segmentation(folder / output["dicom_seg"], mask, slices, [text], case)
        check_picture(folder / output["overlay"], mask.shape, case)


def main(root):
    cases = {case["folder"]: case for case in load(root / "cases.json")}
    names = sorted(load(root / "bundle_classify" / "io_contract.json")["inputs"])
    check_classifier(root, cases, names)
    check_draft(root, cases, names)
    print(compared)
    print("\n".join(problems))
    return 1 if problems or compared["scores"] < 60 or 0 in compared.values() else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
