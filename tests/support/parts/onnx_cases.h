// Programs as TorchScript and ONNX, compared with the program itself: TorchScript here at once, ONNX in onnxruntime by one call of
// tests/export/run_onnx.py (the variable CHIASM_TEST_PYTHON names a Python with onnx, onnxruntime and safetensors).
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "core/task.h"
#include "tests/support/scratch.h"

namespace chiasm::test {

class OnnxCases {
 public:
  static bool has_python();
  // Traces `program` of `owner`, writes NAME.onnx, and for each case the inputs and what the program gives for them. TorchScript must agree
  // with the program to 1e-5.
  void add(const std::string& name, torch::nn::Module& owner, const Program& program,
           const std::map<std::string, std::vector<at::Tensor>>& cases);
  // Exit code of the comparison in onnxruntime, to 1e-4; what differs is printed.
  int run() const;
  // Of NAME.onnx and NAME.CASE.safetensors.
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  Scratch folder_;
};

}  // namespace chiasm::test
