"""Lays a bundle's ONNX files beside their golden cases as tests/export/run_onnx.py wants them. onnx_of_bundle.py BUNDLE FOLDER"""

import pathlib
import shutil
import sys

bundle, folder = (pathlib.Path(word) for word in sys.argv[1:])
folder.mkdir()
for model in bundle.glob("*.onnx"):
    shutil.copy(model, folder / model.name)
    cases = bundle / "golden" if model.stem == "model" else bundle / "golden" / model.stem
    for case in cases.glob("*.safetensors"):
        shutil.copy(case, folder / f"{model.stem}.{case.name}")
print(len(list(folder.glob("*.safetensors"))), "cases")
