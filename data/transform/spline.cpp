#include "data/transform/spline.h"

#include <algorithm>
#include <cmath>

#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

const double pole = std::sqrt(3.0) - 2;

CHIASM_CLONES void add_scaled(const float* __restrict in, float weight, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] += weight * in[i];
}

CHIASM_CLONES void scale(float factor, int64_t count, float* __restrict values) {
  for (int64_t i = 0; i < count; ++i) values[i] *= factor;
}

// The way back of the filter; `gain` is taken along.
CHIASM_CLONES void step_back(const float* __restrict next, float z, float gain, int64_t count, float* __restrict here) {
  for (int64_t i = 0; i < count; ++i) here[i] = z * (next[i] - gain * here[i]);
}

// Sum of the mirrored line's values, each by pole ^ distance from the start.
void start_forward(float* line, int64_t length, int64_t stride, int64_t run) {
  const int64_t period = 2 * length - 2;
  const double whole = 1 / (1 - std::pow(pole, static_cast<double>(period)));
  const auto power = [&](int64_t n) { return std::pow(pole, static_cast<double>(n)); };
  scale(static_cast<float>(whole), run, line);
  for (int64_t n = 1; n < std::min(length, 2 * spline_margin); ++n) {
    const double weight = power(n) + (n < length - 1 ? power(period - n) : 0);
    add_scaled(line + n * stride, static_cast<float>(whole * weight), run, line);
  }
}

}  // namespace

void spline_coefficients(float* line, int64_t length, int64_t stride, int64_t run) {
  if (length < 2) return;
  const auto z = static_cast<float>(pole);
  start_forward(line, length, stride, run);
  for (int64_t n = 1; n < length; ++n) add_scaled(line + (n - 1) * stride, z, run, line + n * stride);
  float* last = line + (length - 1) * stride;
  add_scaled(last - stride, z, run, last);
  const float gain = 6;
  scale(static_cast<float>(gain * pole / (pole * pole - 1)), run, last);
  for (int64_t n = length - 2; n >= 0; --n) step_back(line + (n + 1) * stride, z, gain, run, line + n * stride);
}

void spline_coefficients(std::vector<float>& block, const Size3& size) {
  const int64_t area = size[1] * size[2];
  for (int64_t k = 0; k < size[0]; ++k) {
    float* slice = block.data() + k * area;
    for (int64_t j = 0; j < size[1]; ++j) spline_coefficients(slice + j * size[2], size[2], 1, 1);
    spline_coefficients(slice, size[1], size[2], size[2]);
  }
  constexpr int64_t chunk = 1024;  // lines at once: what is filtered stays in the cache
  for (int64_t at = 0; at < area; at += chunk) spline_coefficients(block.data() + at, size[0], area, std::min(chunk, area - at));
}

}  // namespace chiasm::transform
