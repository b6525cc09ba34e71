"""usage: with_identifiers.py FOLDER FILE...

Copies DICOM files to FOLDER and gives each a study, a series, an object and a patient of its own; pixels and transfer syntax stay.
"""
import pathlib
import sys

import pydicom

folder = pathlib.Path(sys.argv[1])
folder.mkdir()
for number, name in enumerate(sys.argv[2:], 1):
    dataset = pydicom.dcmread(name)
    dataset.PatientID = f"PT{7000 + number}"
    dataset.PatientName = "Kestaburgen^Briana"
    dataset.StudyInstanceUID = f"1.2.3.{number}"
    dataset.SeriesInstanceUID = f"1.2.3.{number}.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}.1.1"
    dataset.save_as(folder / f"{number}.dcm")
