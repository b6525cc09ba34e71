// Range and moments of the valid values of a picture; all 0 where nothing is valid.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "data/transform/intensity.h"

namespace chiasm::transform {

inline std::array<float, 2> valid_range(const Picture& picture) {
  std::array<float, 2> range{0, 0};
  bool any = false;
  for (size_t n = 0; n < picture.values.size(); ++n) {
    if (!picture.valid[n]) continue;
    range[0] = any ? std::min(range[0], picture.values[n]) : picture.values[n];
    range[1] = any ? std::max(range[1], picture.values[n]) : picture.values[n];
    any = true;
  }
  return range;
}

struct Moments {
  double mean = 0, deviation = 0;
};

inline Moments valid_moments(const Picture& picture) {
  double count = 0, sum = 0, squares = 0;
  for (size_t n = 0; n < picture.values.size(); ++n) {
    if (!picture.valid[n]) continue;
    const double value = picture.values[n];
    count += 1, sum += value, squares += value * value;
  }
  if (count == 0) return {};
  return {sum / count, std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)))};
}

}  // namespace chiasm::transform
