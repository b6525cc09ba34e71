#include "encoders/vit.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "encoders/form.h"

namespace chiasm {
namespace {

nn::Size3 grid_for(nn::Size3 size, nn::Size3 patch, const std::string& kind) {
  nn::Size3 out{};
  for (size_t d = 0; d < 3; ++d) {
    if (size[d] % patch[d] != 0)
      throw UsageError("encoder '" + kind + "': side " + std::to_string(size[d]) + " of the view is no multiple of the patch side " +
                       std::to_string(patch[d]) + "; change 'patch' or the view's 'size'");
    out[d] = size[d] / patch[d];
  }
  return out;
}

}  // namespace

void vit_fields(config::Visitor& v, VitSettings& c) {
  v.field("width", c.width, "Width of the tokens.", {.at_least = 8});
  v.field("depth", c.depth, "Number of transformer blocks.", {.at_least = 1, .at_most = 128});
  v.field("heads", c.heads, "Attention heads; they divide the width.", {.at_least = 1});
  v.field("mlp_ratio", c.mlp_ratio, "Hidden width of the MLPs over the width.", {.above = 0.0, .at_most = 16.0});
  v.field("dropout", c.dropout, "Dropout of what each block adds.", {.at_least = 0.0, .below = 1.0});
  v.field("stem", c.stem, "Channels of a convolutional stem at stride 1, 2, 4, ... of the input; empty: none. It gives finer maps.",
          {.at_least = 1, .max_size = 5});
  v.field("learned_positions", c.learned_positions, "Positions train; else they stay sines and cosines.");
  v.field("checkpoint", c.checkpoint, "Recompute the blocks in the backward pass: less memory, about a third more time.");
  v.require(c.heads >= 1 && c.width % c.heads == 0, "'width' must be a multiple of 'heads'");
}

Vit::Vit(const VitSettings& settings, const InputSpec& input, const std::string& kind) : settings_(settings) {
  require_form(input, Form::image, kind);
  grid_ = grid_for(input.size, settings.patch, kind);
  nn::ConvStyle style{.norm = nn::ConvNorm::instance, .activation = nn::Activation::gelu, .flat = settings.flat};
  int64_t channels = input.channels;
  nn::Size3 reached{1, 1, 1}, inner = settings.patch;  // inner: patch in voxels of the last stem map
  for (size_t i = 0; i < settings.stem.size(); ++i) {
    nn::Size3 stride{1, 1, 1};
    for (size_t d = 0; d < 3; ++d) {
      if (i == 0 || inner[d] == 1) continue;
      if (inner[d] % 2 != 0)
        throw UsageError("encoder '" + kind + "': each stem stage but the first halves the patch; sides must be 1 or divisible by 2");
      stride[d] = 2;
      inner[d] /= 2;
      reached[d] *= 2;
    }
    stem_.push_back(
        register_module("stem_" + std::to_string(i), std::make_shared<nn::ConvUnit>(channels, settings.stem[i], stride, style)));
    stem_strides_.push_back(reached);
    channels = settings.stem[i];
  }
  patches_ = register_module("patches", std::make_shared<nn::PatchEmbed>(channels, settings.width, inner));
  positions_ = register_module("positions", std::make_shared<nn::GridPositions>(grid_, settings.width, settings.learned_positions));
  blocks_ = register_module("blocks", std::make_shared<nn::BlockStack>());
  for (int64_t i = 0; i < settings.depth; ++i)
    blocks_->add(std::make_shared<nn::SelfBlock>(
        nn::BlockConfig{.width = settings.width, .heads = settings.heads, .mlp_ratio = settings.mlp_ratio, .dropout = settings.dropout}));
  blocks_->set_checkpointed(settings.checkpoint);
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({settings.width})));
}

Shape Vit::shape() const {
  Shape out;
  out.width = settings_.width;
  out.tokens = grid_[0] * grid_[1] * grid_[2];
  for (size_t i = 0; i < stem_strides_.size(); ++i) out.maps.push_back({settings_.stem[i], stem_strides_[i]});
  out.maps.push_back({settings_.width, settings_.patch});
  return out;
}

// The stem looks across patch borders, so hidden patches are emptied before it.
at::Tensor Vit::without_hidden(const Input& input, nn::Size3 grid) const {
  const at::Tensor volume = image_content(input);
  if (!input.keep.defined() || stem_.empty()) return volume;
  const at::Tensor kept = at::zeros({volume.size(0), grid[0] * grid[1] * grid[2]}, volume.options()).scatter(1, input.keep, 1.0);
  return volume * nn::voxels_of_patches(kept, grid, settings_.patch).to(volume.scalar_type());
}

Features Vit::encode(const Input& input) {
  const nn::Size3 size = nn::grid_of(input.values);
  const nn::Size3 grid{size[0] / settings_.patch[0], size[1] / settings_.patch[1], size[2] / settings_.patch[2]};
  at::Tensor x = without_hidden(input, grid);
  Features out;
  for (const auto& stage : stem_) out.maps.emplace_back(x = stage->forward(x));
  const bool part = input.keep.defined();
  at::Tensor tokens = patches_->forward(x, input.keep);
  tokens = tokens + (part ? positions_->forward(grid, input.keep) : positions_->forward(grid));
  at::Tensor valid = nn::token_validity(image_validity(input), grid);
  if (part) valid = nn::take_tokens(valid, input.keep);
  tokens = norm_->forward(blocks_->run({tokens, input.valid.defined() ? valid : at::Tensor(), {}, {}}));
  out.tokens = {tokens, valid};
  if (part)
    out.maps.clear();
  else
    out.maps.push_back(tokens.transpose(1, 2).unflatten(2, grid));
  return out;
}

}  // namespace chiasm
