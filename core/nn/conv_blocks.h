// 3-D convolutional blocks. 2-D images are volumes of depth 1 with kernels of depth 1. Shapes RCDHW.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>

#include <array>
#include <memory>

namespace chiasm::nn {

using Size3 = std::array<int64_t, 3>;  // D, H, W

enum class ConvNorm { instance, group };
enum class Activation { leaky_relu, gelu };

struct ConvStyle {
  ConvNorm norm = ConvNorm::instance;
  Activation activation = Activation::leaky_relu;
  bool flat = false;  // kernels of depth 1
};

at::Tensor activate(const at::Tensor& x, Activation activation);

// Instance norm is a group norm with one channel a group; `group` takes at most 8 groups.
torch::nn::GroupNorm make_norm(int64_t channels, ConvNorm norm);

// Convolution with odd kernels and "same" padding: output sides are ceil(side / stride).
class Convolution : public torch::nn::Module {
 public:
  Convolution(int64_t in, int64_t out, Size3 kernel, Size3 stride = {1, 1, 1}, bool bias = true);
  at::Tensor forward(const at::Tensor& x);
  at::Tensor weight, bias;  // out, in, kernel; bias may be undefined

 private:
  Size3 kernel_, stride_;
};

// Convolution, norm, activation.
class ConvUnit : public torch::nn::Module {
 public:
  ConvUnit(int64_t in, int64_t out, Size3 stride, const ConvStyle& style);
  at::Tensor forward(const at::Tensor& x);

 private:
  std::shared_ptr<Convolution> conv_;
  torch::nn::GroupNorm norm_{nullptr};
  Activation activation_;
};

// Two convolutions and a shortcut (He et al., 2016); a shortcut that changes shape is average pooling, 1x1x1 convolution and norm.
class ResidualBlock : public torch::nn::Module {
 public:
  ResidualBlock(int64_t in, int64_t out, Size3 stride, const ConvStyle& style);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor shortcut(const at::Tensor& x);
  Size3 stride_;
  Activation activation_;
  std::shared_ptr<Convolution> first_, second_, project_;
  torch::nn::GroupNorm norm_first_{nullptr}, norm_second_{nullptr}, norm_project_{nullptr};
};

// To a finer grid.
class Upsample : public torch::nn::Module {
 public:
  enum class Mode { transposed, trilinear };
  // Trilinear: 1x1x1 convolution on the coarse grid, then interpolation. Transposed: kernel = stride.
  Upsample(int64_t in, int64_t out, Size3 stride, Mode mode);
  // `size` is the fine grid: at most stride times the coarse one (transposed), any (trilinear).
  at::Tensor forward(const at::Tensor& x, Size3 size);
  at::Tensor weight, bias;  // transposed: in, out, stride

 private:
  Size3 stride_;
  std::shared_ptr<Convolution> project_;
};

// D, H, W of RCDHW.
Size3 grid_of(const at::Tensor& x);

// RCDHW interpolated to a grid (align_corners off); x itself when it has that grid.
at::Tensor resize_trilinear(const at::Tensor& x, Size3 size);

}  // namespace chiasm::nn
