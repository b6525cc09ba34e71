"""Files that were de-identified beside their sources, as pydicom and dciodvfy read both.

deidentified_truth.py SOURCE OUT LINKAGE KEY [PAIRS]   prints what is wrong and exits 1 when anything is, or when fewer than PAIRS were compared

For each pair: no value that identifies is left anywhere in the bytes (D1), pixels and transfer syntax are the source's (D8), each UID is the keyed
one of the source's UID at the same place (D3: so references go where they went), each date lies the patient's days from the source's (D5), no age is
above 90 years (D6), and dciodvfy finds no error that it did not find in the source (D7).
"""
import collections
import csv
import pathlib
import re
import shutil
import subprocess
import sys

import pydicom

from annex_e_rows import moved, new_uid, shift_of

IDENTIFYING = re.compile("PatientName|PatientID|OtherPatient|PatientBirth|PatientAddress|PatientTelephone|Physician|OperatorsName|InstitutionName|"
                         "InstitutionAddress|StationName|AccessionNumber|DeviceSerialNumber|InstanceUID|FrameOfReferenceUID|ResponsiblePerson")


def elements(dataset, path=()):
    for element in dataset:
        place = path + (int(element.tag),)
        if element.VR == "SQ":
            for n, item in enumerate(element.value):
                yield from elements(item, place + (n,))
        else:
            yield place, element


def values(element):
    value = element.value
    return [str(v) for v in (value if element.VM > 1 else [value])] if value not in (None, "") else []


def identifiers(dataset):
    known = set()
    for _, element in elements(dataset):
        if IDENTIFYING.search(element.keyword or "") and element.VR in ("PN", "LO", "SH", "UI", "ST", "LT", "DA"):
            known |= {v for v in values(element) if len(v) >= 8 and len(set(v)) > 2 and not v.startswith("1.2.840.10008.")}
    return known


def compare(source, out, key, errors, name):
    before, raw = pydicom.dcmread(source, force=True), out.read_bytes()
    after = pydicom.dcmread(out)
    low = raw.lower()
    pixels = len(after.get("PixelData", b""))
    for text in identifiers(before):
        for form in (text.lower().encode(), text.lower().encode("utf-16-le")):
            at = low.find(form)
            if at >= 0 and at < len(raw) - pixels:
                errors.append(f"{name}: D1 an identifier of {len(text)} characters is left")
    if raw[:128] != b"\0" * 128:
        errors.append(f"{name}: D2 preamble")
    for keyword in ("PixelData", "FloatPixelData"):
        old, new = before.get(keyword) or b"", after.get(keyword) or b""
        if isinstance(old, bytes) and old + b"\0" * (len(old) % 2) != new:  # an odd length is padded
            errors.append(f"{name}: D8 pixels differ")
    stated = before.file_meta.get("TransferSyntaxUID") if hasattr(before, "file_meta") else None
    if stated and stated != after.file_meta.TransferSyntaxUID:
        errors.append(f"{name}: D8 transfer syntax")
    days = shift_of(key, str(before.get("IssuerOfPatientID") or ""), str(before.get("PatientID") or "") or str(before.StudyInstanceUID))
    old = dict(elements(before))
    for place, element in elements(after):
        for n, value in enumerate(values(element)):
            source_values = values(old[place]) if place in old else []
            if element.VR == "UI" and n < len(source_values):
                was = source_values[n]
                kept = was.startswith("1.2.840.10008.") or (element.keyword == "CodingSchemeUID" and was.startswith("2.16.840.1.113883.6."))
                if value != (was if kept else new_uid(key, was)):
                    errors.append(f"{name}: D3 {element.keyword} is not the new UID")
            if element.VR in ("DA", "DT") and n < len(source_values) and value != moved(source_values[n].replace(".", "", 2)[:8], days) + value[8:]:
                if not value.startswith("19000101"):
                    errors.append(f"{name}: D5 {element.keyword} is not moved by the patient's days")
            if element.VR == "AS" and value > "090Y" and value.endswith("Y"):
                errors.append(f"{name}: D6 age {value}")
    if any(element.tag.is_private and element.VR in ("LO", "SH", "UT", "SQ", "UN", "OB") and not element.tag.is_private_creator
           for _, element in elements(after)):
        errors.append(f"{name}: D2 a private text")


def iod_errors(path):
    if pydicom.dcmread(path, stop_before_pixels=True, force=True).file_meta.get("TransferSyntaxUID") == "1.2.840.10008.1.2.1.99":
        return collections.Counter()  # dciodvfy reads no deflated files
    done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace", timeout=60, check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
    return collections.Counter(re.sub(r"<[^>]*>|= .*", "", line) for line in lines)  # without the values


def main(source, out, linkage, key, pairs):
    written = {}
    for path in out.rglob("*.dcm"):
        written[str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)] = path
    verify = shutil.which("dciodvfy")
    if not verify:
        print("dciodvfy is not installed: validity was not compared")
    errors, compared, seen = [], 0, set()
    with open(linkage) as file:
        for row in csv.DictReader(file):
            path = written.get(row["new_object_uid"])
            if path is None or path in seen:
                continue  # refused, or the second of a place
            seen.add(path)
            name = row["file"]
            compare(source / name, path, key, errors, name)
            if verify and compared % 7 == 0:
                fresh = iod_errors(path) - iod_errors(source / name)
                errors += [f"{name}: D7 new {line}" for line in fresh]
            compared += 1
    print("\n".join(errors[:40]))
    print(f"{compared} compared, {len(errors)} wrong")
    return 1 if errors or compared < pairs else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], bytes.fromhex(sys.argv[4]), int((sys.argv + ["1"])[5])))
