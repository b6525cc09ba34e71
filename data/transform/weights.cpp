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

// Cubic B-spline and its integral from minus infinity to u.
double spline(double u) {
  const double a = std::abs(u);
  if (a >= 2) return 0;
  return a < 1 ? 2.0 / 3 - a * a + a * a * a / 2 : (2 - a) * (2 - a) * (2 - a) / 6;
}

double spline_integral(double u) {
  if (u > 0) return 1 - spline_integral(-u);
  if (u <= -2) return 0;
  const double r = 2 + u;
  if (u <= -1) return r * r * r * r / 24;
  return 0.5 + u * (2.0 / 3 - u * u * (1.0 / 3 + u / 8));
}

double weight_at(double distance, double width, Interpolation interpolation) {
  const bool cubic = interpolation == Interpolation::cubic;
  if (width <= 0) return cubic ? spline(distance) : std::max(0.0, 1 - std::abs(distance));
  const auto integral = cubic ? spline_integral : hat_integral;
  return integral(distance + width / 2) - integral(distance - width / 2);
}

// Floats on each side of a point that have weight.
double reach_of(double width, Interpolation interpolation) { return width / 2 + (interpolation == Interpolation::cubic ? 2 : 1); }

int64_t tap_count(double reach, bool whole) { return static_cast<int64_t>(std::floor(2 * reach)) + (whole ? 1 : 0); }

int64_t mirrored(int64_t index, IndexRange range) {
  const int64_t period = 2 * (range.last - range.first);
  if (period == 0) return range.first;
  const int64_t from = ((index - range.first) % period + period) % period;
  return range.first + std::min(from, period - from);
}

}  // namespace

AxisWeights axis_weights(int64_t count, double offset, double step, double width, IndexRange range, Interpolation interpolation) {
  const bool cubic = interpolation == Interpolation::cubic;
  const double reach = reach_of(std::max(width, 0.0), interpolation);
  AxisWeights out;
  out.count = count;
  const int64_t wanted = tap_count(reach, width > 0);
  out.taps = std::min(wanted, range.last - range.first + 1);
  out.first.resize(static_cast<size_t>(count));
  out.weights.resize(static_cast<size_t>(count * out.taps));
  std::vector<double> weights(static_cast<size_t>(out.taps));
  for (int64_t n = 0; n < count; ++n) {
    const double at = std::clamp(offset + static_cast<double>(n) * step, static_cast<double>(range.first), static_cast<double>(range.last));
    const auto lowest = static_cast<int64_t>(width > 0 ? std::ceil(at - reach) : std::floor(at) - (cubic ? 1 : 0));
    const int64_t first = std::clamp(lowest, range.first, range.last - out.taps + 1);
    std::fill(weights.begin(), weights.end(), 0.0);
    if (cubic) {
      // Never more than `wanted`: at + reach may be rounded up to a whole number.
      const int64_t end = std::min(static_cast<int64_t>(std::floor(at + reach)), lowest + wanted - 1);
      for (auto s = lowest; s <= end; ++s)
        weights[static_cast<size_t>(mirrored(s, range) - first)] += weight_at(at - static_cast<double>(s), width, interpolation);
    } else {
      for (int64_t t = 0; t < out.taps; ++t)
        weights[static_cast<size_t>(t)] = weight_at(at - static_cast<double>(first + t), width, interpolation);
    }
    double sum = 0;
    for (const double weight : weights) sum += weight;
    out.first[static_cast<size_t>(n)] = static_cast<int32_t>(first);
    for (int64_t t = 0; t < out.taps; ++t)
      out.weights[static_cast<size_t>(t * count + n)] = static_cast<float>(weights[static_cast<size_t>(t)] / sum);
  }
  return out;
}

}  // namespace chiasm::transform
