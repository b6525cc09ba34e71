#include "core/export/trace.h"

#include <ATen/Functions.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cctype>
#include <set>

#include "core/base/error.h"

namespace chiasm {
namespace {

std::string identifier(std::string name) {
  for (char& c : name)
    if (isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

// TorchScript's reader takes a keyword for the beginning of a statement, even as the name of an attribute.
std::string attribute(const std::string& name) {
  static const std::set<std::string> keywords{"and",    "as",     "assert", "break",  "class", "continue", "def",    "del",
                                              "elif",   "else",   "except", "False",  "for",   "from",     "global", "if",
                                              "import", "in",     "is",     "lambda", "None",  "not",      "or",     "pass",
                                              "raise",  "return", "True",   "try",    "while", "with",     "yield"};
  return keywords.count(name) ? name + "_" : name;
}

// The same tensors under the same names, so that the tracer finds them as attributes and not as constants.
void mirror(const torch::nn::Module& from, torch::jit::Module& into, const std::string& path) {
  for (const auto& item : from.named_parameters(/*recurse=*/false))
    into.register_parameter(attribute(item.key()), item.value(), /*is_buffer=*/false);
  for (const auto& item : from.named_buffers(/*recurse=*/false)) into.register_buffer(attribute(item.key()), item.value());
  for (const auto& item : from.named_children()) {
    const std::string child_path = path + "_" + identifier(item.key());
    torch::jit::Module child("__torch__.chiasm." + child_path, into._ivalue()->compilation_unit(), /*shouldMangle=*/true);
    mirror(*item.value(), child, child_path);
    into.register_module(attribute(item.key()), child);
  }
}

}  // namespace

torch::jit::Module trace(torch::nn::Module& owner, const Program& program) {
  at::NoGradGuard no_gradient;
  owner.eval();
  auto unit = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::Module module("__torch__.chiasm." + identifier(program.name), unit, /*shouldMangle=*/true);
  mirror(owner, module, identifier(program.name));
  torch::jit::Stack inputs(program.example.begin(), program.example.end());
  const auto function = [&](torch::jit::Stack stack) -> torch::jit::Stack {
    std::vector<at::Tensor> tensors;
    for (const auto& value : stack) tensors.push_back(value.toTensor());
    std::vector<c10::IValue> outputs;
    for (const at::Tensor& tensor : program.run(tensors)) outputs.emplace_back(tensor);
    return {c10::ivalue::Tuple::create(std::move(outputs))};
  };
  const auto traced = torch::jit::tracer::trace(
      inputs, function, [](const at::Tensor&) { return std::string(); }, /*strict=*/true,
      /*force_outplace=*/true, &module, program.inputs);
  auto* method =
      module._ivalue()->compilation_unit()->create_function(c10::QualifiedName(*module.type()->name(), "forward"), traced.first->graph);
  module.type()->addMethod(method);
  module.eval();
  return module;
}

std::vector<at::Tensor> run_traced(torch::jit::Module& module, const std::vector<at::Tensor>& inputs) {
  at::NoGradGuard no_gradient;
  // A few runs at many shapes: optimising the graph for each would cost far more than running it.
  const torch::jit::GraphOptimizerEnabledGuard plain(false);
  std::vector<c10::IValue> stack(inputs.begin(), inputs.end());
  const c10::IValue result = module.forward(stack);
  std::vector<at::Tensor> out;
  for (const c10::IValue& value : result.toTupleRef().elements()) out.push_back(value.toTensor());
  return out;
}

}  // namespace chiasm
