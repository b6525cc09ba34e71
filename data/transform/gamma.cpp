// change_gamma of intensity.h.
#include <cmath>

#include "data/transform/intensity.h"
#include "data/transform/range.h"

namespace chiasm::transform {

void change_gamma(Picture picture, double exponent) {
  const auto [low, high] = valid_range(picture);
  if (high <= low) return;
  const float span = high - low, power = static_cast<float>(exponent);
  for (size_t n = 0; n < picture.values.size(); ++n)
    if (picture.valid[n]) picture.values[n] = low + span * std::pow((picture.values[n] - low) / span, power);
}

}  // namespace chiasm::transform
