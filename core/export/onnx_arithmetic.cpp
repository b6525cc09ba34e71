// Element-wise operators, comparisons and reductions.
#include <cmath>

#include "core/export/onnx_ops.h"

namespace chiasm::onnx {
namespace {

using torch::jit::Node;

Translate unary(const std::string& op) {
  return [op](Builder& b, const Node& n) { b.set(n.output(), b.node(op, {b.tensor(n.input(0))})); };
}

// Both sides in the output's type.
Translate binary(const std::string& op) {
  return [op](Builder& b, const Node& n) {
    const at::ScalarType type = type_of(n.output());
    b.set(n.output(), b.node(op, {b.operand(n.input(0), type), b.operand(n.input(1), type)}));
  };
}

// a + alpha * b
Translate scaled(const std::string& op, bool reversed) {
  return [op, reversed](Builder& b, const Node& n) {
    const at::ScalarType type = type_of(n.output());
    std::string left = b.operand(n.input(0), type), right = b.operand(n.input(1), type);
    if (n.inputs().size() > 2 && b.number(n.input(2)) != 1.0) {
      std::string& scaled_side = reversed ? left : right;
      scaled_side = b.node("Mul", {scaled_side, b.scalar(b.number(n.input(2)), type)});
    }
    b.set(n.output(), reversed ? b.node(op, {right, left}) : b.node(op, {left, right}));
  };
}

at::ScalarType common_type(const Node& n) {
  const auto right = n.input(1)->type()->cast<c10::TensorType>();
  const at::ScalarType left = type_of(n.input(0));
  if (!right || !right->scalarType()) return left == at::kBool ? at::kLong : left;
  return c10::promoteTypes(left, *right->scalarType());
}

Translate compare(const std::string& op, bool negated = false) {
  return [op, negated](Builder& b, const Node& n) {
    at::ScalarType type = common_type(n);
    if (type == at::kBool && op != "Equal") type = at::kLong;
    const std::string out = b.node(op, {b.operand(n.input(0), type), b.operand(n.input(1), type)});
    b.set(n.output(), negated ? b.node("Not", {out}) : out);
  };
}

Translate logical(const std::string& op) {
  return [op](Builder& b, const Node& n) {
    b.set(n.output(), b.node(op, {b.operand(n.input(0), at::kBool), b.operand(n.input(1), at::kBool)}));
  };
}

void logical_not(Builder& b, const Node& n) { b.set(n.output(), b.node("Not", {b.operand(n.input(0), at::kBool)})); }

// Reductions over given dims: (self, dim, keepdim, ...). ONNX reduces no bool.
Translate reduce(const std::string& op) {
  return [op](Builder& b, const Node& n) {
    std::string in = b.tensor(n.input(0));
    if (type_of(n.input(0)) == at::kBool) in = b.cast(in, at::kLong);
    const bool whole = n.inputs().size() < 3 || b.is_none(n.input(1));
    Attributes attributes{{"keepdims", int64_t{0}}};
    std::vector<std::string> inputs{in};
    if (!whole) {
      inputs.push_back(b.integers(b.list(n.input(1))));
      attributes["keepdims"] = static_cast<int64_t>(b.boolean(n.input(2)));
    }
    std::string out = b.node(op, inputs, attributes);
    if (type_of(n.output()) != type_of(n.input(0)) && type_of(n.output()) != at::kLong) out = b.cast(out, type_of(n.output()));
    b.set(n.output(), out);
  };
}

// Over booleans: any is the largest, all the smallest. (self) or (self, dim, keepdim).
Translate flags(const std::string& op) {
  return [op](Builder& b, const Node& n) {
    std::vector<std::string> inputs{b.cast(b.tensor(n.input(0)), at::kLong)};
    const bool whole = n.inputs().size() < 3;
    if (!whole) inputs.push_back(b.integers(b.list(n.input(1))));
    const int64_t keep = whole ? 0 : static_cast<int64_t>(b.boolean(n.input(2)));
    b.set(n.output(), b.cast(b.node(op, inputs, {{"keepdims", keep}}), at::kBool));
  };
}

void cumsum(Builder& b, const Node& n) {
  b.set(n.output(),
        b.node("CumSum", {b.operand(n.input(0), type_of(n.output())), b.scalar(static_cast<double>(b.integer(n.input(1))), at::kLong)}));
}

void argmax(Builder& b, const Node& n) {
  b.set(n.output(), b.node("ArgMax", {b.tensor(n.input(0))},
                           {{"axis", b.integer(n.input(1))}, {"keepdims", static_cast<int64_t>(b.boolean(n.input(2)))}}));
}

void clamp(Builder& b, const Node& n) {
  const at::ScalarType type = type_of(n.output());
  std::string out = b.operand(n.input(0), type);
  if (!b.is_none(n.input(1))) out = b.node("Max", {out, b.operand(n.input(1), type)});
  if (n.inputs().size() > 2 && !b.is_none(n.input(2))) out = b.node("Min", {out, b.operand(n.input(2), type)});
  b.set(n.output(), out);
}

void clamp_min(Builder& b, const Node& n) {
  const at::ScalarType type = type_of(n.output());
  b.set(n.output(), b.node("Max", {b.operand(n.input(0), type), b.operand(n.input(1), type)}));
}

void clamp_max(Builder& b, const Node& n) {
  const at::ScalarType type = type_of(n.output());
  b.set(n.output(), b.node("Min", {b.operand(n.input(0), type), b.operand(n.input(1), type)}));
}

void square(Builder& b, const Node& n) { b.set(n.output(), b.node("Mul", {b.tensor(n.input(0)), b.tensor(n.input(0))})); }

void rsqrt(Builder& b, const Node& n) { b.set(n.output(), b.node("Reciprocal", {b.node("Sqrt", {b.tensor(n.input(0))})})); }

void where(Builder& b, const Node& n) {
  const at::ScalarType type = type_of(n.output());
  b.set(n.output(), b.node("Where", {b.tensor(n.input(0)), b.operand(n.input(1), type), b.operand(n.input(2), type)}));
}

void masked_fill(Builder& b, const Node& n) {
  const at::ScalarType type = type_of(n.output());
  b.set(n.output(), b.node("Where", {b.tensor(n.input(1)), b.operand(n.input(2), type), b.operand(n.input(0), type)}));
}

// Casts: the result's recorded type decides.
void convert(Builder& b, const Node& n) {
  const std::string in = b.tensor(n.input(0));
  b.set(n.output(), type_of(n.input(0)) == type_of(n.output()) ? in : b.cast(in, type_of(n.output())));
}

// Tensors shaped like another, filled with one value; the shape follows the input at run time.
Translate filled_like(double value) {
  return [value](Builder& b, const Node& n) {
    const at::ScalarType type = type_of(n.output());
    b.set(n.output(), b.node("Expand", {b.scalar(value, type), b.node("Shape", {b.tensor(n.input(0))})}));
  };
}

void full_like(Builder& b, const Node& n) { filled_like(b.number(n.input(1)))(b, n); }

void log_softmax(Builder& b, const Node& n) {
  b.set(n.output(), b.node("LogSoftmax", {b.tensor(n.input(0))}, {{"axis", b.integer(n.input(1))}}));
}
void softmax(Builder& b, const Node& n) { b.set(n.output(), b.node("Softmax", {b.tensor(n.input(0))}, {{"axis", b.integer(n.input(1))}})); }

}  // namespace

Translations arithmetic_translations() {
  Translations out;
  for (const auto& [name, op] : std::initializer_list<std::pair<const char*, const char*>>{{"exp", "Exp"},
                                                                                           {"log", "Log"},
                                                                                           {"sqrt", "Sqrt"},
                                                                                           {"abs", "Abs"},
                                                                                           {"sign", "Sign"},
                                                                                           {"sgn", "Sign"},
                                                                                           {"sin", "Sin"},
                                                                                           {"cos", "Cos"},
                                                                                           {"neg", "Neg"},
                                                                                           {"reciprocal", "Reciprocal"},
                                                                                           {"tanh", "Tanh"},
                                                                                           {"sigmoid", "Sigmoid"},
                                                                                           {"relu", "Relu"},
                                                                                           {"floor", "Floor"},
                                                                                           {"ceil", "Ceil"},
                                                                                           {"round", "Round"},
                                                                                           {"erf", "Erf"}})
    out[name] = unary(op);
  for (const auto& [name, op] : std::initializer_list<std::pair<const char*, const char*>>{
           {"mul", "Mul"}, {"div", "Div"}, {"true_divide", "Div"}, {"pow", "Pow"}, {"maximum", "Max"}, {"minimum", "Min"}})
    out[name] = binary(op);
  out["add"] = scaled("Add", false);
  out["sub"] = scaled("Sub", false);
  out["rsub"] = scaled("Sub", true);
  for (const auto& [name, op] : std::initializer_list<std::pair<const char*, const char*>>{
           {"eq", "Equal"}, {"lt", "Less"}, {"le", "LessOrEqual"}, {"gt", "Greater"}, {"ge", "GreaterOrEqual"}})
    out[name] = compare(op);
  out["ne"] = compare("Equal", /*negated=*/true);
  out["logical_and"] = out["bitwise_and"] = out["__and__"] = logical("And");
  out["logical_or"] = out["bitwise_or"] = out["__or__"] = logical("Or");
  out["logical_xor"] = out["bitwise_xor"] = out["__xor__"] = logical("Xor");
  out["logical_not"] = out["bitwise_not"] = logical_not;
  out["sum"] = reduce("ReduceSum");
  out["mean"] = reduce("ReduceMean");
  out["amax"] = reduce("ReduceMax");
  out["amin"] = reduce("ReduceMin");
  out["logsumexp"] = reduce("ReduceLogSumExp");
  out["any"] = flags("ReduceMax");
  out["all"] = flags("ReduceMin");
  out["cumsum"] = cumsum;
  out["argmax"] = argmax;
  out["clamp"] = clamp;
  out["clamp_min"] = clamp_min;
  out["clamp_max"] = clamp_max;
  out["square"] = square;
  out["rsqrt"] = rsqrt;
  out["where"] = where;
  out["masked_fill"] = masked_fill;
  out["to"] = out["_to_copy"] = out["type_as"] = convert;
  out["zeros_like"] = filled_like(0.0);
  out["ones_like"] = filled_like(1.0);
  out["full_like"] = out["fill"] = full_like;
  out["empty_like"] = filled_like(0.0);  // 1.0 - x is an empty tensor, filled with 1, less x
  out["softmax"] = out["_softmax"] = softmax;
  out["log_softmax"] = out["_log_softmax"] = log_softmax;
  return out;
}

}  // namespace chiasm::onnx
