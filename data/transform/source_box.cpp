#include "data/transform/source_box.h"

#include <algorithm>
#include <cmath>

namespace chiasm::transform {

namespace {

constexpr double kSplineReach = 14;

}  // namespace

VoxelBox source_box(const Shown& shown, const Size3& source, bool cubic) {
  VoxelBox box;
  for (size_t a = 0; a < 3; ++a) {  // source axes i, j, k
    const double* row = &shown.to_source[4 * a];
    double low = row[3], high = row[3];
    for (size_t axis = 0; axis < 3; ++axis) {
      const double along = row[axis] * static_cast<double>(shown.size[2 - axis] - 1);
      (along < 0 ? low : high) += along;
      if (!shown.elastic || shown.elastic->none()) continue;
      const double moved = std::abs(row[axis]) * shown.elastic->largest(axis);
      low -= moved, high += moved;
    }
    const double coarseness = std::hypot(row[0], row[1], row[2]);
    const double margin = 2 + std::ceil(1.5 * coarseness + (cubic ? kSplineReach * std::max(coarseness, 1.0) : 0));
    const auto last = static_cast<double>(source[2 - a] - 1);
    auto first = static_cast<int64_t>(std::clamp(std::floor(low) - margin, 0.0, last));
    const auto end = static_cast<int64_t>(std::clamp(std::ceil(high) + margin, 0.0, last));
    if (first == end && first > 0) --first;
    const int64_t least = std::min<int64_t>(2, source[2 - a]);
    box.first[2 - a] = first;
    box.size[2 - a] = std::max(end - first + 1, least);
  }
  return box;
}

}  // namespace chiasm::transform
