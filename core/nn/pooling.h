// From tokens BNE to one vector (or Q vectors) a row. Tokens that are not valid count for nothing; rows without a valid token give zeros
// and pass no gradient.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/nn/attention.h"

namespace chiasm::nn {

at::Tensor masked_mean(const at::Tensor& values, const at::Tensor& valid);  // BE
at::Tensor masked_max(const at::Tensor& values, const at::Tensor& valid);   // BE

// Learned queries attend to the tokens (Lee et al., 2019).
class AttentionPool : public torch::nn::Module {
 public:
  AttentionPool(int64_t width, int64_t heads, int64_t queries = 1);
  at::Tensor forward(const at::Tensor& values, const at::Tensor& valid);  // BQE

 private:
  at::Tensor queries_;  // QE
  std::shared_ptr<Attention> attention_;
};

}  // namespace chiasm::nn
