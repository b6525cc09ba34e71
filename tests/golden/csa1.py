"""Siemens CSA headers of the older format and what nibabel 5.3.2 reads from them, for tests/dicom/mosaic_test.cpp.

Run: python tests/golden/csa1.py. No file of a scanner is at hand: the bytes follow the layout that nibabel, GDCM and SPM read.
"""

import json
import pathlib
import struct

import nibabel.nicom.csareader as csareader

folder = pathlib.Path(__file__).parent / "csa1"
folder.mkdir(exist_ok=True)
expected = {}
TAGS = [
    ("EchoLinePosition", 1, b"IS\0\x9f", 6, [], 0),
    ("EchoColumnPosition", 1, b"IS\0\x9f", 6, [], 4),
    ("NumberOfImagesInMosaic", 1, b"US\0\0", 10, ["5       "], 6),
    ("SliceNormalVector", 3, b"FD\0\0", 4, ["-0.29552021", "0.57320189", "0.76427000"], 6),
    ("ImaCoilString", 1, b"LO\0\0", 12, ["HEA;HEP"], 6),
    ("PhaseEncodingDirectionPositive", 1, b"IS\0\0", 6, ["1"], 1),
]


def build(shift, tags, garbage=0x58):
    """`shift`: what the first word of an item exceeds its length by."""
    out = struct.pack("<2I", len(tags), 77)
    for name, vm, vr, syngodt, values, items in tags:
        out += struct.pack("<64si4s3i", name.encode() + b"\0" + b"old memory", vm, vr, syngodt, items, 205)
        for value in (values + [""] * items)[:items]:
            data = value.encode() + b"\0" if value else b""
            length = len(data)
            out += struct.pack("<4i", length + shift, length + shift, 77, length + shift) + data
            out += bytes([garbage]) * (-length % 4)
    return out


def keep(name, data):
    (folder / name).write_bytes(data)
    tags = csareader.read(data)["tags"]
    expected[name] = {key: [str(item) for item in tag["items"] if item not in ("", None)] for key, tag in tags.items()}


plain = [(*tag[:5], 0 if tag[0].startswith("Echo") else tag[5]) for tag in TAGS]
keep("plain.bin", build(0, plain))
keep("shifted.bin", build(4, TAGS))
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
