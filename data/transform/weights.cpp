#include "data/transform/weights.h"

#include <algorithm>
#include <cmath>

namespace chiasm::transform {
namespace {

// Integral of the hat function max(0, 1 - |t|) from minus infinity to u.
double hat_integral(double u) {
  if (u <= -1) return 0;
  if (u >= 1) return 1;
  return u < 0 ? 0.5 * (1 + u) * (1 + u) : 1 - 0.5 * (1 - u) * (1 - u);
}

double weight_at(double distance, double width) {
  if (width <= 0) return std::max(0.0, 1 - std::abs(distance));
  return hat_integral(distance + width / 2) - hat_integral(distance - width / 2);
}

int64_t tap_count(double width, IndexRange range) {
  const auto wanted = static_cast<int64_t>(std::floor(width > 0 ? width + 2 : 1)) + 1;
  return std::min(wanted, range.last - range.first + 1);
}

}  // namespace

AxisWeights axis_weights(int64_t count, double offset, double step, double width, IndexRange range) {
  AxisWeights out;
  out.count = count;
  out.taps = tap_count(width, range);
  out.first.resize(static_cast<size_t>(count));
  out.weights.resize(static_cast<size_t>(count * out.taps));
  const double reach = width > 0 ? width / 2 + 1 : 0;
  std::vector<double> weights(static_cast<size_t>(out.taps));
  for (int64_t n = 0; n < count; ++n) {
    const double at = std::clamp(offset + static_cast<double>(n) * step, static_cast<double>(range.first), static_cast<double>(range.last));
    const auto lowest = static_cast<int64_t>(width > 0 ? std::ceil(at - reach) : std::floor(at));
    const int64_t first = std::clamp(lowest, range.first, range.last - out.taps + 1);
    double sum = 0;
    for (int64_t t = 0; t < out.taps; ++t) sum += weights[static_cast<size_t>(t)] = weight_at(at - static_cast<double>(first + t), width);
    out.first[static_cast<size_t>(n)] = static_cast<int32_t>(first);
    for (int64_t t = 0; t < out.taps; ++t)
      out.weights[static_cast<size_t>(t * count + n)] = static_cast<float>(weights[static_cast<size_t>(t)] / sum);
  }
  return out;
}

}  // namespace chiasm::transform
