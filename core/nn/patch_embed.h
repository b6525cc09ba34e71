// Volumes as rows of patches. Patches are counted in raster order of their grid (D, H, W), which is what Input::keep indexes.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/nn/conv_blocks.h"
#include "core/nn/linear.h"

namespace chiasm::nn {

// RCDHW -> RNP with P = C * patch voxels, channel first. Sides must be multiples of the patch.
at::Tensor patchify(const at::Tensor& volume, Size3 patch);

// RDHW bool -> RN bool: whether any voxel that a token of the grid covers is real.
at::Tensor token_validity(const at::Tensor& voxels, Size3 grid);

// RN... and keep RM -> RM...: the kept tokens, in the order of `keep`.
at::Tensor take_tokens(const at::Tensor& tokens, const at::Tensor& keep);

// RN bool (raster order) -> R1DHW float, 1 where the voxel's patch is marked.
at::Tensor voxels_of_patches(const at::Tensor& marked, Size3 grid, Size3 patch);

// One linear map of each patch.
class PatchEmbed : public torch::nn::Module {
 public:
  PatchEmbed(int64_t channels, int64_t width, Size3 patch);
  // RNE, or RME of the kept patches only (then only those are computed).
  at::Tensor forward(const at::Tensor& volume, const at::Tensor& keep = {});

 private:
  Size3 patch_;
  std::shared_ptr<Linear> project_;
};

}  // namespace chiasm::nn
