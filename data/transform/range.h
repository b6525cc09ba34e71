// Least and greatest valid value of a picture; both 0 where nothing is valid.
#pragma once

#include <algorithm>
#include <array>

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

}  // namespace chiasm::transform
