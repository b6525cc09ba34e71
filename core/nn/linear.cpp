#include "core/nn/linear.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "core/base/error.h"
#include "core/nn/init.h"

namespace chiasm::nn {
namespace {

at::Tensor start(int64_t in, int64_t out, Linear::Init init) {
  if (init == Linear::Init::zero) return at::zeros({out, in});
  return init == Linear::Init::xavier ? xavier_uniform(out, in) : truncated_normal({out, in});
}

}  // namespace

Linear::Linear(int64_t in, int64_t out, bool with_bias, Init init) {
  weight = register_parameter("weight", start(in, out, init));
  if (with_bias) bias = register_parameter("bias", at::zeros({out}));
}

at::Tensor Linear::forward(const at::Tensor& x) {
  at::Tensor out = at::linear(x, weight, bias);
  if (!adapted()) return out;
  at::Tensor low = dropout_ > 0.0 && is_training() ? at::dropout(x, dropout_, true) : x;
  return out + at::linear(at::linear(low, lora_a), lora_b) * scale_;
}

void Linear::adapt(int64_t rank, double alpha, double dropout) {
  if (rank < 1) throw UsageError("the rank of an adapter must be at least 1, not " + std::to_string(rank));
  if (adapted()) throw Error("a linear layer has adapters already; merge them first");
  weight.requires_grad_(false);
  if (bias.defined()) bias.requires_grad_(false);
  const double bound = 1.0 / std::sqrt(static_cast<double>(weight.size(1)));
  const at::Tensor a = (at::rand({rank, weight.size(1)}) * 2.0 - 1.0) * bound;
  lora_a = register_parameter("lora_a", a.to(weight.options()));
  lora_b = register_parameter("lora_b", at::zeros({weight.size(0), rank}, weight.options()));
  scale_ = alpha / static_cast<double>(rank);
  dropout_ = dropout;
}

at::Tensor Linear::merged_weight() const {
  const at::NoGradGuard no_gradient;
  return adapted() ? weight + at::matmul(lora_b, lora_a) * scale_ : weight.detach();
}

void Linear::merge() {
  if (!adapted()) return;
  const at::NoGradGuard no_gradient;
  weight.copy_(merged_weight());
  parameters_.erase("lora_a");
  parameters_.erase("lora_b");
  lora_a = lora_b = at::Tensor();
}

}  // namespace chiasm::nn
