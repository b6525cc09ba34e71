// cut_out of intensity.h. DeVries and Taylor, Improved regularization of convolutional neural networks with cutout, 2017.
#include <algorithm>
#include <cmath>

#include "data/transform/intensity.h"
#include "data/transform/range.h"

namespace chiasm::transform {

void cut_out(Picture picture, const std::array<double, 3>& middle, const std::array<double, 3>& length) {
  std::array<int64_t, 3> first{}, end{};
  for (size_t a = 0; a < 3; ++a) {
    const auto size = static_cast<double>(picture.size[a]);
    first[a] = std::clamp<int64_t>(std::llround((middle[a] - length[a] / 2) * size), 0, picture.size[a]);
    end[a] = std::clamp<int64_t>(std::llround((middle[a] + length[a] / 2) * size), first[a], picture.size[a]);
  }
  const auto fill = static_cast<float>(valid_moments(picture).mean);
  for (int64_t k = first[0]; k < end[0]; ++k)
    for (int64_t j = first[1]; j < end[1]; ++j)
      std::fill_n(picture.values.begin() + (k * picture.size[1] + j) * picture.size[2] + first[2], end[2] - first[2], fill);
}

}  // namespace chiasm::transform
