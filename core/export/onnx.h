// TorchScript to ONNX (opset 21), written without libprotobuf. An operator without a translation fails with its name; none is skipped.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <map>
#include <string>

#include "core/task.h"

namespace chiasm {

// `traced`: of `program` (core/export/trace.h). Atomic.
void write_onnx(const std::filesystem::path& path, const torch::jit::Module& traced, const Program& program,
                const std::map<std::string, std::string>& metadata = {});

}  // namespace chiasm
