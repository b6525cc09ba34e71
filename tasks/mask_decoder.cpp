#include "tasks/mask_decoder.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chiasm {
namespace {

constexpr int64_t narrowest = 8;

nn::Size3 ratio_of(const nn::Size3& coarse, const nn::Size3& fine) {
  nn::Size3 out{};
  for (size_t d = 0; d < 3; ++d) out[d] = std::max<int64_t>(1, coarse[d] / fine[d]);
  return out;
}

}  // namespace

MaskDecoder::MaskDecoder(const MaskDecoderConfig& config, const InputSpec& input, const Shape& shape) {
  const bool flat = input.size[0] == 1;
  const auto width = [&](size_t level) { return std::min(shape.maps[level].channels, config.widest); };
  const size_t coarsest = shape.maps.size() - 1;
  enter_ = register_module("enter", std::make_shared<nn::Convolution>(shape.maps[coarsest].channels, width(coarsest), nn::Size3{1, 1, 1}));
  nn::BlockConfig block;
  block.width = width(coarsest);
  block.heads = std::gcd(int64_t{4}, block.width);
  block.mlp_ratio = 2.0;
  block.context_width = config.fused_width;
  read_ = register_module("read", std::make_shared<nn::CrossBlock>(block));
  for (size_t l = coarsest; l > 0; --l) {
    const nn::Size3 ratio = ratio_of(shape.maps[l].stride, shape.maps[l - 1].stride);
    levels_.push_back(add_level(static_cast<int64_t>(levels_.size()), width(l), shape.maps[l - 1].channels, width(l - 1), ratio, flat));
  }
  add_beyond(shape.maps.front().stride, width(0), input.channels, flat);
  int64_t last = width(0);
  for (size_t i = 0; i < beyond_.size(); ++i) last = std::max(narrowest, last / 2);
  leave_ = register_module("leave", std::make_shared<nn::Convolution>(last, config.classes, nn::Size3{1, 1, 1}));
  const at::NoGradGuard no_gradient;
  leave_->weight.mul_(0.1);
}

MaskDecoder::Level MaskDecoder::add_level(int64_t index, int64_t from, int64_t skip, int64_t to, nn::Size3 ratio, bool flat) {
  nn::ConvStyle style;
  style.flat = flat;
  Level level;
  const std::string number = std::to_string(index);
  level.up = register_module("up" + number, std::make_shared<nn::Upsample>(from, to, ratio, nn::Upsample::Mode::trilinear));
  level.join = register_module("join" + number, std::make_shared<nn::ConvUnit>(to + skip, to, nn::Size3{1, 1, 1}, style));
  return level;
}

// Levels finer than the finest map, each halving what is left of its stride; the last one joins the image.
void MaskDecoder::add_beyond(nn::Size3 stride, int64_t channels, int64_t image_channels, bool flat) {
  while (stride != nn::Size3{1, 1, 1}) {
    nn::Size3 ratio{}, left{};
    for (size_t d = 0; d < 3; ++d) {
      left[d] = (stride[d] + 1) / 2;
      ratio[d] = stride[d] / left[d];
    }
    const int64_t next = std::max(narrowest, channels / 2);
    const int64_t skip = left == nn::Size3{1, 1, 1} ? image_channels : 0;
    levels_.push_back(add_level(static_cast<int64_t>(levels_.size()), channels, skip, next, ratio, flat));
    beyond_.push_back(left);
    stride = left;
    channels = next;
  }
}

at::Tensor MaskDecoder::forward(const std::vector<at::Tensor>& maps, const Tokens& fused, const at::Tensor& image) {
  const nn::Size3 size = nn::grid_of(image);
  const at::Tensor entered = enter_->forward(maps.back());
  const nn::Size3 grid = nn::grid_of(entered);
  nn::BlockInput reading;
  reading.x = entered.flatten(2).transpose(1, 2);
  reading.context = fused.values;
  reading.context_valid = fused.valid;
  at::Tensor x = read_->forward(reading).transpose(1, 2).unflatten(2, grid);
  const size_t skips = maps.size() - 1;
  for (size_t l = 0; l < levels_.size(); ++l) {
    if (l < skips) {
      const at::Tensor& map = maps[skips - 1 - l];
      x = levels_[l].up->forward(x, nn::grid_of(map));
      x = levels_[l].join->forward(at::cat({x, map.to(x.scalar_type())}, 1));
      continue;
    }
    nn::Size3 finer{};
    for (size_t d = 0; d < 3; ++d) finer[d] = (size[d] + beyond_[l - skips][d] - 1) / beyond_[l - skips][d];
    x = levels_[l].up->forward(x, finer);
    if (beyond_[l - skips] == nn::Size3{1, 1, 1}) x = at::cat({x, image.to(x.scalar_type())}, 1);
    x = levels_[l].join->forward(x);
  }
  return nn::resize_trilinear(leave_->forward(x), size);
}

void MaskDecoder::start_at(const std::vector<double>& shares) {
  const at::NoGradGuard no_gradient;
  for (size_t k = 0; k < shares.size(); ++k) leave_->bias[static_cast<int64_t>(k)].fill_(std::log(std::clamp(shares[k], 1e-3, 1.0)));
}

}  // namespace chiasm
