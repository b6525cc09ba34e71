// Convolutions, norms, activations, matrix products, resampling.
#include "core/base/error.h"
#include "core/export/onnx_ops.h"

namespace chiasm::onnx {
namespace {

using torch::jit::Node;

std::vector<int64_t> both_ends(const std::vector<int64_t>& pads) {
  std::vector<int64_t> out = pads;
  out.insert(out.end(), pads.begin(), pads.end());
  return out;
}

// A list given as one number counts for every side.
std::vector<int64_t> per_side(const Builder& b, const torch::jit::Value* list, const Node& n) {
  std::vector<int64_t> out = b.list(list);
  const size_t sides = sizes_of(n.output()).size() - 2;
  if (out.size() == 1 && sides > 1) out.assign(sides, out.front());
  return out;
}

std::vector<std::string> with_bias(Builder& b, const Node& n) {
  std::vector<std::string> inputs{b.tensor(n.input(0)), b.tensor(n.input(1))};
  if (!b.is_none(n.input(2))) inputs.push_back(b.tensor(n.input(2)));
  return inputs;
}

// aten::_convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, ...)
void convolution(Builder& b, const Node& n) {
  Attributes attributes{{"strides", per_side(b, n.input(3), n)},
                        {"pads", both_ends(per_side(b, n.input(4), n))},
                        {"dilations", per_side(b, n.input(5), n)},
                        {"group", b.integer(n.input(8))}};
  const bool transposed = b.boolean(n.input(6));
  if (transposed) attributes["output_padding"] = per_side(b, n.input(7), n);
  b.set(n.output(), b.node(transposed ? "ConvTranspose" : "Conv", with_bias(b, n), attributes));
}

// aten::convNd(input, weight, bias, stride, padding, dilation, groups)
void plain_convolution(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Conv", with_bias(b, n),
                           {{"strides", per_side(b, n.input(3), n)},
                            {"pads", both_ends(per_side(b, n.input(4), n))},
                            {"dilations", per_side(b, n.input(5), n)},
                            {"group", b.integer(n.input(6))}}));
}

// aten::conv_transposeNd(input, weight, bias, stride, padding, output_padding, groups, dilation)
void transposed_convolution(Builder& b, const Node& n) {
  b.set(n.output(), b.node("ConvTranspose", with_bias(b, n),
                           {{"strides", per_side(b, n.input(3), n)},
                            {"pads", both_ends(per_side(b, n.input(4), n))},
                            {"output_padding", per_side(b, n.input(5), n)},
                            {"group", b.integer(n.input(6))},
                            {"dilations", per_side(b, n.input(7), n)}}));
}

// Weight and bias of a norm, ones and zeros when it has none.
std::vector<std::string> norm_inputs(Builder& b, const Node& n, size_t weight, size_t bias, int64_t channels) {
  const auto filled = [&](const torch::jit::Value* value, double otherwise) {
    return b.is_none(value) ? b.constant(at::full({channels}, otherwise)) : b.tensor(value);
  };
  return {b.tensor(n.input(0)), filled(n.input(weight), 1.0), filled(n.input(bias), 0.0)};
}

void group_norm(Builder& b, const Node& n) {
  const int64_t channels = sizes_of(n.input(0)).at(1);
  b.set(n.output(), b.node("GroupNormalization", norm_inputs(b, n, 2, 3, channels),
                           {{"num_groups", b.integer(n.input(1))}, {"epsilon", b.number(n.input(4))}}));
}

// aten::instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn)
void instance_norm(Builder& b, const Node& n) {
  if (!b.boolean(n.input(5))) throw Error("ONNX export: instance_norm with running statistics is not written");
  b.set(n.output(),
        b.node("InstanceNormalization", norm_inputs(b, n, 1, 2, sizes_of(n.input(0)).at(1)), {{"epsilon", b.number(n.input(7))}}));
}

void layer_norm(Builder& b, const Node& n) {
  const std::vector<int64_t> shape = b.list(n.input(1));
  if (shape.size() != 1) throw Error("ONNX export: layer_norm over more than the last side is not written");
  b.set(n.output(),
        b.node("LayerNormalization", norm_inputs(b, n, 2, 3, shape.front()), {{"axis", int64_t{-1}}, {"epsilon", b.number(n.input(4))}}));
}

void gelu(Builder& b, const Node& n) {
  const std::string kind = n.inputs().size() > 1 ? b.text(n.input(1)) : "none";
  b.set(n.output(), b.node("Gelu", {b.tensor(n.input(0))}, {{"approximate", kind}}));
}

void leaky_relu(Builder& b, const Node& n) {
  b.set(n.output(), b.node("LeakyRelu", {b.tensor(n.input(0))}, {{"alpha", b.number(n.input(1))}}));
}

void silu(Builder& b, const Node& n) {
  const std::string in = b.tensor(n.input(0));
  b.set(n.output(), b.node("Mul", {in, b.node("Sigmoid", {in})}));
}

void softplus(Builder& b, const Node& n) { b.set(n.output(), b.node("Softplus", {b.tensor(n.input(0))})); }

void log_sigmoid(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Neg", {b.node("Softplus", {b.node("Neg", {b.tensor(n.input(0))})})}));
}

void matmul(Builder& b, const Node& n) { b.set(n.output(), b.node("MatMul", {b.tensor(n.input(0)), b.tensor(n.input(1))})); }

void linear(Builder& b, const Node& n) {
  std::string out =
      b.node("MatMul", {b.tensor(n.input(0)), b.node("Transpose", {b.tensor(n.input(1))}, {{"perm", std::vector<int64_t>{1, 0}}})});
  if (n.inputs().size() > 2 && !b.is_none(n.input(2))) out = b.node("Add", {out, b.tensor(n.input(2))});
  b.set(n.output(), out);
}

// beta * self + alpha * (a @ b)
void addmm(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Gemm", {b.tensor(n.input(1)), b.tensor(n.input(2)), b.tensor(n.input(0))},
                           {{"beta", b.number(n.input(3))}, {"alpha", b.number(n.input(4))}}));
}

// aten::upsample_*(input, output_size, [align_corners], scale...): the sides are fixed by the traced example.
Translate resize(const std::string& mode, bool has_align) {
  return [mode, has_align](Builder& b, const Node& n) {
    const std::vector<int64_t> from = sizes_of(n.input(0)), to = sizes_of(n.output());
    std::vector<float> scales{1.0f, 1.0f};
    for (size_t d = 2; d < to.size(); ++d) scales.push_back(static_cast<float>(to[d]) / static_cast<float>(from[d]));
    const bool align = has_align && b.boolean(n.input(2));
    Attributes attributes{{"mode", mode},
                          {"coordinate_transformation_mode", std::string(align               ? "align_corners"
                                                                         : mode == "nearest" ? "asymmetric"
                                                                                             : "half_pixel")}};
    if (mode == "nearest") attributes["nearest_mode"] = std::string("floor");
    b.set(n.output(), b.node("Resize", {b.tensor(n.input(0)), "", b.constant(at::tensor(at::ArrayRef<float>(scales)))}, attributes));
  };
}

// aten::max_poolNd(input, kernel, stride, padding, dilation, ceil)
// aten::avg_poolNd(input, kernel, stride, padding, ceil, count_include_pad, ...)
Translate pool(const std::string& op) {
  return [op](Builder& b, const Node& n) {
    const std::vector<int64_t> kernel = per_side(b, n.input(1), n), stride = per_side(b, n.input(2), n);
    Attributes attributes{
        {"kernel_shape", kernel}, {"strides", stride.empty() ? kernel : stride}, {"pads", both_ends(per_side(b, n.input(3), n))}};
    const bool average = op == "AveragePool";
    attributes["ceil_mode"] = static_cast<int64_t>(b.boolean(n.input(average ? 4 : 5)));
    if (average) {
      attributes["count_include_pad"] = static_cast<int64_t>(b.boolean(n.input(5)));
    } else {
      attributes["dilations"] = per_side(b, n.input(4), n);
    }
    b.set(n.output(), b.node(op, {b.tensor(n.input(0))}, attributes));
  };
}

// Adaptive pooling with sides that divide is plain pooling.
Translate adaptive(const std::string& op) {
  return [op](Builder& b, const Node& n) {
    const std::vector<int64_t> from = sizes_of(n.input(0)), to = sizes_of(n.output());
    std::vector<int64_t> kernel;
    for (size_t d = 2; d < to.size(); ++d) {
      if (from[d] % to[d] != 0) throw Error("ONNX export: adaptive pooling needs sides that divide");
      kernel.push_back(from[d] / to[d]);
    }
    b.set(n.output(), b.node(op, {b.tensor(n.input(0))}, {{"kernel_shape", kernel}, {"strides", kernel}}));
  };
}

}  // namespace

Translations layer_translations() {
  Translations out;
  out["_convolution"] = out["convolution"] = convolution;
  out["conv1d"] = out["conv2d"] = out["conv3d"] = plain_convolution;
  out["conv_transpose2d"] = out["conv_transpose3d"] = transposed_convolution;
  out["group_norm"] = group_norm;
  out["instance_norm"] = instance_norm;
  out["layer_norm"] = layer_norm;
  out["gelu"] = gelu;
  out["leaky_relu"] = leaky_relu;
  out["silu"] = silu;
  out["softplus"] = softplus;
  out["log_sigmoid"] = log_sigmoid;
  out["matmul"] = out["bmm"] = out["mm"] = matmul;
  out["linear"] = linear;
  out["addmm"] = addmm;
  out["upsample_trilinear3d"] = out["upsample_bilinear2d"] = resize("linear", true);
  out["upsample_nearest3d"] = out["upsample_nearest2d"] = resize("nearest", false);
  out["max_pool2d"] = out["max_pool3d"] = pool("MaxPool");
  out["avg_pool2d"] = out["avg_pool3d"] = pool("AveragePool");
  out["adaptive_avg_pool2d"] = out["adaptive_avg_pool3d"] = adaptive("AveragePool");
  return out;
}

}  // namespace chiasm::onnx
