#include "core/export/onnx.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/export/onnx_ops.h"

namespace chiasm {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

onnx::Translations all_translations() {
  onnx::Translations out = onnx::arithmetic_translations();
  out.merge(onnx::shape_translations());
  out.merge(onnx::layer_translations());
  return out;
}

// "aten::add_" -> "add"; "prim::ConstantChunk" -> "ConstantChunk".
std::string plain_name(const Node& node) {
  std::string name = node.kind().toUnqualString();
  if (name.size() > 2 && name.back() == '_' && !ends_with(name, "__")) name.pop_back();
  return name;
}

class GraphWriter {
 public:
  GraphWriter(onnx::Builder& builder, const Module& module) : builder_(builder), module_(module), translations_(all_translations()) {}

  void write(Graph& graph, const Program& program) {
    modules_[graph.inputs()[0]] = module_;
    for (size_t i = 0; i < program.inputs.size(); ++i) {
      builder_.set(graph.inputs()[i + 1], program.inputs[i]);
      builder_.input(program.inputs[i], program.example[i].scalar_type(), dims(program.example[i].sizes().vec(), program.input_axes.at(i)));
    }
    for (Node* node : graph.nodes()) visit(*node);
    for (size_t i = 0; i < program.outputs.size(); ++i) {
      const Value* value = outputs_.at(i);
      builder_.output(program.outputs[i], builder_.tensor(value), onnx::type_of(value),
                      dims(onnx::sizes_of(value), program.output_axes.at(i)));
    }
  }

 private:
  static std::vector<std::string> dims(const std::vector<int64_t>& sizes, const std::map<int, std::string>& axes) {
    std::vector<std::string> out;
    for (size_t d = 0; d < sizes.size(); ++d) {
      const auto named = axes.find(static_cast<int>(d));
      out.push_back(named == axes.end() ? std::to_string(sizes[d]) : named->second);
    }
    return out;
  }

  void visit(Node& node) {
    const std::string kind = node.kind().toQualString();
    if (kind == "prim::Constant") {
      const auto value = torch::jit::toIValue(node.output());
      if (value && value->isTensor()) node.output()->inferTypeFrom(value->toTensor());
      builder_.set_constant(node.output(), value ? *value : c10::IValue());
    } else if (kind == "prim::GetAttr") {
      attribute(node);
    } else if (kind == "prim::ListConstruct") {
      builder_.set_list(node.output(), {node.inputs().begin(), node.inputs().end()});
    } else if (kind == "prim::TupleConstruct") {
      outputs_.assign(node.inputs().begin(), node.inputs().end());
    } else if (kind == "prim::NumToTensor" || kind == "aten::ScalarImplicit") {
      builder_.set_constant(node.output(), builder_.number(node.input(0)));
    } else if (kind != "prim::ListUnpack") {
      translate(node, kind);
    }
  }

  // Weights carry their type; the traced graph does not repeat it.
  void attribute(Node& node) {
    const Module& owner = modules_.at(node.input(0));
    const c10::IValue value = owner.attr(node.s(c10::attr::name));
    if (value.isTensor()) {
      node.output()->inferTypeFrom(value.toTensor());
      builder_.set_constant(node.output(), value);
    } else {
      modules_.emplace(node.output(), Module(value.toObject()));
    }
  }

  void translate(const Node& node, const std::string& kind) {
    const auto found = translations_.find(plain_name(node));
    if (found == translations_.end())
      throw Error("ONNX export: operator " + kind + " has no translation (core/export/onnx_ops.h); it came from " + node.scopeName());
    try {
      found->second(builder_, node);
    } catch (const Error& error) {
      throw Error(std::string(error.what()) + " (in " + kind + ")");
    }
  }

  onnx::Builder& builder_;
  Module module_;
  onnx::Translations translations_;
  std::unordered_map<const Value*, Module> modules_;
  std::vector<const Value*> outputs_;
};

}  // namespace

void write_onnx(const std::filesystem::path& path, const Module& traced, const Program& program,
                const std::map<std::string, std::string>& metadata) {
  auto graph = traced.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  torch::jit::EliminateDeadCode(graph);
  onnx::Builder builder;
  GraphWriter(builder, traced).write(*graph, program);
  const std::string bytes = builder.finish(program.name, metadata);
  if (bytes.size() > INT32_MAX)
    throw Error("ONNX export: the model is larger than 2 GiB, which one ONNX file cannot hold; use TorchScript");
  write_file_atomic(path, bytes);
}

}  // namespace chiasm
