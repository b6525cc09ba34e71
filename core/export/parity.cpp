#include "core/export/parity.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/export/model_program.h"
#include "core/export/trace.h"

namespace chiasm {
namespace {

double largest_difference(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b, const Program& program,
                          const std::string& name, double tolerance) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = (a[i].to(at::kFloat) - b[i].to(at::kFloat)).abs().max().item<double>();
    if (!(difference <= tolerance))
      throw Error("export: output '" + program.outputs[i] + "' differs by " + format_number(difference) + " in case '" + name +
                  "'; nothing was written");
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace

Json check_parity(Model& model, const Program& program, torch::jit::Module& traced, double tolerance) {
  at::NoGradGuard no_gradient;
  Json out = Json::array();
  const auto compare = [&](const std::string& name, int64_t studies, const std::vector<std::string>& absent) {
    const std::vector<at::Tensor> inputs = example_inputs(model, studies, 7, absent);
    const double difference = largest_difference(program.run(inputs), run_traced(traced, inputs), program, name, tolerance);
    out.push_back({{"case", name}, {"studies", studies}, {"max_abs_difference", difference}});
  };
  compare("all inputs, 1 study", 1, {});
  compare("all inputs, 3 studies", 3, {});
  for (const std::string& name : read_inputs(model)) compare("without " + name, 3, {name});
  return out;
}

}  // namespace chiasm
