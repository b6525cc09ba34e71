#include "core/export/onnx_builder.h"

#include <ATen/Functions.h>

#include "core/base/error.h"

namespace chiasm::onnx {
namespace {

// TensorProto.DataType
int64_t data_type(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return 1;
    case at::kByte:
      return 2;
    case at::kInt:
      return 6;
    case at::kLong:
      return 7;
    case at::kBool:
      return 9;
    case at::kHalf:
      return 10;
    case at::kDouble:
      return 11;
    default:
      throw Error(std::string("ONNX export: tensors of type ") + c10::toString(type) + " are not written");
  }
}

WireMessage attribute_message(const std::string& name, const Attribute& value) {
  // AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20
  WireMessage out;
  out.bytes(1, name);
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    out.integer(3, *integer);
    out.integer(20, 2);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.real32(2, static_cast<float>(*real));
    out.integer(20, 1);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.bytes(4, *text);
    out.integer(20, 3);
  } else {
    for (const int64_t item : std::get<std::vector<int64_t>>(value)) out.integer(8, item);
    out.integer(20, 7);
  }
  return out;
}

WireMessage value_info(const std::string& name, at::ScalarType type, const std::vector<std::string>& dims) {
  WireMessage shape, tensor, kind, info;
  for (const std::string& dim : dims) {
    WireMessage message;
    if (!dim.empty() && isdigit(static_cast<unsigned char>(dim[0])) != 0) {
      message.integer(1, std::stoll(dim));
    } else {
      message.bytes(2, dim);
    }
    shape.message(1, message);
  }
  tensor.integer(1, data_type(type));
  tensor.message(2, shape);
  kind.message(1, tensor);
  info.bytes(1, name);
  info.message(2, kind);
  return info;
}

}  // namespace

at::ScalarType type_of(const torch::jit::Value* value) {
  const auto tensor = value->type()->cast<c10::TensorType>();
  if (!tensor || !tensor->scalarType()) throw Error("ONNX export: the type of %" + value->debugName() + " is unknown");
  return *tensor->scalarType();
}

std::vector<int64_t> sizes_of(const torch::jit::Value* value) {
  const auto tensor = value->type()->cast<c10::TensorType>();
  const auto sizes = tensor ? tensor->sizes().concrete_sizes() : std::nullopt;
  if (!sizes) throw Error("ONNX export: the shape of %" + value->debugName() + " is unknown");
  return *sizes;
}

std::string Builder::fresh() { return "v" + std::to_string(next_++); }

std::string Builder::node(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes) {
  return nodes(op, inputs, attributes, 1).front();
}

std::vector<std::string> Builder::nodes(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes,
                                        size_t outputs) {
  // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5
  WireMessage message;
  std::vector<std::string> names;
  for (const std::string& input : inputs) message.bytes(1, input);
  for (size_t i = 0; i < outputs; ++i) {
    names.push_back(fresh());
    message.bytes(2, names.back());
  }
  message.bytes(3, op + "_" + names.front());
  message.bytes(4, op);
  for (const auto& [name, value] : attributes) message.message(5, attribute_message(name, value));
  graph_.message(1, message);
  return names;
}

std::string Builder::constant(const at::Tensor& tensor) {
  // TensorProto: dims 1, data_type 2, name 8, raw_data 9
  const at::Tensor plain = tensor.detach().cpu().contiguous();
  WireMessage message;
  for (const int64_t side : plain.sizes()) message.integer(1, side);
  message.integer(2, data_type(plain.scalar_type()));
  const std::string name = fresh();
  message.bytes(8, name);
  message.bytes(9, {static_cast<const char*>(plain.data_ptr()), plain.nbytes()});
  graph_.message(5, message);
  return name;
}

std::string Builder::integers(const std::vector<int64_t>& values) { return constant(at::tensor(values, at::kLong)); }

std::string Builder::scalar(double value, at::ScalarType type) { return constant(at::scalar_tensor(value, type)); }

std::string Builder::cast(const std::string& name, at::ScalarType to) { return node("Cast", {name}, {{"to", data_type(to)}}); }

void Builder::set(const torch::jit::Value* value, const std::string& name) { names_[value] = name; }
void Builder::set_constant(const torch::jit::Value* value, const c10::IValue& constant) { constants_[value] = constant; }
void Builder::set_list(const torch::jit::Value* value, std::vector<const torch::jit::Value*> items) { lists_[value] = std::move(items); }

const c10::IValue& Builder::constant_of(const torch::jit::Value* value) const {
  const auto found = constants_.find(value);
  if (found == constants_.end())
    throw Error("ONNX export: %" + value->debugName() +
                " depends on the input where a constant is needed; write the forward without size()");
  return found->second;
}

std::string Builder::tensor(const torch::jit::Value* value) {
  const auto named = names_.find(value);
  if (named != names_.end()) return named->second;
  const c10::IValue& held = constant_of(value);
  if (held.isTensor()) return names_[value] = constant(held.toTensor());
  if (held.isDouble()) return scalar(held.toDouble(), at::kFloat);
  if (held.isInt()) return scalar(static_cast<double>(held.toInt()), at::kLong);
  throw Error("ONNX export: %" + value->debugName() + " is not a tensor");
}

std::string Builder::operand(const torch::jit::Value* value, at::ScalarType type) {
  if (!names_.count(value)) {
    const c10::IValue& held = constant_of(value);
    if (held.isTensor()) return held.toTensor().scalar_type() == type ? tensor(value) : constant(held.toTensor().to(type));
    return scalar(held.isBool() ? static_cast<double>(held.toBool()) : held.toScalar().toDouble(), type);
  }
  return type_of(value) == type ? tensor(value) : cast(tensor(value), type);
}

std::vector<std::string> Builder::tensors(const torch::jit::Value* list) {
  std::vector<std::string> out;
  const auto found = lists_.find(list);
  if (found != lists_.end()) {
    for (const auto* item : found->second) out.push_back(tensor(item));
    return out;
  }
  for (const at::Tensor& item : constant_of(list).toTensorVector()) out.push_back(constant(item));
  return out;
}

bool Builder::is_none(const torch::jit::Value* value) const {
  const auto found = constants_.find(value);
  return found != constants_.end() && found->second.isNone();
}

int64_t Builder::integer(const torch::jit::Value* value) const {
  const c10::IValue& held = constant_of(value);
  return held.isTensor() ? held.toTensor().item<int64_t>() : held.toInt();
}
double Builder::number(const torch::jit::Value* value) const { return constant_of(value).toScalar().toDouble(); }
bool Builder::boolean(const torch::jit::Value* value) const { return constant_of(value).toBool(); }
std::string Builder::text(const torch::jit::Value* value) const { return constant_of(value).toStringRef(); }

std::vector<int64_t> Builder::list(const torch::jit::Value* value) const {
  const auto found = lists_.find(value);
  std::vector<int64_t> out;
  if (found != lists_.end()) {
    for (const auto* item : found->second) out.push_back(integer(item));
    return out;
  }
  const c10::IValue& held = constant_of(value);
  return held.isInt() ? std::vector<int64_t>{held.toInt()} : held.toIntVector();
}

void Builder::input(const std::string& name, at::ScalarType type, const std::vector<std::string>& dims) {
  graph_.message(11, value_info(name, type, dims));
}

void Builder::output(const std::string& name, const std::string& from, at::ScalarType type, const std::vector<std::string>& dims) {
  WireMessage message;
  message.bytes(1, from);
  message.bytes(2, name);
  message.bytes(4, "Identity");
  graph_.message(1, message);
  graph_.message(12, value_info(name, type, dims));
}

std::string Builder::finish(const std::string& graph_name, const std::map<std::string, std::string>& metadata) {
  // ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8, metadata_props 14
  graph_.bytes(2, graph_name);
  WireMessage opset, model;
  opset.bytes(1, "");
  opset.integer(2, 21);
  model.integer(1, 10);
  model.bytes(2, "chiasm");
  model.message(7, graph_);
  model.message(8, opset);
  for (const auto& [key, value] : metadata) {
    WireMessage property;
    property.bytes(1, key);
    property.bytes(2, value);
    model.message(14, property);
  }
  return model.data();
}

}  // namespace chiasm::onnx
