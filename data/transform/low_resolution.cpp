// low_resolution of intensity.h.
#include <algorithm>
#include <cmath>

#include "data/transform/clones.h"
#include "data/transform/intensity.h"

namespace chiasm::transform {
namespace {

// One axis: which fine voxel each coarse one takes, and where each fine voxel lies among the coarse ones.
struct Axis {
  std::vector<int64_t> nearest;
  std::vector<int32_t> lower, upper;
  std::vector<float> fraction;
};

Axis axis_of(int64_t fine, double zoom) {
  const int64_t coarse = std::clamp<int64_t>(std::llround(static_cast<double>(fine) * zoom), 1, fine);
  const double step = static_cast<double>(fine) / static_cast<double>(coarse);
  Axis out;
  for (int64_t n = 0; n < coarse; ++n)
    out.nearest.push_back(std::min(static_cast<int64_t>((static_cast<double>(n) + 0.5) * step), fine - 1));
  for (int64_t n = 0; n < fine; ++n) {
    const double at = std::clamp((static_cast<double>(n) + 0.5) / step - 0.5, 0.0, static_cast<double>(coarse - 1));
    const auto lower = std::min(static_cast<int64_t>(at), coarse - 1);
    out.lower.push_back(static_cast<int32_t>(lower));
    out.upper.push_back(static_cast<int32_t>(std::min(lower + 1, coarse - 1)));
    out.fraction.push_back(static_cast<float>(at - static_cast<double>(lower)));
  }
  return out;
}

CHIASM_CLONES void mix_runs(const float* __restrict a, const float* __restrict b, float t, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = a[i] * (1.0F - t) + b[i] * t;
}

CHIASM_CLONES void spread_row(const float* __restrict row, const int32_t* __restrict lower, const int32_t* __restrict upper,
                              const float* __restrict fraction, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = row[lower[i]] * (1.0F - fraction[i]) + row[upper[i]] * fraction[i];
}

// One coarse slice at the fine size.
std::vector<float> fine_slice(const Picture& picture, int64_t k, const Axis& rows, const Axis& columns) {
  const int64_t width = picture.size[2], height = picture.size[1];
  std::vector<float> coarse(columns.nearest.size()), spread(rows.nearest.size() * static_cast<size_t>(width));
  std::vector<float> out(static_cast<size_t>(height * width));
  for (size_t j = 0; j < rows.nearest.size(); ++j) {
    const float* row = picture.values.data() + (k * height + rows.nearest[j]) * width;
    for (size_t i = 0; i < coarse.size(); ++i) coarse[i] = row[columns.nearest[i]];
    spread_row(coarse.data(), columns.lower.data(), columns.upper.data(), columns.fraction.data(), width,
               spread.data() + j * static_cast<size_t>(width));
  }
  for (int64_t j = 0; j < height; ++j) {
    const auto n = static_cast<size_t>(j);
    mix_runs(spread.data() + rows.lower[n] * width, spread.data() + rows.upper[n] * width, rows.fraction[n], width, out.data() + j * width);
  }
  return out;
}

}  // namespace

void low_resolution(Picture picture, const std::array<double, 3>& zoom) {
  const Axis slices = axis_of(picture.size[0], zoom[0]), rows = axis_of(picture.size[1], zoom[1]),
             columns = axis_of(picture.size[2], zoom[2]);
  std::vector<std::vector<float>> coarse;
  for (const int64_t k : slices.nearest) coarse.push_back(fine_slice(picture, k, rows, columns));
  const int64_t area = picture.size[1] * picture.size[2];
  for (int64_t k = 0; k < picture.size[0]; ++k) {
    const auto n = static_cast<size_t>(k);
    mix_runs(coarse[static_cast<size_t>(slices.lower[n])].data(), coarse[static_cast<size_t>(slices.upper[n])].data(), slices.fraction[n],
             area, picture.values.data() + k * area);
  }
}

}  // namespace chiasm::transform
