// Autograd against central differences in double precision, on a sample of the entries of each tensor.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace chiasm::test {

// A fixed random weighting of all entries, so that no gradient cancels.
inline at::Tensor weighted_sum(const at::Tensor& out) {
  at::Generator generator = at::detail::createCPUGenerator(7);
  return (out * at::randn(out.sizes(), generator, out.options().requires_grad(false))).sum();
}

// Threads only wait for each other on tensors this small.
struct OneThread {
  OneThread() : before(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before); }
  int before;
};

// `forward` computes from `leaves` (double, requiring gradients) by reading them anew at each call.
inline void expect_gradients(const std::function<at::Tensor()>& forward, const std::vector<at::Tensor>& leaves, double tolerance = 1e-6,
                             int64_t entries = 4) {
  const OneThread one;
  const double step = 1e-5;
  const auto loss = [&] { return weighted_sum(forward()); };
  const auto gradients = torch::autograd::grad({loss()}, leaves, {}, std::nullopt, false, /*allow_unused=*/true);
  const at::NoGradGuard no_gradient;
  for (size_t i = 0; i < leaves.size(); ++i) {
    ASSERT_EQ(leaves[i].scalar_type(), at::kDouble);
    ASSERT_TRUE(leaves[i].is_contiguous());
    const at::Tensor found = gradients[i].defined() ? gradients[i].contiguous() : at::zeros_like(leaves[i]);
    auto* values = leaves[i].data_ptr<double>();
    const int64_t count = leaves[i].numel(), stride = std::max<int64_t>(1, count / entries);
    for (int64_t e = 0; e < count; e += stride) {
      const double before = values[e];
      values[e] = before + step;
      const double above = loss().item<double>();
      values[e] = before - step;
      const double below = loss().item<double>();
      values[e] = before;
      const double numeric = (above - below) / (2.0 * step), exact = found.data_ptr<double>()[e];
      ASSERT_NEAR(exact, numeric, tolerance * (1.0 + std::abs(numeric))) << "tensor " << i << ", entry " << e;
    }
  }
}

// All parameters of a module (made double) and further leaves.
inline void expect_gradients(torch::nn::Module& module, const std::function<at::Tensor()>& forward, std::vector<at::Tensor> leaves = {},
                             double tolerance = 1e-6) {
  for (const at::Tensor& parameter : module.parameters())
    if (parameter.requires_grad()) leaves.push_back(parameter);
  expect_gradients(forward, leaves, tolerance);
}

inline at::Tensor random_leaf(at::IntArrayRef sizes) { return at::randn(sizes, at::kDouble).requires_grad_(true); }

inline bool same_bits(const at::Tensor& a, const at::Tensor& b) { return a.scalar_type() == b.scalar_type() && at::equal(a, b); }

inline void expect_close(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_LE((a - b).abs().max().item<double>(), tolerance);
}

}  // namespace chiasm::test
