#include "tasks/token_pool.h"

#include <ATen/Functions.h>

#include <numeric>

namespace chiasm {

TokenPool::TokenPool(int64_t width) {
  attention_ = register_module("attention", std::make_shared<nn::AttentionPool>(width, std::gcd(int64_t{4}, width)));
}

at::Tensor TokenPool::forward(const Tokens& tokens) {
  const at::Tensor mean = nn::masked_mean(tokens.values, tokens.valid);
  return at::cat({mean, attention_->forward(tokens.values, tokens.valid).flatten(1).to(mean.scalar_type())}, 1);
}

}  // namespace chiasm
