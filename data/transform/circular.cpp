#include "data/transform/circular.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/transform/add_scaled.h"

namespace chiasm::transform {
namespace {

constexpr float nothing = 1e-9F;  // rounding of a weight that is zero

// Lines of `length` runs of `run` neighbouring floats.
void add_lines(const float* in, int64_t length, int64_t run, const std::vector<float>& kernel, float* out) {
  for (int64_t n = 0; n < length; ++n)
    for (int64_t d = 0; d < length; ++d) {
      const float weight = kernel[static_cast<size_t>(d)];
      if (std::abs(weight) > nothing) add_scaled(in + (n - d + length) % length * run, weight, run, out + n * run);
    }
}

// Along rows: the row twice in a row, so that every shift is one run.
void add_rows(const float* in, int64_t width, const std::vector<float>& kernel, std::vector<float>& twice, float* out) {
  std::copy_n(in, width, twice.begin());
  std::copy_n(in, width, twice.begin() + width);
  for (int64_t d = 0; d < width; ++d) {
    const float weight = kernel[static_cast<size_t>(d)];
    if (std::abs(weight) > nothing) add_scaled(twice.data() + width - d, weight, width, out);
  }
}

}  // namespace

std::vector<float> circular_kernel(const std::vector<double>& weights) {
  const auto length = static_cast<int64_t>(weights.size());
  std::vector<float> out(weights.size());
  for (int64_t x = 0; x < length; ++x) {
    double sum = 0;
    for (int64_t n = 0; n < length; ++n) {
      const int64_t turns = (n - length / 2) * x % length;  // exact: whole turns do not count
      sum += weights[static_cast<size_t>(n)] * std::cos(2 * std::numbers::pi * static_cast<double>(turns) / static_cast<double>(length));
    }
    out[static_cast<size_t>(x)] = static_cast<float>(sum / static_cast<double>(length));
  }
  return out;
}

void add_circular(const Floats& in, const Size3& size, int axis, const std::vector<float>& kernel, Floats& out) {
  const auto [depth, height, width] = size;
  if (axis == 2) {
    std::vector<float> twice(static_cast<size_t>(2 * width));
    for (int64_t row = 0; row < depth * height; ++row) add_rows(in.data() + row * width, width, kernel, twice, out.data() + row * width);
  } else if (axis == 1) {
    for (int64_t k = 0; k < depth; ++k) add_lines(in.data() + k * height * width, height, width, kernel, out.data() + k * height * width);
  } else {
    add_lines(in.data(), depth, height * width, kernel, out.data());
  }
}

}  // namespace chiasm::transform
