#include "core/nn/mlp.h"

#include <ATen/Functions.h>

namespace chiasm::nn {

Mlp::Mlp(int64_t width, int64_t hidden, int64_t out) {
  in_ = register_module("in", std::make_shared<Linear>(width, hidden));
  out_ = register_module("out", std::make_shared<Linear>(hidden, out > 0 ? out : width));
}

at::Tensor Mlp::forward(const at::Tensor& x) { return out_->forward(at::gelu(in_->forward(x))); }

}  // namespace chiasm::nn
