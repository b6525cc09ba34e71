// add_motion of intensity.h.
#include <algorithm>
#include <cmath>

#include "data/transform/circular.h"
#include "data/transform/trilinear.h"

namespace chiasm::transform {

void add_motion(Picture picture, int axis, const std::vector<Pose>& poses) {
  const int64_t length = picture.size[static_cast<size_t>(axis)];
  const auto line = [&](double share) { return std::clamp<int64_t>(std::llround(share * static_cast<double>(length)), 0, length); };
  Floats out(picture.values.size(), 0.0F);
  for (size_t p = 0; p <= poses.size(); ++p) {
    const int64_t first = p == 0 ? 0 : line(poses[p - 1].from), end = p == poses.size() ? length : line(poses[p].from);
    if (first >= end) continue;
    std::vector<double> weights(static_cast<size_t>(length), 0.0);
    std::fill(weights.begin() + first, weights.begin() + end, 1.0);
    const std::vector<float> kernel = circular_kernel(weights);
    if (p == 0)
      add_circular(picture.values, picture.size, axis, kernel, out);
    else
      add_circular(sample_trilinear(picture.values, picture.size, poses[p - 1].pose, picture.size), picture.size, axis, kernel, out);
  }
  picture.values = std::move(out);
}

}  // namespace chiasm::transform
