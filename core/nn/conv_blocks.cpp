#include "core/nn/conv_blocks.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <numeric>

#include "core/nn/autocast.h"
#include "core/nn/init.h"

namespace chiasm::nn {
namespace {

// Written out, because a traced graph keeps lists as they were given and exporters want one entry a side.
constexpr Size3 zeros{0, 0, 0}, ones{1, 1, 1};

// Below this number of voxels bf16 gains nothing.
constexpr int64_t smallest_reduced_grid = 256;

// LibTorch 2.11's bf16 convolution on the CPU (oneDNN 3.10) returns wrong weight gradients, NaN now and then, at depth 2 with a kernel of
// depth 3, and at width 1 with stride 2, whatever the other sides. So convolutions along a side of 1 or 2 voxels stay in float32.
bool needs_float32(const at::Tensor& x, const Size3& kernel, const Size3& stride) {
  if (!x.is_cpu() || !AutocastState::now(at::kCPU).enabled) return false;
  const Size3 grid = grid_of(x);
  for (size_t d = 0; d < 3; ++d)
    if (grid[d] <= 2 && (kernel[d] > 1 || stride[d] > 1)) return true;
  return grid[0] * grid[1] * grid[2] < smallest_reduced_grid * stride[0] * stride[1] * stride[2];
}

at::Tensor to_float32(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf ? x.to(at::kFloat) : x;
}

// Runs `convolve` on x, in float32 where it must be.
template <class F>
at::Tensor convolve_safely(const at::Tensor& x, const Size3& kernel, const Size3& stride, const F& convolve) {
  if (!needs_float32(x, kernel, stride)) return convolve(x);
  const AutocastScope off(AutocastState::off(at::kCPU));
  return convolve(to_float32(x));
}

}  // namespace

Size3 grid_of(const at::Tensor& x) { return {x.size(-3), x.size(-2), x.size(-1)}; }

at::Tensor activate(const at::Tensor& x, Activation activation) {
  return activation == Activation::gelu ? at::gelu(x) : at::leaky_relu(x, 0.01);
}

torch::nn::GroupNorm make_norm(int64_t channels, ConvNorm norm) {
  const int64_t groups = norm == ConvNorm::instance ? channels : std::gcd(int64_t{8}, channels);
  return torch::nn::GroupNorm(torch::nn::GroupNormOptions(groups, channels));
}

Convolution::Convolution(int64_t in, int64_t out, Size3 kernel, Size3 stride, bool with_bias) : kernel_(kernel), stride_(stride) {
  weight = register_parameter("weight", kaiming_normal({out, in, kernel[0], kernel[1], kernel[2]}));
  if (with_bias) bias = register_parameter("bias", at::zeros({out}));
}

at::Tensor Convolution::forward(const at::Tensor& x) {
  const Size3 padding{kernel_[0] / 2, kernel_[1] / 2, kernel_[2] / 2};
  return convolve_safely(x, kernel_, stride_, [&](const at::Tensor& in) { return at::conv3d(in, weight, bias, stride_, padding, ones); });
}

ConvUnit::ConvUnit(int64_t in, int64_t out, Size3 stride, const ConvStyle& style) : activation_(style.activation) {
  const Size3 kernel{style.flat ? 1 : 3, 3, 3};
  conv_ = register_module("conv", std::make_shared<Convolution>(in, out, kernel, stride, /*bias=*/false));
  norm_ = register_module("norm", make_norm(out, style.norm));
}

at::Tensor ConvUnit::forward(const at::Tensor& x) { return activate(norm_->forward(conv_->forward(x)), activation_); }

ResidualBlock::ResidualBlock(int64_t in, int64_t out, Size3 stride, const ConvStyle& style)
    : stride_(stride), activation_(style.activation) {
  const Size3 kernel{style.flat ? 1 : 3, 3, 3};
  first_ = register_module("first", std::make_shared<Convolution>(in, out, kernel, stride, /*bias=*/false));
  norm_first_ = register_module("norm_first", make_norm(out, style.norm));
  second_ = register_module("second", std::make_shared<Convolution>(out, out, kernel, Size3{1, 1, 1}, /*bias=*/false));
  norm_second_ = register_module("norm_second", make_norm(out, style.norm));
  if (in == out && stride == Size3{1, 1, 1}) return;
  project_ = register_module("project", std::make_shared<Convolution>(in, out, Size3{1, 1, 1}, Size3{1, 1, 1}, /*bias=*/false));
  norm_project_ = register_module("norm_project", make_norm(out, style.norm));
}

at::Tensor ResidualBlock::shortcut(const at::Tensor& x) {
  if (!project_) return x;
  at::Tensor pooled = x;
  if (stride_ != Size3{1, 1, 1}) {
    const Size3 grid = grid_of(x);
    bool uneven = false;  // then the last window is cut, as "same" padding does in the convolution
    for (size_t d = 0; d < 3; ++d) uneven = uneven || grid[d] % stride_[d] != 0;
    pooled = at::avg_pool3d(x, stride_, stride_, /*padding=*/zeros, /*ceil_mode=*/uneven, /*count_include_pad=*/false);
  }
  return norm_project_->forward(project_->forward(pooled));
}

at::Tensor ResidualBlock::forward(const at::Tensor& x) {
  const at::Tensor inner = activate(norm_first_->forward(first_->forward(x)), activation_);
  return activate(norm_second_->forward(second_->forward(inner)) + shortcut(x), activation_);
}

Upsample::Upsample(int64_t in, int64_t out, Size3 stride, Mode mode) : stride_(stride) {
  if (mode == Mode::trilinear) {
    project_ = register_module("project", std::make_shared<Convolution>(in, out, Size3{1, 1, 1}));
    return;
  }
  weight = register_parameter("weight", at::randn({in, out, stride[0], stride[1], stride[2]}) * std::sqrt(1.0 / static_cast<double>(in)));
  bias = register_parameter("bias", at::zeros({out}));
}

at::Tensor Upsample::forward(const at::Tensor& x, Size3 size) {
  if (project_) return resize_trilinear(project_->forward(x), size);
  at::Tensor out = convolve_safely(x, stride_, {1, 1, 1}, [&](const at::Tensor& in) {
    return at::conv_transpose3d(in, weight, bias, stride_, zeros, zeros, /*groups=*/1, ones);
  });
  for (int64_t d = 0; d < 3; ++d)
    if (out.size(d + 2) != size[static_cast<size_t>(d)]) out = out.narrow(d + 2, 0, size[static_cast<size_t>(d)]);
  return out;
}

at::Tensor resize_trilinear(const at::Tensor& x, Size3 size) {
  return grid_of(x) == size ? x : at::upsample_trilinear3d(x, size, /*align_corners=*/false);
}

}  // namespace chiasm::nn
