// Dense prediction on volumes larger than the model's window: overlapping tiles, blended with Gaussian weights (Isensee et al., nnU-Net,
// 2021).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace chiasm::infer {

struct WindowOptions {
  std::array<int64_t, 3> size{};  // of a tile: D, H, W in voxels
  double overlap = 0.5;           // share of a tile that the next one covers again, in [0, 1)
  int64_t batch = 1;              // tiles per call
  double fill = 0.0;              // stands beyond the volume where it is smaller than a tile
};

// Tiles RCDHW -> values RKDHW on the same grid.
using TileFunction = std::function<at::Tensor(const at::Tensor& tiles)>;

// First voxels of the tiles along one side: evenly spaced, the first at 0, the last flush with the end.
std::vector<int64_t> window_starts(int64_t side, int64_t window, double overlap);

// DHW, largest in the middle; standard deviation an eighth of each side; never below a thousandth of the largest weight.
at::Tensor gaussian_weight(const std::array<int64_t, 3>& size);

// Volume CDHW -> KDHW: the weighted mean of all tiles that cover a voxel.
at::Tensor sliding_window(const at::Tensor& volume, const WindowOptions& options, const TileFunction& function);

}  // namespace chiasm::infer
