#include "core/infer/sliding_window.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace chiasm::infer {
namespace {

using Corner = std::array<int64_t, 3>;

at::Tensor cut(const at::Tensor& volume, const Corner& corner, const std::array<int64_t, 3>& size) {
  return volume.narrow(1, corner[0], size[0]).narrow(2, corner[1], size[1]).narrow(3, corner[2], size[2]);
}

std::vector<Corner> corners(const at::Tensor& volume, const WindowOptions& options) {
  std::array<std::vector<int64_t>, 3> starts;
  for (size_t d = 0; d < 3; ++d) starts[d] = window_starts(volume.size(static_cast<int64_t>(d) + 1), options.size[d], options.overlap);
  std::vector<Corner> out;
  for (const int64_t z : starts[0])
    for (const int64_t y : starts[1])
      for (const int64_t x : starts[2]) out.push_back({z, y, x});
  return out;
}

// Grown at the far ends to at least one tile.
at::Tensor padded(const at::Tensor& volume, const WindowOptions& options) {
  std::vector<int64_t> pads;
  for (int64_t d = 3; d >= 1; --d) {
    pads.push_back(0);
    pads.push_back(std::max<int64_t>(0, options.size[static_cast<size_t>(d - 1)] - volume.size(d)));
  }
  return at::constant_pad_nd(volume, pads, options.fill);
}

}  // namespace

std::vector<int64_t> window_starts(int64_t side, int64_t window, double overlap) {
  if (side <= window) return {0};
  const double wanted = std::max(1.0, std::floor(static_cast<double>(window) * (1.0 - overlap)));
  const int64_t steps = static_cast<int64_t>(std::ceil(static_cast<double>(side - window) / wanted));
  std::vector<int64_t> out;
  for (int64_t i = 0; i <= steps; ++i)
    out.push_back(std::llround(static_cast<double>(i) * static_cast<double>(side - window) / static_cast<double>(steps)));
  return out;
}

at::Tensor gaussian_weight(const std::array<int64_t, 3>& size) {
  at::Tensor weight = at::ones({1, 1, 1}, at::kFloat);
  for (size_t d = 0; d < 3; ++d) {
    const double middle = static_cast<double>(size[d] - 1) / 2.0, deviation = std::max(static_cast<double>(size[d]) / 8.0, 0.5);
    const at::Tensor away = (at::arange(size[d], at::kFloat) - middle) / deviation;
    std::vector<int64_t> shape{1, 1, 1};
    shape[d] = size[d];
    weight = weight * (away.square() * -0.5).exp().reshape(shape);
  }
  weight = weight / weight.max();
  return weight.clamp_min(1e-3);
}

at::Tensor sliding_window(const at::Tensor& volume, const WindowOptions& options, const TileFunction& function) {
  check(volume.dim() == 4, "a sliding window takes one volume CDHW");
  check(options.overlap >= 0 && options.overlap < 1 && options.batch >= 1,
        "a sliding window needs an overlap in [0, 1) and a batch of at least 1");
  const at::Tensor whole = padded(volume, options);
  const std::vector<Corner> places = corners(whole, options);
  const at::Tensor weight = gaussian_weight(options.size).to(volume.device());
  at::Tensor sum;
  at::Tensor total = at::zeros({1, whole.size(1), whole.size(2), whole.size(3)}, weight.options());
  for (size_t first = 0; first < places.size(); first += static_cast<size_t>(options.batch)) {
    const size_t last = std::min(places.size(), first + static_cast<size_t>(options.batch));
    std::vector<at::Tensor> tiles;
    for (size_t i = first; i < last; ++i) tiles.push_back(cut(whole, places[i], options.size));
    const at::Tensor values = function(at::stack(tiles)).to(at::kFloat);
    if (!sum.defined()) sum = at::zeros({values.size(1), whole.size(1), whole.size(2), whole.size(3)}, values.options());
    for (size_t i = first; i < last; ++i) {
      cut(sum, places[i], options.size).add_(values[static_cast<int64_t>(i - first)] * weight);
      cut(total, places[i], options.size).add_(weight);
    }
  }
  return cut(sum / total, {0, 0, 0}, {volume.size(1), volume.size(2), volume.size(3)});
}

}  // namespace chiasm::infer
