#include "core/nn/patch_embed.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/base/error.h"

namespace chiasm::nn {

at::Tensor patchify(const at::Tensor& volume, Size3 patch) {
  const Size3 grid = grid_of(volume);
  for (size_t d = 0; d < 3; ++d)
    if (grid[d] % patch[d] != 0)
      throw UsageError("a side of " + std::to_string(grid[d]) + " voxels is no multiple of the patch side " + std::to_string(patch[d]) +
                       "; change the view's size or the encoder's patch");
  const at::Tensor split = volume.unflatten(4, {-1, patch[2]}).unflatten(3, {-1, patch[1]}).unflatten(2, {-1, patch[0]});
  return split.permute({0, 2, 4, 6, 1, 3, 5, 7}).flatten(1, 3).flatten(2);
}

at::Tensor token_validity(const at::Tensor& voxels, Size3 grid) {
  const at::Tensor real = voxels.to(at::kFloat).unsqueeze(1);
  const Size3 from = grid_of(real), zeros{0, 0, 0}, ones{1, 1, 1};
  Size3 window{};
  bool even = true;
  for (size_t d = 0; d < 3; ++d) {
    even = even && from[d] % grid[d] == 0;
    window[d] = from[d] / grid[d];
  }
  const at::Tensor most =
      even ? at::max_pool3d(real, window, window, /*padding=*/zeros, /*dilation=*/ones) : std::get<0>(at::adaptive_max_pool3d(real, grid));
  return most.flatten(1) > 0.5;
}

at::Tensor take_tokens(const at::Tensor& tokens, const at::Tensor& keep) {
  at::Tensor index = keep;
  std::vector<int64_t> sides{-1, -1};
  for (int64_t d = 2; d < tokens.dim(); ++d) {
    index = index.unsqueeze(-1);
    sides.push_back(tokens.size(d));
  }
  return tokens.gather(1, index.expand(sides));
}

at::Tensor voxels_of_patches(const at::Tensor& marked, Size3 grid, Size3 patch) {
  const Size3 size{grid[0] * patch[0], grid[1] * patch[1], grid[2] * patch[2]};
  return at::upsample_nearest3d(marked.to(at::kFloat).unflatten(1, grid).unsqueeze(1), size);
}

PatchEmbed::PatchEmbed(int64_t channels, int64_t width, Size3 patch) : patch_(patch) {
  project_ = register_module("project", std::make_shared<Linear>(channels * patch[0] * patch[1] * patch[2], width));
}

at::Tensor PatchEmbed::forward(const at::Tensor& volume, const at::Tensor& keep) {
  const at::Tensor patches = patchify(volume, patch_);
  return project_->forward(keep.defined() ? take_tokens(patches, keep) : patches);
}

}  // namespace chiasm::nn
