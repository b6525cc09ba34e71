"""Writes a tiny data set whose content is drawn here: volumes with or without a bright block, a sentence, a table.   usage: sources.py DIR"""
import csv
import pathlib
import random
import struct
import sys

folder = pathlib.Path(sys.argv[1])
(folder / "volumes").mkdir(parents=True)
draw = random.Random(5)


def write_nifti(path, side, voxels):
    """A NIfTI-1 file of int16 voxels, 2 mm apart (https://nifti.nimh.nih.gov/nifti-1)."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, side, side, side, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)
    struct.pack_into("<8f", header, 76, 1, 2, 2, 2, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    header[123] = 10  # mm and seconds
    struct.pack_into("<2h", header, 252, 0, 1)
    for row in range(3):
        struct.pack_into("<4f", header, 280 + 16 * row, *[2.0 if column == row else 0.0 for column in range(4)])
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + struct.pack(f"<{len(voxels)}h", *voxels))


side = 8
rows = []
for number in range(16):
    lesion = number % 2
    voxels = [draw.randint(-20, 20) for _ in range(side**3)]
    corner = draw.randint(1, 4)
    for x in range(3):
        for y in range(3):
            for z in range(3):
                voxels[(corner + z) * side * side + (corner + y) * side + corner + x] += 400 * lesion
    name = f"volumes/{number:02d}.nii"
    write_nifti(folder / name, side, voxels)
    side_word = draw.choice(["left", "right"])
    rows.append([f"S{number:02d}", f"P{number // 2 * 2 + lesion:02d}", name, f"Pain on the {side_word} side since {draw.choice(['a week', 'two weeks', 'a month'])}.",
                 f"{draw.gauss(20 + 40 * lesion, 10):.1f}" if number % 5 else "", lesion])
with open(folder / "studies.csv", "w", newline="") as file:
    csv.writer(file).writerows([["study", "patient", "file", "indication", "crp", "lesion"], *rows])
(folder / "dataset.yaml").write_text("""name: compat
sources:
  sheet: {csv: studies.csv, study: study, patient: patient, file: file, text: indication}
inputs:
  ct:         {modality: ct, source: sheet}
  indication: {modality: text, source: sheet}
  labs:       {modality: table, source: sheet, columns: {crp: {unit: mg/L}}}
targets:
  lesion: {kind: labels, source: sheet, columns: [lesion], values: {"1": positive, "0": negative}, derived_from: []}
deidentify: {off: "drawn by sources.py"}
split: {by: patient}
""")
