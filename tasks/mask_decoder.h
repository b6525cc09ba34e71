// From encoder maps to class scores of every voxel: upwards from the coarsest map, joined with each finer one (U-Net, Ronneberger et al.,
// 2015; UNETR, Hatamizadeh et al., arXiv 2103.10504). The coarsest map reads the fused tokens, so that a report or another sequence can
// sharpen the mask. Where the finest map is coarser than the input, the last level sees the image itself, so that edges and small lesions
// keep the input's own grid at little cost.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/batch.h"
#include "core/nn/block.h"
#include "core/nn/conv_blocks.h"
#include "core/specs.h"

namespace chiasm {

struct MaskDecoderConfig {
  int64_t classes = 0;  // background included
  int64_t fused_width = 0;
  int64_t widest = 64;  // channels of a level at most
};

class MaskDecoder : public torch::nn::Module {
 public:
  MaskDecoder(const MaskDecoderConfig& config, const InputSpec& input, const Shape& shape);
  // Maps RCDHW fine to coarse of `image` RCDHW, the fused tokens of each row's study RNE -> logits RKDHW on the image's grid.
  at::Tensor forward(const std::vector<at::Tensor>& maps, const Tokens& fused, const at::Tensor& image);
  // Sets the bias so that the first guess is the share of each class.
  void start_at(const std::vector<double>& shares);

 private:
  struct Level {
    std::shared_ptr<nn::Upsample> up;
    std::shared_ptr<nn::ConvUnit> join;
  };
  Level add_level(int64_t index, int64_t from, int64_t skip, int64_t to, nn::Size3 ratio, bool flat);
  void add_beyond(nn::Size3 stride, int64_t channels, int64_t image_channels, bool flat);
  std::shared_ptr<nn::Convolution> enter_, leave_;
  std::shared_ptr<nn::CrossBlock> read_;
  std::vector<Level> levels_;      // coarse to fine; the first `maps - 1` join a map
  std::vector<nn::Size3> beyond_;  // strides left after each level finer than the finest map
};

}  // namespace chiasm
