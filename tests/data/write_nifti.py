"""NIfTI files of every version, byte order and type by nibabel, and what they hold: write_nifti.py FOLDER."""

import json
import pathlib
import sys

import nibabel
import numpy

folder = pathlib.Path(sys.argv[1])
affine = numpy.array([[-1.9, 0.3, 0.1, 10.5], [0.2, 2.1, -0.4, -20.25], [0.05, 0.3, 3.2, 7.0], [0, 0, 0, 1]])
plain = numpy.diag([1.5, 2.0, 2.5, 1.0])
generator = numpy.random.default_rng(11)
expected = {}

for kind, header_kind in ((nibabel.Nifti1Image, nibabel.Nifti1Header), (nibabel.Nifti2Image, nibabel.Nifti2Header)):
    for order in "<>":
        for dtype in ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
            for scaled in (False, True):
                stored = generator.integers(0, 100, (4, 3, 2)).astype(dtype)
                if dtype[0] == "f":
                    stored /= 8
                header = header_kind(endianness=order)
                header.set_data_dtype(numpy.dtype(dtype).newbyteorder(order))
                image = kind(stored, affine, header)
                if scaled:  # the qform alone says the geometry of these
                    image.header.set_slope_inter(0.5, -3)
                    image.set_sform(None, 0)
                    image.set_qform(plain, 1)
                name = f"{kind.__name__}_{'big' if order == '>' else 'little'}_{dtype}{'_scaled.nii.gz' if scaled else '.nii'}"
                nibabel.save(image, folder / name)
                back = nibabel.load(folder / name)
                expected[name] = {
                    "shape": list(back.shape),
                    "affine": [float(value) for value in back.affine[:3].ravel()],
                    "values": [float(value) for value in back.get_fdata().ravel(order="F")],
                }

with open(folder / "expected.json", "w") as file:
    json.dump(expected, file)
