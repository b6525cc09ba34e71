#include "core/train/ema.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/check.h"

namespace chiasm {
namespace {

struct Pairs {
  std::vector<at::Tensor> to, from;
};

Pairs pairs(torch::nn::Module& to, const torch::nn::Module& from, bool buffers) {
  const auto left = buffers ? to.named_buffers() : to.named_parameters();
  const auto right = buffers ? from.named_buffers() : from.named_parameters();
  check(left.size() == right.size(), "two models of one configuration have different numbers of weights");
  Pairs out;
  for (const auto& item : left) {
    const at::Tensor* other = right.find(item.key());
    check(other != nullptr && other->sizes() == item.value().sizes(), "two models of one configuration differ at '" + item.key() + "'");
    out.to.push_back(item.value());
    out.from.push_back(other->detach());
  }
  return out;
}

}  // namespace

void update_average(torch::nn::Module& averaged, const torch::nn::Module& model, double decay, int64_t step) {
  at::NoGradGuard no_gradient;
  const double ramp = (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step));
  const Pairs weights = pairs(averaged, model, /*buffers=*/false);
  at::_foreach_lerp_(weights.to, weights.from, 1.0 - std::min(decay, ramp));
  const Pairs buffers = pairs(averaged, model, /*buffers=*/true);
  for (size_t i = 0; i < buffers.to.size(); ++i) buffers.to[i].copy_(buffers.from[i]);
}

void copy_weights(torch::nn::Module& to, const torch::nn::Module& from) {
  at::NoGradGuard no_gradient;
  for (const bool buffers : {false, true}) {
    const Pairs all = pairs(to, from, buffers);
    for (size_t i = 0; i < all.to.size(); ++i) all.to[i].copy_(all.from[i]);
  }
}

}  // namespace chiasm
