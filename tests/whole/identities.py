"""No string of the cohort's answer key in anything that the whole way wrote: raw bytes and decoded contents, file names too.

identities.py ROOT         searches; prints each hit and exits 1 when there is one
identities.py ROOT plant   writes one file of each kind with a planted identity into ROOT/planted and exits 1 when the search misses one
"""

import base64
import gzip
import html
import json
import pathlib
import re
import struct
import sys
import zipfile
import zlib

import h5py
import hdf5plugin  # noqa: F401  the Blosc filter of the shards
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from safetensors.numpy import save_file

SEARCHED = ["store", "pretrain", "classify", "draft", "bundle_classify", "bundle_draft", "predicted_classify", "predicted_reduced",
            "predicted_draft", "logs", "split.json", "tokenizer.model", "tokenizer.model.json"]

# A segmentation belongs to its patient's record: patient, study and references are the source's own, as the standard wants them.
OWN = {"PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge", "PatientSize", "PatientWeight",
       "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription",
       "FrameOfReferenceUID", "ReferencedSOPInstanceUID", "SeriesInstanceUID"}


# Before a run of digits: they are the decimals of a number such as 0.20180821, by chance a date. UIDs have more dots.
FRACTION = re.compile(rb"(?<![0-9.])[0-9]\.[0-9]*$")


def fold(data):
    return data.lower()  # ASCII letters; the others are covered by upper and lower case patterns


class Search:
    """All patterns at once: the first four bytes choose candidates, the rest decides."""

    def __init__(self, strings):
        self.by_key = {}
        for text in strings:
            for variant in {text, text.lower(), text.upper()}:
                for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
                    try:
                        pattern = fold(variant.encode(encoding))
                    except UnicodeEncodeError:
                        continue
                    if len(pattern) >= 4:
                        self.by_key.setdefault(pattern[:4], set()).add((pattern, text))
        keys = np.array([struct.unpack("<I", key)[0] for key in self.by_key], np.uint32)
        self.keys = np.unique(keys)
        self.halves = np.zeros(65536, bool)
        self.halves[self.keys & 0xFFFF] = True

    def hits(self, data):
        data = fold(bytes(data))
        if len(data) < 4:
            return set()
        array = np.frombuffer(data, np.uint8)
        low = array[:-3].astype(np.uint16) | (array[1:-2].astype(np.uint16) << 8)
        places = np.flatnonzero(self.halves[low])
        high = array[places + 2].astype(np.uint32) | (array[places + 3].astype(np.uint32) << 8)
        whole = low[places].astype(np.uint32) | (high << 16)
        found = set()
        for place in places[np.isin(whole, self.keys)]:
            for pattern, text in self.by_key.get(data[place:place + 4], ()):
                if data.startswith(pattern, place) and not (pattern.isdigit() and FRACTION.search(data, max(0, place - 24), place)):
                    found.add(text)
        return found


def strings_of(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)
    else:
        yield str(value)


def json_parts(text):
    for line in [text] if text.lstrip().startswith(("{\n", "[\n")) else text.splitlines():
        try:
            yield "\n".join(strings_of(json.loads(line))).encode()
        except ValueError:
            continue


def hdf5_parts(path):
    parts = []

    def attributes(item):
        parts.extend(str(key).encode() + b"\n" + np.asarray(value).tobytes() + str(value).encode() for key, value in item.attrs.items())

    def visit(name, item):
        parts.append(name.encode())
        attributes(item)
        if isinstance(item, h5py.Dataset):
            value = item[()]
            flat = np.asarray(value).ravel()
            parts.append(b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in flat) if flat.dtype == object else flat.tobytes())

    with h5py.File(path, "r") as file:
        attributes(file)
        file.visititems(visit)
    return parts


def png_parts(data):
    place, pixels = 8, b""
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + size]
        place += size + 12
        if kind == b"IDAT":
            pixels += body
        if kind == b"zTXt":
            yield zlib.decompress(body[body.index(b"\0") + 2:])
    yield zlib.decompress(pixels)


def dicom_text(dataset, own=None):
    """Text of all elements; with `own` only of those that the source may give (True) or only of the others (False)."""
    lines = []
    for element in dataset.file_meta.iterall() if hasattr(dataset, "file_meta") else []:
        lines.append(str(element.value))
    for element in dataset.iterall():
        if element.VR in ("SQ", "OB", "OW") or (own is not None and (element.keyword in OWN) != own):
            continue
        lines.append(str(element.value))
    return "\n".join(lines).encode()


def decoded(path, data):
    name = path.name
    if name.endswith(".h5"):
        yield from hdf5_parts(path)
    elif name.endswith(".gz"):
        yield gzip.decompress(data)
    elif name.endswith((".json", ".jsonl")):
        yield from json_parts(data.decode())
    elif name.endswith(".safetensors"):
        yield from json_parts(data[8:8 + struct.unpack("<Q", data[:8])[0]].decode())
    elif name.endswith(".pt"):
        with zipfile.ZipFile(path) as file:
            for member in file.infolist():
                yield member.filename.encode() + b"\n" + file.read(member)
    elif name.endswith(".model"):
        yield data.replace("\u2581".encode(), b" ")
    elif name.endswith(".png"):
        yield from png_parts(data)
    elif name.endswith(".html"):
        text = data.decode()
        yield html.unescape(text).encode()
        for picture in re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", text):
            yield from png_parts(base64.b64decode(picture))


def hits_in(path, search, key):
    data = path.read_bytes()
    found = search.hits(data)
    for part in decoded(path, data):
        found |= search.hits(part)
    if path.suffix == ".dcm":
        dataset = pydicom.dcmread(path)
        allowed = search.hits(dicom_text(dataset, own=True)) & set(key.get(str(dataset.AccessionNumber), []))
        found = (found - allowed) | search.hits(dicom_text(dataset, own=False))
    return found


def files_of(root, names):
    for name in names:
        path = root / name
        if not path.exists():
            raise SystemExit(f"{name} is missing")
        yield from [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())


def search_all(root, names, key):
    search = Search({text for strings in key.values() for text in strings})
    hits, files, size = [], 0, 0
    for path in files_of(root, names):
        place = str(path.relative_to(root))
        files += 1
        size += path.stat().st_size
        hits += [(place, text) for text in hits_in(path, search, key) | search.hits(place.encode())]
    return hits, files, size


def plant(folder, text, accession):
    """One file of each kind that holds `text` in its own way."""
    folder.mkdir(parents=True)
    plain = text.encode()
    (folder / "plain.txt").write_bytes(b"x" + plain + b"y")
    (folder / "upper.txt").write_bytes(text.upper().encode())
    (folder / "latin.txt").write_bytes(text.encode("latin-1"))
    (folder / "wide.bin").write_bytes(b"\1" + text.encode("utf-16-le"))
    (folder / "wide_big.bin").write_bytes(text.upper().encode("utf-16-be"))
    (folder / "volume.nii.gz").write_bytes(gzip.compress(plain))
    (folder / "facts.json").write_text(json.dumps({"a": [{"b": text}]}))
    (folder / "lines.jsonl").write_text("{}\n" + json.dumps({text: 1}) + "\n")
    (folder / "pieces.model").write_bytes(plain.replace(b" ", "\u2581".encode()))
    save_file({"w": np.zeros(2, np.float32)}, folder / "model.safetensors", {"note": text})
    with zipfile.ZipFile(folder / "model.pt", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("code/note.py", text)
    with h5py.File(folder / "text.h5", "w") as file:
        file.create_dataset("a/text", data=np.frombuffer(plain, np.uint8), compression="gzip", chunks=True)
    with h5py.File(folder / "attribute.h5", "w") as file:
        file.create_group("b").attrs["note"] = text
    chunk = b"note\0\0" + zlib.compress(plain)
    picture = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", len(chunk), b"zTXt") + chunk + b"crc_" + struct.pack(">I4s", 8, b"IDAT") + zlib.compress(b"") + b"crc_"
    (folder / "page.html").write_text(f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}">')
    (folder / "escaped.html").write_text("".join(f"&#{ord(c)};" for c in text))
    (folder / f"named {text}.bin").write_bytes(b"")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPInstanceUID = pydicom.uid.ExplicitVRLittleEndian, "1.2.3"
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet, dataset.AccessionNumber, dataset.PatientName = "ISO_IR 192", accession, text
    dataset.SeriesDescription = "of " + text
    dataset.save_as(folder / "result.dcm", enforce_file_format=True)
    del dataset.SeriesDescription
    dataset.AccessionNumber = "another"  # the patient of another study
    dataset.save_as(folder / "stranger.dcm", enforce_file_format=True)


def main(root, mode):
    key = json.loads((root / "cohort" / "answer" / "identities.json").read_text())
    if mode == "plant":
        accession, text = next((a, s) for a, strings in key.items() for s in strings if not s.isascii() and "_" not in s)
        plant(root / "planted", text, accession)
        hits, files, _ = search_all(root, ["planted"], key)
        missed = {str(p.relative_to(root)) for p in files_of(root, ["planted"])} - {place for place, _ in hits}
        print("\n".join(f"missed: {place}" for place in sorted(missed)))
        return 1 if missed or files < 18 else 0
    hits, files, size = search_all(root, SEARCHED, key)
    strings = len({text for strings in key.values() for text in strings})
    print(f"{strings} strings, {files} files, {size / 1e6:.1f} MB: {len(hits)} found")
    print("\n".join(f"{place}: {text!r}" for place, text in sorted(hits)[:40]))
    return 1 if hits or strings < 500 or files < 50 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "search"))
