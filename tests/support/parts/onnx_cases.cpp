#include "tests/support/parts/onnx_cases.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "core/weights/safetensors.h"

namespace chiasm::test {

bool OnnxCases::has_python() { return std::getenv("CHIASM_TEST_PYTHON") != nullptr; }

void OnnxCases::add(const std::string& name, torch::nn::Module& owner, const Program& program,
                    const std::map<std::string, std::vector<at::Tensor>>& cases) {
  SCOPED_TRACE(name);
  torch::jit::Module traced = trace(owner, program);
  write_onnx(folder_ / (name + ".onnx"), traced, program);
  const at::NoGradGuard no_gradient;
  for (const auto& [what, inputs] : cases) {
    SCOPED_TRACE(what);
    const std::vector<at::Tensor> outputs = program.run(inputs), again = run_traced(traced, inputs);
    weights::Tensors tensors;
    for (size_t i = 0; i < inputs.size(); ++i) tensors["input." + program.inputs.at(i)] = inputs[i];
    ASSERT_EQ(outputs.size(), program.outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      tensors["output." + program.outputs[i]] = outputs[i];
      ASSERT_EQ(outputs[i].sizes(), again[i].sizes()) << program.outputs[i];
      EXPECT_TRUE(at::allclose(outputs[i].to(at::kFloat), again[i].to(at::kFloat), 1e-5, 1e-5)) << program.outputs[i];
    }
    weights::write_safetensors(folder_ / (name + "." + what + ".safetensors"), tensors);
  }
}

int OnnxCases::run() const {
  const std::string command =
      std::string(std::getenv("CHIASM_TEST_PYTHON")) + " " CHIASM_SOURCE "/tests/export/run_onnx.py " + folder_.path().string();
  return std::system(command.c_str());
}

}  // namespace chiasm::test
