#include "core/nn/mlp.h"

#include <ATen/Functions.h>

namespace chiasm::nn {

Mlp::Mlp(int64_t width, int64_t hidden, int64_t out) {
  enter_ = register_module("enter", std::make_shared<Linear>(width, hidden));
  leave_ = register_module("leave", std::make_shared<Linear>(hidden, out > 0 ? out : width));
}

at::Tensor Mlp::forward(const at::Tensor& x) { return leave_->forward(at::gelu(enter_->forward(x))); }

}  // namespace chiasm::nn
