#include "encoders/cnn.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/nn/patch_embed.h"
#include "encoders/form.h"

namespace chiasm {

void cnn_fields(config::Visitor& v, CnnSettings& c) {
  v.field("channels", c.channels, "Channels of the first convolution and of each stage; every stage halves the grid.",
          {.at_least = 1, .min_size = 1, .max_size = 8});
  v.field("blocks", c.blocks, "Residual blocks a stage.", {.at_least = 1, .at_most = 32});
  v.field("fine", c.fine, "The finest map has the input's grid; else half of it, for about half the time.");
  v.field("group_norm", c.group_norm, "Group norm in place of instance norm.");
  v.field("learned_positions", c.learned_positions, "Positions of the tokens train; else they stay sines and cosines.");
}

nn::Size3 next_stride(nn::Size3 size, std::array<double, 3> spacing_mm) {
  nn::Size3 out{1, 1, 1};
  double smallest = 1e30;
  for (size_t d = 0; d < 3; ++d)
    if (size[d] > 1) smallest = std::min(smallest, spacing_mm[d]);
  for (size_t d = 0; d < 3; ++d)
    if (size[d] >= 4 && size[d] % 2 == 0 && spacing_mm[d] < 2.0 * smallest) out[d] = 2;
  return out;
}

Cnn::Cnn(const CnnSettings& settings, const InputSpec& input, const std::string& kind) : settings_(settings) {
  require_form(input, Form::image, kind);
  const nn::ConvStyle style{.norm = settings.group_norm ? nn::ConvNorm::group : nn::ConvNorm::instance,
                            .activation = nn::Activation::leaky_relu,
                            .flat = settings.flat};
  nn::Size3 size = input.size, reached{1, 1, 1};
  std::array<double, 3> spacing = input.spacing_mm;
  const auto advance = [&](bool halve) {
    const nn::Size3 stride = halve ? next_stride(size, spacing) : nn::Size3{1, 1, 1};
    for (size_t d = 0; d < 3; ++d) {
      size[d] /= stride[d];
      reached[d] *= stride[d];
      spacing[d] *= static_cast<double>(stride[d]);
    }
    strides_.push_back(reached);
    return stride;
  };
  stem_ = register_module("stem", std::make_shared<nn::ConvUnit>(input.channels, settings.channels[0], advance(!settings.fine), style));
  for (size_t i = 1; i < settings.channels.size(); ++i) {
    const nn::Size3 stride = advance(true);
    auto stage = register_module("stage_" + std::to_string(i), std::make_shared<Stage>());
    for (int64_t b = 0; b < settings.blocks; ++b) {
      const int64_t from = b == 0 ? settings.channels[i - 1] : settings.channels[i];
      const auto block = std::make_shared<nn::ResidualBlock>(from, settings.channels[i], b == 0 ? stride : nn::Size3{1, 1, 1}, style);
      stage->blocks.push_back(stage->register_module(std::to_string(b), block));
    }
    stages_.push_back(stage);
  }
  grid_ = size;
  positions_ =
      register_module("positions", std::make_shared<nn::GridPositions>(grid_, settings.channels.back(), settings.learned_positions));
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({settings.channels.back()})));
}

Shape Cnn::shape() const {
  Shape out;
  out.width = settings_.channels.back();
  out.tokens = grid_[0] * grid_[1] * grid_[2];
  for (size_t i = 0; i < strides_.size(); ++i) out.maps.push_back({settings_.channels[i], strides_[i]});
  return out;
}

Features Cnn::encode(const Input& input) {
  Features out;
  at::Tensor x = stem_->forward(image_content(input));
  out.maps.push_back(x);
  for (const auto& stage : stages_) {
    for (const auto& block : stage->blocks) x = block->forward(x);
    out.maps.push_back(x);
  }
  const nn::Size3 grid = nn::grid_of(x);
  out.tokens.values = norm_->forward(x.flatten(2).transpose(1, 2)) + positions_->forward(grid);
  out.tokens.valid = nn::token_validity(image_validity(input), grid);
  return out;
}

}  // namespace chiasm
