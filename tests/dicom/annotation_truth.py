"""Regions of a segmentation or structure set by pydicom and NumPy alone, for tests/dicom/annotation_test.cpp.

usage: annotation_truth.py OBJECT IMAGE...     prints one line a region: number, voxels, and the sum of their positions (x, y, z: LPS, mm)
"""
import sys

import numpy as np
import pydicom


def corner(place, orientation, spacing):
    """Position of pixel (row, column) as start + row * down + column * along."""
    row, column = np.array(orientation[:3], float), np.array(orientation[3:], float)
    return np.array(place, float), column * float(spacing[0]), row * float(spacing[1])


def summed(inside, start, down, along):
    rows, columns = np.nonzero(inside)
    return len(rows), len(rows) * start + rows.sum() * down + columns.sum() * along


def macro(dataset, frame, name):
    own = dataset.PerFrameFunctionalGroupsSequence[frame]
    return (own if name in own else dataset.SharedFunctionalGroupsSequence[0])[name].value[0]


def segments(dataset):
    frames = dataset.pixel_array.reshape(int(dataset.get("NumberOfFrames", 1)), dataset.Rows, dataset.Columns)
    if dataset.SegmentationType == "FRACTIONAL":
        frames = frames / float(dataset.MaximumFractionalValue) >= 0.5
    found = {int(s.SegmentNumber): [0, np.zeros(3)] for s in dataset.SegmentSequence}
    for n, frame in enumerate(frames):
        number = int(macro(dataset, n, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        place = macro(dataset, n, "PlanePositionSequence").ImagePositionPatient
        orientation = macro(dataset, n, "PlaneOrientationSequence").ImageOrientationPatient
        spacing = macro(dataset, n, "PixelMeasuresSequence").PixelSpacing
        count, total = summed(frame > 0, *corner(place, orientation, spacing))
        found[number][0] += count
        found[number][1] += total
    return found


def inside_polygon(points, rows, columns):
    """Even-odd rule of W. R. Franklin (PNPOLY) for the centres of all pixels; points as (x, y) in pixels."""
    y, x = np.mgrid[:rows, :columns].astype(float)
    result = np.zeros((rows, columns), bool)
    for (xi, yi), (xj, yj) in zip(points, np.roll(points, 1, axis=0)):
        if yi != yj:
            result ^= ((yi > y) != (yj > y)) & (x < (xj - xi) * (y - yi) / (yj - yi) + xi)
    return result


def contours(dataset, images):
    found = {}
    for drawn in dataset.ROIContourSequence:
        if drawn.get("ContourSequence"):
            found[int(drawn.ReferencedROINumber)] = [0, np.zeros(3)]
        slices = {}
        for contour in drawn.get("ContourSequence", []):
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            image = min(images, key=lambda i: abs(np.dot(points[0] - np.array(i.ImagePositionPatient, float), normal(i))))
            start, down, along = corner(image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing)
            plane = np.stack([(points - start) @ along / (along @ along), (points - start) @ down / (down @ down)], 1)
            region = inside_polygon(np.round(plane * 1024) / 1024, image.Rows, image.Columns)
            before = slices.get(image.SOPInstanceUID, (image, np.zeros_like(region)))[1]
            slices[image.SOPInstanceUID] = (image, region ^ before)
        for image, region in slices.values():
            count, total = summed(region, *corner(image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing))
            found[int(drawn.ReferencedROINumber)][0] += count
            found[int(drawn.ReferencedROINumber)][1] += total
    return found


def normal(image):
    orientation = np.array(image.ImageOrientationPatient, float)
    return np.cross(orientation[:3], orientation[3:])


dataset = pydicom.dcmread(sys.argv[1])
if dataset.Modality == "RTSTRUCT":
    found = contours(dataset, [pydicom.dcmread(path) for path in sys.argv[2:]])
else:
    found = segments(dataset)
for number, (count, total) in sorted(found.items()):
    print(number, count, *total)
