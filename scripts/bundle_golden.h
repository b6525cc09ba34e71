// Golden cases of a bundle: inputs of random values, never a patient's, with the outputs of the build that exported it.
//   golden/CASE.safetensors          the model: two batch sizes, and each input missing
//   golden/PROGRAM/CASE.safetensors  a task's own program, e.g. decode: two sizes of every free axis
// Tensors input.NAME and output.NAME as in the ONNX file, so that any run-time can be checked against them.
#pragma once

#include <filesystem>

#include "core/model.h"

namespace chiasm {

void write_golden(Model& model, const std::filesystem::path& folder);

// Runs every case on this machine. Throws InputError naming case and output where they differ by more than 1e-4.
void verify_golden(Model& model, const std::filesystem::path& folder);

}  // namespace chiasm
