#include "data/transform/spline.h"

#include <algorithm>
#include <cmath>

#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

const double pole = std::sqrt(3.0) - 2;

// The sum of the mirrored line's values, each by pole ^ distance from the start.
std::vector<float> start_weights(int64_t length) {
  const auto period = static_cast<double>(2 * length - 2);
  const double whole = std::pow(pole, period);
  std::vector<float> out;
  double power = 1;
  for (int64_t n = 0; n < std::min(length, 2 * spline_margin); ++n, power *= pole)
    out.push_back(static_cast<float>((power + (n > 0 && n < length - 1 ? whole / power : 0)) / (1 - whole)));
  return out;
}

CHIASM_CLONES void filter(const float* __restrict start, int64_t starts, float z, int64_t length, int64_t stride, int64_t run,
                          float* __restrict line) {
  for (int64_t i = 0; i < run; ++i) line[i] *= start[0];
  for (int64_t n = 1; n < starts; ++n)
    for (int64_t i = 0; i < run; ++i) line[i] += start[n] * line[n * stride + i];
  for (int64_t n = 1; n < length; ++n) {
    float* here = line + n * stride;
    for (int64_t i = 0; i < run; ++i) here[i] += z * here[i - stride];
  }
  constexpr float gain = 6;
  float* last = line + (length - 1) * stride;
  const float end = gain * z / (z * z - 1);
  for (int64_t i = 0; i < run; ++i) last[i] = end * (last[i] + z * last[i - stride]);
  for (int64_t n = length - 2; n >= 0; --n) {
    float* here = line + n * stride;
    for (int64_t i = 0; i < run; ++i) here[i] = z * (here[i + stride] - gain * here[i]);
  }
}

}  // namespace

void spline_coefficients(float* line, int64_t length, int64_t stride, int64_t run) {
  if (length < 2) return;
  const std::vector<float> start = start_weights(length);
  constexpr int64_t strip = 128;  // lines at once: what is filtered stays in the cache
  for (int64_t at = 0; at < run; at += strip)
    filter(start.data(), static_cast<int64_t>(start.size()), static_cast<float>(pole), length, stride, std::min(strip, run - at),
           line + at);
}

void spline_coefficients(Floats& block, const Size3& size) {
  const int64_t area = size[1] * size[2];
  for (int64_t k = 0; k < size[0]; ++k) {
    float* slice = block.data() + k * area;
    for (int64_t j = 0; j < size[1]; ++j) spline_coefficients(slice + j * size[2], size[2], 1, 1);
    spline_coefficients(slice, size[1], size[2], size[2]);
  }
  spline_coefficients(block.data(), size[0], area, area);
}

}  // namespace chiasm::transform
