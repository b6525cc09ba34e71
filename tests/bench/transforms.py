"""Resampling and nnU-Net's default augmentation: ours beside SimpleITK, torch, SciPy, batchgeneratorsv2 and MONAI, interleaved, compared.

usage: transforms.py [ROUNDS] [linear|cubic|augment ...]     packages numpy, scipy, SimpleITK, torch, batchgeneratorsv2, monai

Two threads on each side. Ours: seconds inside build/bench_transforms (median of its repeats); peers: seconds of the call. Ratios are taken
round by round: median (least to most).
"""
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from scipy import ndimage

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "bench_transforms"
STORED, WANTED = (300, 512, 512), (200, 239, 239)
torch.set_num_threads(2)
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)


def ours(way, source, threads, repeats, out=None):
    command = [PROGRAM, way, source, threads, repeats] + ([out] if out else [])
    return statistics.median(map(float, subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.split()))


def timed(call):
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def report(name, times):
    mine = times["ours"]
    print(f"{name}: ours {1e3 * statistics.median(mine):.1f} ms ({1e3 * min(mine):.1f} to {1e3 * max(mine):.1f})")
    for peer, values in times.items():
        if peer == "ours":
            continue
        ratios = [theirs / own for theirs, own in zip(values, mine)]
        print(f"  {peer}: {1e3 * statistics.median(values):.1f} ms, ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def ct():
    rng = np.random.default_rng(0)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in STORED), indexing="ij", sparse=True)
    return (800 * np.sin(5 * x + 3 * y) * np.cos(4 * z) + 300 * np.cos(20 * x * y) + rng.normal(0, 30, STORED)).astype(np.int16)


def resample(order, rounds, folder):
    source = folder / "ct.raw"
    voxels = ct()
    voxels.tofile(source)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((0.7, 0.7, 1.0))
    kind = sitk.sitkLinear if order == 1 else sitk.sitkBSpline
    tensor = torch.from_numpy(voxels.astype(np.float32))[None, None]
    steps = np.array([1.5, 1.5 / 0.7, 1.5 / 0.7])
    peers = {"SimpleITK": lambda: sitk.Resample(image, WANTED[::-1], sitk.Transform(), kind, (0, 0, 0), (1.5,) * 3, np.eye(3).flatten().tolist(),
                                                0.0, sitk.sitkFloat32)}
    if order == 1:
        peers["torch interpolate (its own grid)"] = lambda: torch.nn.functional.interpolate(tensor, size=WANTED, mode="trilinear")
    else:
        peers["SciPy order 3"] = lambda: ndimage.affine_transform(voxels, steps, output_shape=WANTED, output=np.float32, order=3, mode="mirror")
    times, way = {"ours": [], "memory alone": []}, "linear" if order == 1 else "cubic"
    result = folder / "out.raw"
    for n in range(rounds):
        times["ours"].append(ours(way, source, 2, 5, result))
        times["memory alone"].append(ours("limit", source, 2, 5))
        for name, call in peers.items():
            seconds, out = timed(call)
            times.setdefault(name, []).append(seconds)
            if n or name.startswith("torch"):
                continue
            theirs = sitk.GetArrayFromImage(out) if name == "SimpleITK" else out
            mine = np.fromfile(result, np.float32).reshape(WANTED)
            print(f"  largest difference to {name}: {np.abs(theirs - mine)[:, :238, :238].max():.4f} of values up to 1100")
    report(f"{STORED} int16 to 1.5 mm, {way}", times)


def batchgenerators_chain():
    from batchgeneratorsv2.transforms.intensity.brightness import MultiplicativeBrightnessTransform
    from batchgeneratorsv2.transforms.intensity.contrast import BGContrast, ContrastTransform
    from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
    from batchgeneratorsv2.transforms.intensity.gaussian_noise import GaussianNoiseTransform
    from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform
    from batchgeneratorsv2.transforms.spatial.low_resolution import SimulateLowResolutionTransform
    from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform
    from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms
    from batchgeneratorsv2.transforms.utils.random import RandomTransform

    def at(transform, chance):
        return RandomTransform(transform, apply_probability=chance)

    turn = 30 / 180 * np.pi
    return ComposeTransforms([
        SpatialTransform((128,) * 3, patch_center_dist_from_border=0, random_crop=False, p_elastic_deform=0, p_rotation=0.2,
                         rotation=(-turn, turn), p_scaling=0.2, scaling=(0.7, 1.4), p_synchronize_scaling_across_axes=1,
                         bg_style_seg_sampling=False, mode_seg="nearest"),
        at(GaussianNoiseTransform((0, 0.1), 1, True), 0.1),
        at(GaussianBlurTransform((0.5, 1.0), False, False, 0.5, benchmark=True), 0.2),
        at(MultiplicativeBrightnessTransform(BGContrast((0.75, 1.25)), False, 1), 0.15),
        at(ContrastTransform(BGContrast((0.75, 1.25)), True, False, 1), 0.15),
        at(SimulateLowResolutionTransform((0.5, 1), False, True, None, None, 0.5), 0.25),
        at(GammaTransform(BGContrast((0.7, 1.5)), 1, False, 1, 1), 0.1),
        at(GammaTransform(BGContrast((0.7, 1.5)), 0, False, 1, 1), 0.3)])


def monai_chain():
    from monai import transforms as m
    both, turn = ["image", "segmentation"], 30 / 180 * np.pi
    return m.Compose([
        m.RandAffined(both, spatial_size=(128,) * 3, prob=0.36, rotate_range=(turn,) * 3, scale_range=(0.3,) * 3, mode=("bilinear", "nearest"),
                      padding_mode="zeros"),
        m.RandGaussianNoised("image", prob=0.1, std=0.3), m.RandGaussianSmoothd("image", (0.5, 1), (0.5, 1), (0.5, 1), prob=0.2),
        m.RandScaleIntensityd("image", 0.25, prob=0.15), m.RandAdjustContrastd("image", prob=0.15, gamma=(0.75, 1.25)),
        m.RandSimulateLowResolutiond("image", prob=0.25, zoom_range=(0.5, 1)), m.RandAdjustContrastd("image", prob=0.4, gamma=(0.7, 1.5))])


def augment(rounds, folder, samples=24):
    source = folder / "patch.raw"
    image = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(160,) * 3), 2).astype(np.float32)
    image /= image.std()
    label = (np.abs(image) > 1).astype(np.uint8)
    source.write_bytes(image.tobytes() + label.tobytes())
    # The same fixed rotation by torch: the affine of our grid, in voxels around the middle.
    ours("turn", source, 1, 1, folder / "turn.raw")
    raw = (folder / "turn.raw").read_bytes()
    mine, grid = np.frombuffer(raw, np.float32, 128 ** 3).reshape((128,) * 3), np.frombuffer(raw, np.float64, 12, 5 * 128 ** 3).reshape(3, 4)
    flip = np.eye(3)[::-1]
    theirs = ndimage.affine_transform(image.astype(float), flip @ grid[:, :3] @ flip, grid[::-1, 3], output_shape=(128,) * 3, order=1)
    print(f"  rotation: largest difference to SciPy {np.abs(theirs - mine)[24:-24, 24:-24, 24:-24].max():.6f} of values up to {image.max():.1f}")
    chains = {"batchgeneratorsv2": batchgenerators_chain(), "MONAI": monai_chain()}
    times = {"ours": []}
    for n in range(rounds):
        times["ours"].append(ours("augment", source, 2, 200))
        for name, chain in chains.items():
            # nnU-Net's loader is seeded by nobody; here each round has its own seed. MONAI's transforms are seeded apart.
            torch.manual_seed(n), np.random.seed(n)
            data = [{"image": torch.from_numpy(image)[None].clone(), "segmentation": torch.from_numpy(label.astype(np.int16))[None].clone()}
                    for _ in range(samples)]
            seconds, _ = timed(lambda: [chain(**d) if name != "MONAI" else chain(d) for d in data])
            times.setdefault(name, []).append(seconds / samples)
    report("nnU-Net's default augmentation, 128^3 of 160^3, image and label, a sample", times)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    parts = sys.argv[2:] or ["linear", "cubic", "augment"]
    with tempfile.TemporaryDirectory() as folder:
        for part in parts:
            if part == "augment":
                augment(rounds, Path(folder))
            else:
                resample(1 if part == "linear" else 3, rounds, Path(folder))


if __name__ == "__main__":
    main()
