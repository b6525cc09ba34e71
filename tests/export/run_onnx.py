"""Checks FOLDER/NAME.onnx with onnx's checker and runs it with onnxruntime on every FOLDER/NAME.CASE.safetensors.

A case holds tensors input.* and the wanted output.*; the exit code is 1 when any differs by more than 1e-4.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-4


def named(tensors, prefix):
    return {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}


def largest_difference(found, wanted):
    if found.shape != wanted.shape:
        raise ValueError(f"shape {found.shape} instead of {wanted.shape}")
    if found.dtype != wanted.dtype:
        raise ValueError(f"type {found.dtype} instead of {wanted.dtype}")
    return float(np.abs(found.astype(np.float64) - wanted.astype(np.float64)).max(initial=0.0))


def check_case(session, case, label):
    tensors = load_file(case)
    inputs, wanted = named(tensors, "input."), named(tensors, "output.")
    read = {item.name for item in session.get_inputs()}
    outputs = [item.name for item in session.get_outputs()]
    if set(outputs) != set(wanted):
        return [f"{label}: outputs {sorted(outputs)} instead of {sorted(wanted)}"]
    problems = []
    for name, found in zip(outputs, session.run(outputs, {k: v for k, v in inputs.items() if k in read})):
        try:
            difference = largest_difference(found, wanted[name])
        except ValueError as error:
            problems.append(f"{label}: {name}: {error}")
            continue
        if not difference <= TOLERANCE:
            problems.append(f"{label}: {name}: differs by {difference:.3g}")
    return problems


def main(folder):
    problems, cases = [], 0
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    for model in sorted(folder.glob("*.onnx")):
        try:
            onnx.checker.check_model(onnx.load(model), full_check=True)
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            for case in sorted(folder.glob(model.stem + ".*.safetensors")):
                cases += 1
                problems += check_case(session, case, case.stem)
        except Exception as error:  # one bad file must not hide the others
            problems.append(f"{model.name}: {type(error).__name__}: {error}")
    print("\n".join(problems))
    return 1 if problems or cases == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
