#include "core/nn/block.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace chiasm::nn {
namespace {

torch::nn::LayerNorm norm(int64_t width) { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})); }

std::shared_ptr<Mlp> make_mlp(const BlockConfig& c) {
  return std::make_shared<Mlp>(c.width, static_cast<int64_t>(static_cast<double>(c.width) * c.mlp_ratio));
}

int64_t context_width(const BlockConfig& c) { return c.context_width > 0 ? c.context_width : c.width; }

at::Tensor drop(const at::Tensor& x, double rate, bool training) { return rate > 0.0 && training ? at::dropout(x, rate, true) : x; }

}  // namespace

SelfBlock::SelfBlock(const BlockConfig& config) : config_(config) {
  norm_attention_ = register_module("norm_attention", norm(config.width));
  attention_ = register_module("attention", std::make_shared<Attention>(config.width, config.heads));
  norm_mlp_ = register_module("norm_mlp", norm(config.width));
  mlp_ = register_module("mlp", make_mlp(config));
}

at::Tensor SelfBlock::forward(const BlockInput& input) {
  const at::Tensor normed = norm_attention_->forward(input.x);
  const at::Tensor x = input.x + drop(attention_->forward(normed, normed, input.valid, config_.causal), config_.dropout, is_training());
  return x + drop(mlp_->forward(norm_mlp_->forward(x)), config_.dropout, is_training());
}

CrossBlock::CrossBlock(const BlockConfig& config) : config_(config) {
  norm_query_ = register_module("norm_query", norm(config.width));
  norm_context_ = register_module("norm_context", norm(context_width(config)));
  attention_ = register_module("attention", std::make_shared<Attention>(config.width, config.heads, config.context_width));
  norm_mlp_ = register_module("norm_mlp", norm(config.width));
  mlp_ = register_module("mlp", make_mlp(config));
}

at::Tensor CrossBlock::forward(const BlockInput& input) {
  const at::Tensor context = norm_context_->forward(input.context);
  const at::Tensor read = attention_->forward(norm_query_->forward(input.x), context, input.context_valid);
  const at::Tensor x = input.x + drop(read, config_.dropout, is_training());
  return x + drop(mlp_->forward(norm_mlp_->forward(x)), config_.dropout, is_training());
}

DecoderBlock::DecoderBlock(const BlockConfig& config) : config_(config) {
  norm_self_ = register_module("norm_self", norm(config.width));
  self_ = register_module("self", std::make_shared<Attention>(config.width, config.heads));
  norm_query_ = register_module("norm_query", norm(config.width));
  norm_context_ = register_module("norm_context", norm(context_width(config)));
  cross_ = register_module("cross", std::make_shared<Attention>(config.width, config.heads, config.context_width));
  norm_mlp_ = register_module("norm_mlp", norm(config.width));
  mlp_ = register_module("mlp", make_mlp(config));
}

KeyValues DecoderBlock::project_context(const at::Tensor& context) { return cross_->project(norm_context_->forward(context)); }

at::Tensor DecoderBlock::after_self(const at::Tensor& x, const KeyValues& context, const at::Tensor& context_valid) {
  const at::Tensor read = cross_->attend(norm_query_->forward(x), context, context_valid);
  const at::Tensor informed = x + drop(read, config_.dropout, is_training());
  return informed + drop(mlp_->forward(norm_mlp_->forward(informed)), config_.dropout, is_training());
}

at::Tensor DecoderBlock::forward(const BlockInput& input) {
  const at::Tensor normed = norm_self_->forward(input.x);
  const at::Tensor x = input.x + drop(self_->forward(normed, normed, input.valid, /*causal=*/true), config_.dropout, is_training());
  return after_self(x, project_context(input.context), input.context_valid);
}

DecoderBlock::Step DecoderBlock::step(const Step& input, const KeyValues& context, const at::Tensor& context_valid) {
  const auto [read, past] = self_->step(norm_self_->forward(input.x), input.past);
  return {after_self(input.x + read, context, context_valid), past};
}

}  // namespace chiasm::nn
