"""Real heads defaced, and beside them Quickshear on an independent mask of the brain.
usage: deface.py BENCH_DEFACE CH2 CH2BET CRANIUM
  CH2, CH2BET: ch2.nii.gz and ch2bet.nii.gz of the Debian package mricron-data (one T1-weighted head, and its brain by another program)
  CRANIUM: Cranium.inv3 of the Debian package invesalius-examples (a CT of a head)
Needs nibabel, scipy and quickshear 1.2.0."""
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import nibabel
import numpy
from quickshear import quickshear
from scipy import ndimage


def largest(mask):
    labels, _ = ndimage.label(mask)
    return labels == numpy.bincount(labels.ravel())[1:].argmax() + 1


def deface(program, modality, image, folder):
    source, target = folder / "in.nii.gz", folder / "out.nii.gz"
    nibabel.save(image, source)
    told = subprocess.run([program, modality, source, target], capture_output=True, text=True, check=True).stdout.strip()
    return told, numpy.asarray(nibabel.load(target).dataobj)


def depths(voxels, tissue, middle, below):
    """First tissue on lines from the front, RAS order: columns of `middle`, slices of `below`."""
    seen = (voxels > tissue)[middle][:, ::-1, below]
    return numpy.where(seen.any(1), seen.argmax(1), voxels.shape[1])


def report(name, before, after, tissue, brain, spacing, middle, below):
    gone = before != after
    away = ndimage.distance_transform_edt(~brain, spacing)
    first = depths(before, tissue, middle, below)
    seen = first < before.shape[1]
    deeper = (depths(after, tissue, middle, below) - first)[seen] * spacing[1]
    print(f"{name}: tissue {(gone & (before > tissue)).sum() * numpy.prod(spacing) / 1000:.0f} ml, "
          f"brain {(gone & brain).sum() * numpy.prod(spacing) / 1000:.2f} ml, nearest to the brain {away[gone].min():.1f} mm, "
          f"front 5 mm deeper on {(deeper >= 5).mean():.3f}, mean {deeper.mean():.1f} mm")


def mr(program, head, stripped, folder):
    image = nibabel.load(head)
    before = numpy.asarray(image.dataobj)
    brain = largest(ndimage.binary_fill_holes(numpy.asarray(nibabel.load(stripped).dataobj) > 10))
    told, after = deface(program, "mr", image, folder)
    height = numpy.arange(before.shape[2]) + image.affine[2, 3]
    middle = slice(50, 131)  # 40 mm to either side
    print("T1:", told)
    shorn = numpy.asarray(quickshear(image, nibabel.Nifti1Image(brain.astype(numpy.uint8), image.affine), 10).dataobj)
    for name, result in (("ours", after), ("quickshear", shorn)):
        report(name, before, result, 14, brain, (1, 1, 1), middle, height < -32)


def ct(program, project, folder):
    with tarfile.open(project) as files:
        member = next(m for m in files if m.name.endswith("matrix.dat"))
        hu = numpy.frombuffer(files.extractfile(member).read(), numpy.int16).reshape(108, 256, 256).transpose(2, 1, 0)
    spacing = (0.957, 0.957, 1.5)
    affine = numpy.array([[-0.957, 0, 0, 122], [0, 0.957, 0, -122], [0, 0, 1.5, 0], [0, 0, 0, 1]])
    told, after = deface(program, "ct", nibabel.Nifti1Image(numpy.ascontiguousarray(hu), affine), folder)
    soft = (hu > 0) & (hu < 100)
    brain = ndimage.binary_dilation(largest(ndimage.binary_erosion(soft, iterations=5)), iterations=5) & soft
    print("CT:", told)
    report("ours", hu.astype(float), after.astype(float), -300, brain, spacing, slice(86, 170), numpy.arange(108) < 40)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        mr(sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(name))
        ct(sys.argv[1], sys.argv[4], pathlib.Path(name))
