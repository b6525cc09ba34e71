"""Independent values for tests/transform: cubic resampling, elastic deformation, simulated low resolution, nnU-Net's contrast and gamma.

    pip install numpy==2.4.6 scipy==1.17.1 SimpleITK==2.5.7 torch batchgeneratorsv2
    python tests/golden/transforms.py > tests/golden/transforms.json
"""
import json

import numpy as np
import SimpleITK as sitk
import torch
from batchgeneratorsv2.transforms.intensity.contrast import ContrastTransform
from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
from batchgeneratorsv2.transforms.spatial.low_resolution import SimulateLowResolutionTransform
from scipy import ndimage

rng = np.random.default_rng(3)
SHAPE = (9, 11, 14)
flip = np.eye(3)[::-1]  # SciPy's axes run D, H, W


def listed(values):
    return np.round(np.asarray(values, float), 5).flatten().tolist()


def scipy_cubic(source, linear, offset, shape):
    """linear, offset: new (i, j, k) -> source (i, j, k)."""
    return ndimage.affine_transform(source.astype(float), flip @ linear @ flip, offset[::-1], output_shape=shape, order=3, mode="mirror")


def sitk_cubic(source, linear, offset, shape):
    image = sitk.GetImageFromArray(source.astype(float))
    transform = sitk.AffineTransform(linear.flatten().tolist(), offset.tolist())
    out = sitk.Resample(image, [int(n) for n in shape[::-1]], transform, sitk.sitkBSpline, (0, 0, 0), (1, 1, 1), np.eye(3).flatten().tolist(),
                        -99999.0, sitk.sitkFloat64)
    return sitk.GetArrayFromImage(out)


def cubic(name, linear, offset, shape):
    source = rng.integers(-500, 1500, size=SHAPE).astype(np.int16)
    itk = sitk_cubic(source, linear, offset, shape)
    inside = itk > -90000
    return {"name": name, "size": SHAPE, "voxels": source.flatten().tolist(), "to_source": np.column_stack([linear, offset]).flatten().tolist(),
            "grid_size": shape, "scipy": listed(scipy_cubic(source, linear, offset, shape)), "sitk": listed(np.where(inside, itk, 0)),
            "inside": inside.astype(int).flatten().tolist()}


def elastic():
    """SimpleITK's B-spline transform on voxels of 1 mm, linear interpolation."""
    source = rng.integers(-500, 1500, size=SHAPE).astype(np.int16)
    image = sitk.GetImageFromArray(source.astype(float))
    spans = (2, 3, 4)  # D, H, W
    points = [n + 3 for n in spans]
    transform = sitk.BSplineTransform(3, 3)
    transform.SetTransformDomainOrigin((0, 0, 0))
    transform.SetTransformDomainPhysicalDimensions([float(n - 1) for n in SHAPE[::-1]])
    transform.SetTransformDomainMeshSize(spans[::-1])
    moves = rng.uniform(-1, 1, size=(3, *points)).astype(np.float32)
    transform.SetParameters(moves.astype(float).flatten().tolist())
    out = sitk.GetArrayFromImage(sitk.Resample(image, image, transform, sitk.sitkLinear, -99999.0, sitk.sitkFloat64))
    inside = out > -90000
    return {"size": SHAPE, "voxels": source.flatten().tolist(), "spans": spans, "moves": [m.astype(float).flatten().tolist() for m in moves],
            "sitk": listed(np.where(inside, out, 0)), "inside": inside.astype(int).flatten().tolist()}


def applied(transform, values, **parameters):
    return transform._apply_to_image(torch.from_numpy(values)[None], **parameters)[0].numpy()


a = 0.21
turned = np.array([[np.cos(a), -np.sin(a), 0.1], [np.sin(a), np.cos(a), -0.05], [-0.08, 0.04, 0.95]])
values = rng.normal(size=SHAPE).astype(np.float32)
one = {"apply_to_channel": torch.tensor([0])}
low = SimulateLowResolutionTransform((0.5, 1), True, False, None, None, 1)
contrast = ContrastTransform((0.75, 1.25), True, False, 1)
gamma = GammaTransform((0.7, 1.5), 0, False, 1, 1)


def gamma_of(value, inverted):
    return applied(gamma, values.copy(), retain_stats=torch.tensor([True]), invert_image=torch.tensor([inverted]),
                   gamma=torch.tensor([value]), **one)


print(json.dumps({
    "cubic": [
        cubic("aligned", np.diag([0.77, 1.31, 0.6]), np.array([0.3, 0.1, 0.2]), (14, 8, 16)),
        cubic("oblique", turned, np.array([0.9, -0.4, 1.1]), (7, 9, 11)),
    ],
    "elastic": elastic(),
    "picture": {
        "size": SHAPE, "values": [float(v) for v in values.flatten()],
        "low_resolution": listed(applied(low, values.copy(), scales=torch.tensor([[0.55, 0.7, 0.9]]), **one)),
        "stretch": listed(applied(contrast, values.copy(), multipliers=torch.tensor([1.2]), **one)),
        "gamma": listed(gamma_of(1.4, False)), "gamma_inverted": listed(gamma_of(0.8, True)),
    },
}, separators=(",", ":")))
