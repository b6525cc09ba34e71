"""Small NRRD files by SimpleITK 2.5.7 and what it reads from them, for tests/data/nrrd_test.cpp. Run: python tests/golden/nrrd.py"""

import json
import pathlib

import numpy
import SimpleITK

folder = pathlib.Path(__file__).parent / "nrrd"
folder.mkdir(exist_ok=True)
generator = numpy.random.default_rng(11)
expected = {}


def affine_of(image):
    """RAS, from where ITK says that the first voxels lie."""
    origin = numpy.array(image.TransformIndexToPhysicalPoint((0, 0, 0)))
    columns = [numpy.array(image.TransformIndexToPhysicalPoint(tuple(int(n == axis) for n in range(3)))) - origin for axis in range(3)]
    return (numpy.array([*columns, origin]).T * numpy.array([[-1], [-1], [1]])).ravel()


def keep(name, image, packed=False, code=""):
    path = folder / name
    SimpleITK.WriteImage(image, path, packed)
    if code:
        expected[name] = {"code": code}
        return
    back = SimpleITK.ReadImage(path)
    data = SimpleITK.GetArrayFromImage(back).astype(float)
    expected[name] = {"shape": list(data.shape), "affine": affine_of(back).tolist(), "values": data.ravel().tolist()}


def image(shape, dtype, channels=1):
    data = generator.integers(0, 200, shape + (channels,) if channels > 1 else shape).astype(dtype)
    made = SimpleITK.GetImageFromArray(data, isVector=channels > 1)
    if len(shape) == 3:
        turn = numpy.array([[0, -0.6, 0.8], [1, 0, 0], [0, 0.8, 0.6]])
        made.SetDirection(turn.ravel().tolist())
        made.SetSpacing((0.5, 2, 3.25))
        made.SetOrigin((10, -20.5, 7))
    return made


keep("oblique.nrrd", image((2, 3, 4), "<i2"))
keep("packed.nrrd", image((2, 3, 4), "<f4"), packed=True)
several = "UNSUPPORTED_OBJECT: an image of more than three dimensions"
keep("two_channels.nrrd", image((2, 3, 4), "<i2", 2), code=several)
keep("three_channels.nrrd", image((2, 3, 4), "u1", 3), code=several)
keep("two_times.nrrd", image((2, 2, 3, 4), "<i2"), code=several)
keep("one_time.nrrd", image((1, 2, 3, 4), "<i2"), code=several)
keep("picture.nrrd", image((3, 4), "u1"), code="UNSUPPORTED_OBJECT: an image of less than three dimensions")
(folder / "expected.json").write_text(json.dumps(expected) + "\n")
