"""Small NIfTI files by nibabel 5.3.2 and what they hold, for tests/data/nifti_test.cpp. Run: python tests/golden/nifti.py"""

import json
import pathlib

import nibabel
import numpy

folder = pathlib.Path(__file__).parent / "nifti"
folder.mkdir(exist_ok=True)
generator = numpy.random.default_rng(7)
oblique = numpy.array([[-1.9, 0.3, 0.1, 10.5], [0.2, 2.1, -0.4, -20.25], [0.05, 0.3, 3.2, 7.0], [0, 0, 0, 1]])
plain = numpy.diag([1.5, 2.0, 2.5, 1.0])
plain[:3, 3] = [-5, 6, 7]
expected = {}


def keep(name, image, affine):
    path = folder / name
    nibabel.save(image, path)
    data = numpy.asanyarray(nibabel.load(path).dataobj, dtype=numpy.float64)
    expected[name] = {
        "shape": list(data.shape[:3]),
        "affine": [float(value) for value in affine[:3].ravel()],
        "values": [float(value) for value in data.ravel(order="F")],
    }


def make(kind, dtype, affine, endianness="<", low=0, high=200):
    data = generator.integers(low, high, (4, 3, 2)).astype(dtype)
    header = (nibabel.Nifti2Header if kind is nibabel.Nifti2Image else nibabel.Nifti1Header)(endianness=endianness)
    header.set_data_dtype(numpy.dtype(dtype).newbyteorder(endianness))
    return kind(data, affine, header)


keep("uint8.nii", make(nibabel.Nifti1Image, "uint8", oblique), oblique)
keep("int16.nii.gz", make(nibabel.Nifti1Image, "int16", oblique, low=-300), oblique)
keep("big_endian.nii", make(nibabel.Nifti1Image, "int16", oblique, ">", low=-300), oblique)
keep("uint16.nii.gz", make(nibabel.Nifti1Image, "uint16", oblique, low=40000, high=65000), oblique)
keep("int32.nii", make(nibabel.Nifti1Image, "int32", oblique, low=-(2**30), high=2**30), oblique)
keep("nifti2_int64.nii.gz", make(nibabel.Nifti2Image, "int64", oblique), oblique)
keep("float64.nii.gz", make(nibabel.Nifti1Image, "float64", oblique), oblique)
keep("int8.nii", make(nibabel.Nifti1Image, "int8", oblique, low=-100, high=100), oblique)

scaled = make(nibabel.Nifti1Image, "int16", oblique)
scaled.header.set_slope_inter(0.5, -3)
keep("scaled.nii.gz", scaled, oblique)

only_qform = make(nibabel.Nifti1Image, "int16", plain)
only_qform.set_sform(None, 0)
only_qform.set_qform(plain, 1)
keep("only_qform.nii", only_qform, plain)

both = make(nibabel.Nifti1Image, "int16", oblique)
both.set_qform(plain, 1)
both.set_sform(oblique, 2)
keep("sform_wins.nii", both, oblique)

with open(folder / "expected.json", "w") as file:
    json.dump(expected, file, indent=1)
