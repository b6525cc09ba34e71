"""Writes CT series for the benchmarks: explicit little endian, as many attributes as a scanner writes, names in random order.

usage: series.py FOLDER [SLICES] [SIZE]      300 slices of 512 x 512 unless said otherwise; needs pydicom and NumPy
"""
import sys
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset

STATED = {
    "SpecificCharacterSet": "ISO_IR 100", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "StudyDate": "20200102", "SeriesDate": "20200102",
    "AcquisitionDate": "20200102", "ContentDate": "20200102", "StudyTime": "101112.5", "SeriesTime": "101213.25", "AccessionNumber": "A1",
    "Modality": "CT", "Manufacturer": "ACME", "InstitutionName": "Phantom Hospital", "ReferringPhysicianName": "Doe^Ann",
    "StationName": "CT01", "StudyDescription": "Thorax", "SeriesDescription": "Thorax 1.0 B30f", "OperatorsName": "Roe^Max",
    "ManufacturerModelName": "Scanner 64", "PatientName": "Phantom^One", "PatientID": "P1", "PatientBirthDate": "19500101",
    "PatientSex": "F", "PatientAge": "070Y", "PatientWeight": "70", "BodyPartExamined": "CHEST", "SliceThickness": "1", "KVP": "120",
    "DataCollectionDiameter": "500", "DeviceSerialNumber": "12345", "SoftwareVersions": "syngo 1", "ProtocolName": "ThoraxRoutine",
    "ReconstructionDiameter": "360", "DistanceSourceToDetector": "1040", "DistanceSourceToPatient": "570", "GantryDetectorTilt": "0",
    "TableHeight": "150", "RotationDirection": "CW", "ExposureTime": "500", "XRayTubeCurrent": "200", "Exposure": "100",
    "FilterType": "WEDGE", "GeneratorPower": "40", "FocalSpots": "1.2", "ConvolutionKernel": "B30f", "PatientPosition": "FFS",
    "StudyInstanceUID": "1.2.826.0.1.3680043.10.99.1", "SeriesInstanceUID": "1.2.826.0.1.3680043.10.99.2", "StudyID": "1",
    "SeriesNumber": "2", "AcquisitionNumber": "1", "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "FrameOfReferenceUID": "1.2.826.0.1.3680043.10.99.3", "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
    "PixelSpacing": ["0.703125", "0.703125"], "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0,
    "WindowCenter": ["40", "-600"], "WindowWidth": ["400", "1200"], "RescaleIntercept": "-1024", "RescaleSlope": "1",
    "RescaleType": "HU",
}


def write(folder, slices, size):
    folder.mkdir(parents=True)
    random = np.random.default_rng(1)
    y, x = np.mgrid[-1:1:size * 1j, -1:1:size * 1j]
    body = np.where(x * x + 1.5 * y * y < 0.8, 1060, 24)
    for name, k in enumerate(random.permutation(slices)):
        header = Dataset()
        header.file_meta = FileMetaDataset()
        header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.10.99.4.{k + 1}"
        for keyword, value in STATED.items():
            setattr(header, keyword, value)
        header.InstanceNumber, header.SliceLocation = int(k) + 1, str(float(k))
        header.ImagePositionPatient = ["-180", "-180", str(float(k) - 150)]
        header.AcquisitionTime = header.ContentTime = f"1012{13 + k // 100:02d}.{k % 100:02d}"
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = pydicom.uid.CTImageStorage, "1.2.3"
        header.ReferencedImageSequence = [reference]
        header.Rows = header.Columns = size
        header.PixelData = (body + random.integers(0, 60, (size, size)) + k % 7).astype("<u2").tobytes()
        header.save_as(folder / f"{name:05d}.dcm", enforce_file_format=True)


write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300, int(sys.argv[3]) if len(sys.argv) > 3 else 512)
