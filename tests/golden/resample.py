"""Independent values for tests/transform: SciPy, SimpleITK and NumPy.

    pip install numpy==2.4.6 scipy==1.17.1 SimpleITK==2.5.7
    python tests/golden/resample.py > tests/golden/resample.json
"""
import json

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

rng = np.random.default_rng(1)
LPS = np.diag([-1.0, -1.0, 1.0])


def rotation(axis, degrees):
    a = np.radians(degrees)
    m = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    m[i, i] = m[j, j] = np.cos(a)
    m[i, j], m[j, i] = -np.sin(a), np.sin(a)
    return m


def affine(linear, origin):
    return np.vstack([np.column_stack([linear, origin]), [0, 0, 0, 1]])


def case(name, linear, origin, shape, grid_spacing, grid_origin, grid_shape):
    """shape and grid_shape: D, H, W; affines map (i, j, k) = (W, H, D) to RAS mm."""
    source = rng.integers(-500, 1500, size=shape).astype(np.int16)
    source_affine = affine(linear, origin)
    grid = affine(np.diag(grid_spacing), grid_origin)
    to_source = np.linalg.inv(source_affine) @ grid
    flip = np.eye(3)[::-1]  # SciPy's axes run D, H, W
    scipy = ndimage.affine_transform(source.astype(float), flip @ to_source[:3, :3] @ flip, (to_source[:3, 3])[::-1],
                                     output_shape=grid_shape, order=1, mode="nearest")
    image = sitk.GetImageFromArray(source.astype(np.float64))
    spacing = np.linalg.norm(linear, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((LPS @ (linear / spacing)).flatten().tolist())
    image.SetOrigin((LPS @ origin).tolist())
    target = sitk.Image([int(n) for n in grid_shape[::-1]], sitk.sitkFloat64)
    target.SetSpacing([float(s) for s in grid_spacing])
    target.SetDirection(LPS.flatten().tolist())
    target.SetOrigin((LPS @ grid_origin).tolist())
    outside = -99999.0
    itk = sitk.GetArrayFromImage(sitk.Resample(image, target, sitk.Transform(), sitk.sitkLinear, outside, sitk.sitkFloat64))
    nearest = sitk.GetArrayFromImage(sitk.Resample(image, target, sitk.Transform(), sitk.sitkNearestNeighbor, outside, sitk.sitkFloat64))
    inside = itk != outside
    return {
        "name": name, "size": list(shape), "affine": source_affine[:3].flatten().tolist(), "voxels": source.flatten().tolist(),
        "grid": grid[:3].flatten().tolist(), "grid_size": list(grid_shape),
        "scipy": np.round(scipy, 5).flatten().tolist(), "sitk": np.round(np.where(inside, itk, 0), 5).flatten().tolist(),
        "sitk_nearest": np.where(inside, nearest, 0).flatten().tolist(), "inside": inside.astype(int).flatten().tolist(),
    }


def box_mean(values, centre, width):
    """Mean of the linear interpolant over a box, by a million points."""
    x = centre + (np.arange(1_000_000) + 0.5) / 1_000_000 * width - width / 2
    return float(np.mean(np.interp(x, np.arange(len(values)), values)))


oblique = rotation(2, 17) @ rotation(0, -11) @ rotation(1, 6) @ np.diag([-1.2, 0.9, 1.7])
sagittal = np.array([[0, 0, -2.5], [0.8, 0, 0], [0, -1.1, 0]])
line = rng.integers(0, 100, size=40).tolist()
sample = rng.normal(100, 40, size=501).round().astype(int)
print(json.dumps({
    "cases": [
        case("oblique", oblique, np.array([12.0, -7.0, 3.0]), (5, 8, 9), (1.0, 1.1, 1.3), np.array([0.0, -7.0, 2.0]), (5, 7, 8)),
        case("sagittal", sagittal, np.array([9.0, -4.0, 6.0]), (6, 8, 9), (1.9, 0.9, 1.0), np.array([-3.0, -3.5, -2.0]), (7, 6, 6)),
    ],
    "line": line,
    "box": [{"centre": c, "width": w, "mean": box_mean(line, c, w)} for c, w in [(10.0, 2.0), (11.3, 3.7), (20.75, 8.0), (17.5, 1.6)]],
    "sample": sample.tolist(),
    "percentiles": {str(p): float(np.percentile(sample, p)) for p in (0.5, 1, 50, 99, 99.5)},
}, separators=(",", ":")))
