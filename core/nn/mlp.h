// Two linear layers with GELU between them.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/nn/linear.h"

namespace chiasm::nn {

class Mlp : public torch::nn::Module {
 public:
  // `out` 0 means `width`.
  Mlp(int64_t width, int64_t hidden, int64_t out = 0);
  at::Tensor forward(const at::Tensor& x);  // ...width -> ...out

 private:
  std::shared_ptr<Linear> enter_, leave_;
};

}  // namespace chiasm::nn
