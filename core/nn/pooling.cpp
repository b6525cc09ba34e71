#include "core/nn/pooling.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/nn/init.h"

namespace chiasm::nn {
namespace {

constexpr double below_all = -3e4;  // finite in float16 too

}  // namespace

at::Tensor masked_mean(const at::Tensor& values, const at::Tensor& valid) {
  const at::Tensor shown = values.masked_fill(valid.logical_not().unsqueeze(-1), 0.0);
  const at::Tensor count = valid.to(at::kFloat).sum(1, /*keepdim=*/true).clamp_min(1.0);
  return shown.sum(1) / count;
}

at::Tensor masked_max(const at::Tensor& values, const at::Tensor& valid) {
  const at::Tensor shown = values.masked_fill(valid.logical_not().unsqueeze(-1), below_all);
  const at::Tensor any = valid.to(values.scalar_type()).amax(1, /*keepdim=*/true);
  return shown.amax(1).masked_fill(any < 0.5, 0.0);
}

AttentionPool::AttentionPool(int64_t width, int64_t heads, int64_t queries) {
  queries_ = register_parameter("queries", truncated_normal({queries, width}));
  attention_ = register_module("attention", std::make_shared<Attention>(width, heads));
}

at::Tensor AttentionPool::forward(const at::Tensor& values, const at::Tensor& valid) {
  const at::Tensor rows = at::zeros_like(values.narrow(1, 0, 1));  // B1E: the batch size without its number
  return attention_->forward(rows + queries_, values, valid);
}

}  // namespace chiasm::nn
