#include "core/nn/attention.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/TracerMode.h>

#include <cmath>

#include "core/base/error.h"

namespace chiasm::nn {
namespace {

// Far below any score, and finite in float16 and bfloat16 too.
constexpr double hidden_score = -3e4;

// BNE -> BHN(E/H)
at::Tensor to_heads(const at::Tensor& x, int64_t heads) { return x.unflatten(-1, {heads, -1}).transpose(1, 2); }

// QN bool, true where token q may see token n; a constant of the traced graph.
at::Tensor causal_mask(const at::Tensor& scores) {
  const at::tracer::impl::NoTracerDispatchMode constant;
  return at::ones({scores.size(-2), scores.size(-1)}, scores.options().dtype(at::kBool)).tril();
}

}  // namespace

Attention::Attention(int64_t width, int64_t heads, int64_t context_width) : heads_(heads) {
  if (heads < 1 || width % heads != 0)
    throw UsageError("attention: the width " + std::to_string(width) + " must be a multiple of the number of heads, " +
                     std::to_string(heads));
  scale_ = 1.0 / std::sqrt(static_cast<double>(width / heads));
  const int64_t from = context_width > 0 ? context_width : width;
  query_ = register_module("query", std::make_shared<Linear>(width, width));
  key_ = register_module("key", std::make_shared<Linear>(from, width));
  value_ = register_module("value", std::make_shared<Linear>(from, width));
  out_ = register_module("out", std::make_shared<Linear>(width, width));
}

KeyValues Attention::project(const at::Tensor& context) {
  return {to_heads(key_->forward(context), heads_), to_heads(value_->forward(context), heads_)};
}

at::Tensor Attention::attend(const at::Tensor& x, const KeyValues& context, const at::Tensor& valid, bool causal) {
  const at::Tensor queries = to_heads(query_->forward(x), heads_) * scale_;
  at::Tensor scores = at::matmul(queries, context.keys.transpose(-2, -1));
  if (causal) scores = scores.masked_fill(causal_mask(scores).logical_not(), hidden_score);
  if (valid.defined()) scores = scores.masked_fill(valid.logical_not().unsqueeze(1).unsqueeze(1), hidden_score);
  at::Tensor weights = at::softmax(scores, -1);
  at::Tensor counted;
  if (valid.defined()) {
    counted = valid.to(weights.scalar_type());
    weights = weights * counted.unsqueeze(1).unsqueeze(1);
  }
  const at::Tensor mixed = at::matmul(weights, context.values).transpose(1, 2).flatten(2);
  const at::Tensor out = out_->forward(mixed);
  return valid.defined() ? out * counted.amax(1, /*keepdim=*/true).unsqueeze(-1).to(out.scalar_type()) : out;
}

at::Tensor Attention::forward(const at::Tensor& x, const at::Tensor& context, const at::Tensor& valid, bool causal) {
  return attend(x, project(context), valid, causal);
}

std::pair<at::Tensor, KeyValues> Attention::step(const at::Tensor& x, const KeyValues& past, const at::Tensor& valid) {
  KeyValues all = project(x);
  if (past.keys.defined()) all = {at::cat({past.keys, all.keys}, 2), at::cat({past.values, all.values}, 2)};
  return {attend(x, all, valid), all};
}

}  // namespace chiasm::nn
