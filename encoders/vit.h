// The vision transformer (Dosovitskiy et al., 2021) behind volume_vit and image_vit: patches, positions, self-attention.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/encoder.h"
#include "core/nn/block_stack.h"
#include "core/nn/patch_embed.h"
#include "core/nn/positions.h"

namespace chiasm {

struct VitSettings {
  nn::Size3 patch{8, 8, 8};
  int64_t width = 128, depth = 4, heads = 4;
  double mlp_ratio = 4.0, dropout = 0.0;
  std::vector<int64_t> stem;  // channels of the convolutional stem: at stride 1, 2, 4, ...; empty: none
  bool learned_positions = true;
  bool checkpoint = false;
  bool flat = false;  // 2-D
};

// The fields that both kinds share, after their `patch`.
void vit_fields(config::Visitor& v, VitSettings& c);

class Vit : public Encoder {
 public:
  // `kind` stands in error messages.
  Vit(const VitSettings& settings, const InputSpec& input, const std::string& kind);
  Shape shape() const override;
  Features encode(const Input& input) override;
  nn::Size3 grid() const override { return grid_; }

 private:
  at::Tensor without_hidden(const Input& input, nn::Size3 grid) const;
  VitSettings settings_;
  nn::Size3 grid_{};                     // of the declared size
  std::vector<nn::Size3> stem_strides_;  // from the input to each stem map
  std::vector<std::shared_ptr<nn::ConvUnit>> stem_;
  std::shared_ptr<nn::PatchEmbed> patches_;
  std::shared_ptr<nn::GridPositions> positions_;
  std::shared_ptr<nn::BlockStack> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace chiasm
