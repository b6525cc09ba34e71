// change_gamma and change_gamma_keeping of intensity.h.
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

void change_gamma_keeping(Picture picture, double exponent, bool inverted) {
  const auto negate = [&] {
    for (float& value : picture.values) value = -value;
  };
  if (inverted) negate();
  const Moments before = valid_moments(picture);
  change_gamma(picture, exponent);
  const Moments after = valid_moments(picture);
  if (after.deviation > 0) {
    const double gain = before.deviation / after.deviation;
    change_contrast(picture, gain, before.mean - gain * after.mean);
  }
  if (inverted) negate();
}

}  // namespace chiasm::transform
