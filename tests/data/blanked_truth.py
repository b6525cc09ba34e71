"""Blanked files beside their sources, read by pydicom: usage: blanked_truth.py SOURCE OUT LINKAGE WORDS

Each pixel is as it was or zero; some went in each file and no more than a half; the file says that its pixels were cleaned. Of WORDS (FILE:ROW:
COLUMN:ROWS:COLUMNS, ';' between them), boxes drawn by hand around text that an eye sees, nothing is left.
"""
import csv
import pathlib
import sys

import numpy
import pydicom

source, out, linkage, words = sys.argv[1:]
names = {row["new_object_uid"]: row["file"] for row in csv.DictReader(open(linkage))}
boxes = [(name, *map(int, numbers)) for name, *numbers in (word.split(":") for word in words.split(";"))]
files = sorted(pathlib.Path(out).rglob("*.dcm"))
assert len(files) == len(names), (len(files), len(names))
for path in files:
    new = pydicom.dcmread(path)
    name = names[new.SOPInstanceUID]
    old = pydicom.dcmread(pathlib.Path(source) / name)
    assert new.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian, name
    assert new.BurnedInAnnotation == "NO", name
    assert "113101" in [code.CodeValue for code in new.DeidentificationMethodCodeSequence], name
    assert new.get("LossyImageCompression") == old.get("LossyImageCompression"), name
    for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored", "SamplesPerPixel", "PhotometricInterpretation", "PixelRepresentation"):
        assert new.get(keyword) == old.get(keyword), (name, keyword)
    before, after = old.pixel_array, new.pixel_array
    changed = before != after
    assert before.shape == after.shape and not after[changed].any(), name
    share = changed.reshape(before.shape[0], before.shape[1], -1).any(-1).mean()
    assert 0.01 < share < 0.5, (name, share)
    for box, row, column, rows, columns in boxes:
        if box == name:
            assert not after[row : row + rows, column : column + columns].any(), (name, row, column)
