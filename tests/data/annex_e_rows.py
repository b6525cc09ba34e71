"""Every row of PS3.15 table E.1-1 in files that pydicom writes, and what the rules of the standard leave of them.

annex_e_rows.py plant FOLDER STANDARD               writes one object of each SOP class with an attribute for each row, at the top level and in an item
annex_e_rows.py check FOLDER STANDARD KEY OUT:OPTIONS...   compares what stands in OUT with the action by row, option and type; prints and exits 1

The rules are written here a second time, from the table as the standard gives it: nothing is taken from the generated one.
"""
import csv
import datetime
import gzip
import hashlib
import hmac
import pathlib
import re
import sys

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.datadict import dictionary_VR
from pydicom.sequence import Sequence
from pydicom.tag import Tag

# SOP class -> IOD of the tables; the last is of an IOD whose types are not there.
CLASSES = {"1.2.840.10008.5.1.4.1.1.2": "ct-image", "1.2.840.10008.5.1.4.1.1.2.1": "enhanced-ct-image",
           "1.2.840.10008.5.1.4.1.1.88.33": "comprehensive-sr", "1.2.840.10008.5.1.4.1.1.1.1": "digital-x-ray-image",
           "1.2.840.10008.5.1.4.1.1.481.5": None}
COLUMN = {"descriptors": "cleanDescOpt", "device": "rtnDevIdOpt", "institution": "rtnInstIdOpt", "dates": "rtnLongModifDatesOpt",
          "patient": "rtnPatCharsOpt", "private": "rtnSafePrivOpt"}
CODE = {"descriptors": "113105", "device": "113109", "institution": "113112", "dates": "113107", "patient": "113108", "private": "113111"}
HOLDER = "SharedFunctionalGroupsSequence"  # a sequence that the table does not name
STATED = {0x00120062, 0x00120063, 0x00120064, 0x00280303}  # written by whoever de-identifies
OF_OUR_OWN = {0x00080018, 0x00080050, 0x00100010, 0x00100020}  # the identity of the object, and pseudonyms at the top level
TEXT = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}


def word(tag, nested):
    """Letters that stand nowhere else and are no word of imaging."""
    number, letters = tag * 2 + nested, ""
    while number:
        number, rest = divmod(number, 20)
        letters += "BCDFGHJKLMNPQRSTVWXZ"[rest]
    return "QZ" + letters + "ZQ"


def rows_of(standard):
    rows = []
    with open(standard / "ps3_15_table_e1_1.tsv") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            digits = re.sub(r"[(),\s]", "", row["tag"]).lower()
            if re.fullmatch("[0-9a-f]{8}", digits) and int(digits[:4], 16) > 4:
                rows.append((int(digits, 16), row))
    return rows


def types_of(standard):
    with gzip.open(standard / "attribute_types.tsv.gz", "rt") as file:
        return {(r["iod"], int(r["tag_path"], 16)): r["type"][0]
                for r in csv.DictReader(file, delimiter="\t") if re.fullmatch("[0-9a-fA-F]{8}", r["tag_path"])}


def vr_of(tag):
    return dictionary_VR(tag).split(" or ")[0]


def value_of(tag, vr, nested):
    marker = word(tag, nested)
    if vr == "SQ":
        item = Dataset()
        item.PatientAddress = marker
        return Sequence([item])
    fixed = {"DA": "20210304", "DT": "20210304101500.25+0100", "TM": "101500", "AS": "093Y", "DS": "77", "IS": "77", "US": 77, "SS": 77, "UL": 77,
             "SL": 77, "UV": 77, "SV": 77, "FD": 77.0, "FL": 77.0, "UI": f"1.2.3.{tag}.{int(nested)}", "AT": 0x00100010}
    if vr in fixed:
        return "+0100" if tag == 0x00080201 else fixed[vr]
    if vr in TEXT:
        return "+0100" if tag == 0x00080201 else marker
    return (marker + " " * (len(marker) % 2)).encode()


def fill(dataset, rows, nested):
    for tag, _ in rows:
        vr = vr_of(tag)
        dataset.add_new(Tag(tag), vr, value_of(tag, vr, nested))


def plant(folder, standard):
    rows = rows_of(standard)
    for sop_class in CLASSES:
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = sop_class, pydicom.uid.ExplicitVRLittleEndian
        meta.MediaStorageSOPInstanceUID = "1.2.3." + sop_class
        meta.SourceApplicationEntityTitle = "QZMETAZQ"
        dataset = FileDataset(None, {}, file_meta=meta, preamble=b"QZPREAMBLEZQ".ljust(128, b"\0"))
        fill(dataset, rows, False)
        item = Dataset()
        fill(item, rows, True)
        setattr(dataset, HOLDER, Sequence([item]))
        dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, "1.2.3." + sop_class
        dataset.Modality = "OT"
        for group in (0x5012, 0x6002):
            dataset.add_new(Tag(group, 0x3000), "OW", b"QZGROUPZ")
            dataset.add_new(Tag(group, 0x0022), "LO", "QZGROUPZQ")
            dataset.add_new(Tag(group, 0x4000), "LT", "QZGROUPZQ")
        dataset.add_new(Tag(0x0011, 0x0010), "LO", "QZCREATORZQ")
        dataset.add_new(Tag(0x0011, 0x1001), "LO", "QZPRIVATEZQ")
        dataset.add_new(Tag(0xFFFC, 0xFFFC), "OB", b"QZTRAILZQ ")
        dataset.save_as(folder / f"{sop_class}.dcm", enforce_file_format=True)


def keyed(key, domain, value):
    return hmac.new(key, domain.encode() + b"\0" + value.encode(), hashlib.sha256).digest()


def new_uid(key, uid):
    digest = bytearray(hashlib.sha256(keyed(key, "uid", uid).hex().encode()).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    return "2.25." + str(int.from_bytes(digest, "big"))


def shift_of(key, issuer, patient):
    digest = keyed(key, "date", issuer + "\0" + patient.strip().upper())
    return -7 * (5218 + int.from_bytes(digest[:3], "big") % 520)


def moved(text, days):
    day = datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8])) + datetime.timedelta(days=days)
    return f"{day.year:04}{day.month:02}{day.day:02}" + text[8:]


def action_of(row, options, kind):
    """K, C, X, Z, D, U by PS3.15 E.1.1: 1 -> D, 2 -> Z, 3 or not in the IOD -> X, as far as the row offers it; not known: what is valid for all."""
    says = {option: row[COLUMN[option]].strip() for option in options}
    if says.get("dates") == "C":
        return "C"
    if "K" in says.values():
        return "K"
    if "C" in says.values():
        return "C"
    return basic_of(row, kind)


def basic_of(row, kind):
    basic = row["basic_profile"].strip()
    if "/" not in basic:
        return basic
    if "U" in basic:
        return "U"
    order = {"1": "DZX", "2": "ZDX", "3": "XZD", "-": "XZD", "?": "DZX"}[kind]
    return next(letter for letter in order if letter in basic.split("/"))


def wrong(tag, row, element, options, kind, nested, key, days):
    """What is wrong with the element that is left (None: nothing is), or None."""
    vr = vr_of(tag)
    action, before = action_of(row, options, kind), value_of(tag, vr, nested)
    if action == "C" and vr not in TEXT | {"DA", "DT", "TM", "SQ"}:
        action = basic_of(row, kind)
    if vr == "UN" or action == "X":
        return None if element is None else "is there"
    if element is None:
        return "is gone"
    if action == "Z":
        return None if element.is_empty else "is not empty"
    if vr == "SQ":
        return None if len(element.value) == 1 and "PatientAddress" not in element.value[0] else "is not cleaned inside"
    after = str(element.value)
    if action == "U" or (action == "D" and vr == "UI"):
        return None if after == new_uid(key, before) else "is not the new UID"
    if action == "K":
        kept = "090Y" if vr == "AS" else str(before)
        return None if after == kept else f"is not kept: {after}"
    if action == "C" and vr in ("DA", "DT"):
        return None if after == moved(before, days) else f"is not moved by {days} days: {after}"
    if action == "C" and (vr == "TM" or tag == 0x00080201):
        return None if after == before else "time does not stay"
    if element.is_empty:
        return "is empty"
    return "is as before" if after == str(before) else None


def check_item(item, rows, options, iod, types, nested, key, days, errors, place):
    for tag, row in rows:
        if tag in STATED or (not nested and tag in OF_OUR_OWN):
            continue
        kind = "?" if nested or iod is None else types.get((iod, tag), "-")
        problem = wrong(tag, row, item.get(Tag(tag)), options, kind, nested, key, days)
        if problem:
            errors.append(f"{place}: {row['tag']} {row['name']} ({row['basic_profile']}, type {kind}) {problem}")


def check(folder, standard, key, outputs):
    rows, types, errors = rows_of(standard), types_of(standard), []
    checked = 0
    for output in outputs:
        out, names = output.rsplit(":", 1)
        options = [n for n in names.split(",") if n != "none"]
        written = {str(pydicom.dcmread(p).SOPInstanceUID): p for p in pathlib.Path(out).rglob("*.dcm")}
        for sop_class, iod in CLASSES.items():
            source = pydicom.dcmread(folder / f"{sop_class}.dcm")
            path = written.get(new_uid(key, str(source.SOPInstanceUID)))
            place = f"{names} {iod}"
            if path is None:
                errors.append(f"{place}: not written")
                continue
            data = pydicom.dcmread(path)
            days = shift_of(key, source.IssuerOfPatientID, source.PatientID)
            check_item(data, rows, options, iod, types, False, key, days, errors, place)
            check_item(data[HOLDER].value[0], rows, options, iod, types, True, key, days, errors, place + " nested")
            codes = {c.CodeValue for c in data.DeidentificationMethodCodeSequence}
            if codes != {"113100"} | {CODE[o] for o in options} or data.PatientIdentityRemoved != "YES":
                errors.append(f"{place}: method {codes}")
            if data.LongitudinalTemporalInformationModified != ("MODIFIED" if "dates" in options else "REMOVED"):
                errors.append(f"{place}: {data.LongitudinalTemporalInformationModified}")
            if data.PatientID != data.PatientName or data.PatientID == source.PatientID or data.file_meta.MediaStorageSOPInstanceUID != data.SOPInstanceUID:
                errors.append(f"{place}: names")
            raw = path.read_bytes()
            for marker in (b"QZMETAZQ", b"QZPREAMBLEZQ", b"QZGROUPZ", b"QZCREATORZQ", b"QZPRIVATEZQ", b"QZTRAILZQ"):
                if marker in raw:
                    errors.append(f"{place}: {marker.decode()} is left")
            checked += 2 * len(rows)
    print("\n".join(errors[:60]))
    print(f"{len(rows)} rows, {checked} checks, {len(errors)} wrong")
    return 1 if errors or len(rows) < 610 else 0


if __name__ == "__main__":
    folder, standard = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if sys.argv[1] == "plant":
        plant(folder, standard)
    else:
        sys.exit(check(folder, standard, bytes.fromhex(sys.argv[4]), sys.argv[5:]))
