#include "core/nn/positions.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

namespace chiasm::nn {
namespace {

// n -> n x 2*waves
at::Tensor waves_of(int64_t side, int64_t waves) {
  const at::Tensor exponent = at::arange(waves, at::kDouble) / static_cast<double>(waves);
  const at::Tensor angle = at::arange(side, at::kDouble).unsqueeze(1) * at::pow(10000.0, -exponent).unsqueeze(0);
  return at::cat({angle.sin(), angle.cos()}, 1);
}

}  // namespace

at::Tensor sin_cos_positions(Size3 grid, int64_t width) {
  int64_t axes = 0;
  for (const int64_t side : grid) axes += side > 1 ? 1 : 0;
  at::Tensor out = at::zeros({grid[0], grid[1], grid[2], width}, at::kDouble);
  const int64_t waves = axes > 0 ? width / (2 * axes) : 0;
  int64_t start = 0;
  for (int64_t d = 0; d < 3 && waves > 0; ++d) {
    const int64_t side = grid[static_cast<size_t>(d)];
    if (side < 2) continue;
    std::vector<int64_t> shape{1, 1, 1, 2 * waves};
    shape[static_cast<size_t>(d)] = side;
    out.narrow(3, start, 2 * waves).add_(waves_of(side, waves).view(shape));
    start += 2 * waves;
  }
  return out.flatten(0, 2).to(at::kFloat);
}

GridPositions::GridPositions(Size3 grid, int64_t width, bool learned) : grid_(grid) {
  const at::Tensor start = sin_cos_positions(grid, width);
  table_ = learned ? register_parameter("table", start) : register_buffer("table", start);
}

at::Tensor GridPositions::forward(Size3 grid) {
  if (grid == grid_) return table_;
  const at::Tensor channels_first = table_.t().unflatten(1, grid_).unsqueeze(0);
  return resize_trilinear(channels_first, grid).squeeze(0).flatten(1).t();
}

at::Tensor GridPositions::forward(Size3 grid, const at::Tensor& keep) { return at::embedding(forward(grid), keep); }

}  // namespace chiasm::nn
