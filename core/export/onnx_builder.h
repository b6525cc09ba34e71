// Builds one ONNX graph (opset 21, IR 10; https://onnx.ai/onnx/intro) in protobuf wire format. Values of the traced graph are looked up by
// their TorchScript value.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/base/wire.h"

namespace chiasm::onnx {

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>>;
using Attributes = std::map<std::string, Attribute>;

class Builder {
 public:
  // A node with one output; returns the output's name.
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes = {});
  std::vector<std::string> nodes(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes,
                                 size_t outputs);

  std::string constant(const at::Tensor& tensor);            // an initialiser
  std::string integers(const std::vector<int64_t>& values);  // a 1-D int64 initialiser
  std::string scalar(double value, at::ScalarType type);     // a 0-D initialiser
  std::string cast(const std::string& name, at::ScalarType to);

  // Traced values.
  void set(const torch::jit::Value* value, const std::string& name);
  void set_constant(const torch::jit::Value* value, const c10::IValue& constant);
  void set_list(const torch::jit::Value* value, std::vector<const torch::jit::Value*> items);
  std::string tensor(const torch::jit::Value* value);  // constants become initialisers
  // A tensor or a number, as a tensor of the given type.
  std::string operand(const torch::jit::Value* value, at::ScalarType type);
  std::vector<std::string> tensors(const torch::jit::Value* list);
  bool is_none(const torch::jit::Value* value) const;
  int64_t integer(const torch::jit::Value* value) const;
  double number(const torch::jit::Value* value) const;
  bool boolean(const torch::jit::Value* value) const;
  std::string text(const torch::jit::Value* value) const;
  std::vector<int64_t> list(const torch::jit::Value* value) const;

  void input(const std::string& name, at::ScalarType type, const std::vector<std::string>& dims);
  void output(const std::string& name, const std::string& from, at::ScalarType type, const std::vector<std::string>& dims);
  // The whole file.
  std::string finish(const std::string& graph_name, const std::map<std::string, std::string>& metadata);

 private:
  std::string fresh();
  const c10::IValue& constant_of(const torch::jit::Value* value) const;
  WireMessage graph_;
  std::unordered_map<const torch::jit::Value*, std::string> names_;
  std::unordered_map<const torch::jit::Value*, c10::IValue> constants_;
  std::unordered_map<const torch::jit::Value*, std::vector<const torch::jit::Value*>> lists_;
  int64_t next_ = 0;
};

// Type and rank of a traced tensor (the tracer recorded them); throws when unknown.
at::ScalarType type_of(const torch::jit::Value* value);
std::vector<int64_t> sizes_of(const torch::jit::Value* value);

}  // namespace chiasm::onnx
