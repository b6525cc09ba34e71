#include "core/export/parity.h"

#include <ATen/ATen.h>

#include <limits>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/export/model_program.h"
#include "core/export/trace.h"

namespace chiasm {
namespace {

Json compare(const Program& program, torch::jit::Module& traced, const std::vector<at::Tensor>& inputs, const std::string& name,
             double tolerance) {
  const std::vector<at::Tensor> wanted = program.run(inputs), found = run_traced(traced, inputs);
  double largest = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const double difference = largest_difference(wanted[i], found[i]);
    if (!(difference <= tolerance))
      throw Error("export: output '" + program.outputs[i] + "' differs by " + format_number(difference) + " in case '" + name +
                  "'; nothing was written");
    largest = std::max(largest, difference);
  }
  return {{"case", name}, {"studies", inputs.front().size(0)}, {"max_abs_difference", largest}};
}

}  // namespace

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  return a.numel() == 0 ? 0.0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

Json check_parity(Model& model, const Program& program, torch::jit::Module& traced, double tolerance) {
  const at::NoGradGuard no_gradient;
  Json out = Json::array();
  const auto add = [&](const std::string& name, int64_t studies, const std::vector<std::string>& absent) {
    out.push_back(compare(program, traced, example_inputs(model, studies, 7, absent), name, tolerance));
  };
  add("all inputs, 1 study", 1, {});
  add("all inputs, 3 studies", 3, {});
  for (const std::string& name : read_inputs(model)) add("without " + name, 3, {name});
  return out;
}

Json check_parity(const Program& program, torch::jit::Module& traced, double tolerance) {
  const at::NoGradGuard no_gradient;
  Json out = Json::array();
  for (const int64_t size : {1, 3})
    out.push_back(compare(program, traced, resized_example(program, size, 7), "free axes at " + std::to_string(size), tolerance));
  return out;
}

std::vector<at::Tensor> resized_example(const Program& program, int64_t size, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  std::vector<at::Tensor> out;
  for (size_t i = 0; i < program.example.size(); ++i) {
    at::Tensor tensor = program.example[i];
    for (const auto& [axis, name] : program.input_axes[i])
      tensor = tensor.index_select(axis, at::arange(size, at::kLong).remainder(tensor.size(axis)));
    out.push_back(tensor.is_floating_point() ? at::randn(tensor.sizes(), generator, tensor.options()) : tensor.contiguous());
  }
  return out;
}

}  // namespace chiasm
