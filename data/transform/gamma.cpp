// change_gamma and change_gamma_keeping of intensity.h.
#include <bit>
#include <cstdint>

#include "data/transform/clones.h"
#include "data/transform/intensity.h"
#include "data/transform/range.h"

namespace chiasm::transform {
namespace {

// x ^ power for x in [0, 1] and powers from 0.3, to 1e-6 of the largest value: 2 ^ (power log2 x), the logarithm from its series in (m - 1)
// / (m + 1), the exponential from its Taylor series. Vectorises where std::pow does not.
inline float power_of(float x, float power) {
  constexpr float smallest = 1e-30F;
  const float positive = x > smallest ? x : smallest;
  const auto bits = std::bit_cast<int32_t>(positive);
  const int32_t exponent = (bits >> 23) - 127;
  const float m = std::bit_cast<float>((bits & 0x7FFFFF) | 0x3F800000);  // 1 to 2
  const float s = (m - 1.0F) / (m + 1.0F), q = s * s;
  const float log =
      s * (2.88539008F +
           q * (0.961796694F + q * (0.577078016F + q * (0.412198583F + q * (0.320598898F + q * (0.262308189F + q * 0.221953083F))))));
  const float wanted = power * (log + static_cast<float>(exponent)), t = wanted > -120.0F ? wanted : -120.0F;
  const auto whole = static_cast<int32_t>(t - 0.5F);
  const float r = (t - static_cast<float>(whole)) * 0.693147181F;
  const float e = 1.0F + r * (1.0F + r * (0.5F + r * (0.166666667F + r * (0.0416666667F + r * (0.00833333333F + r * 0.00138888889F)))));
  return e * std::bit_cast<float>((whole + 127) << 23);
}

// All voxels: those that are not valid are reset in the end, and a branch would keep the loop from being vectorised.
CHIASM_CLONES void powers(float* __restrict values, size_t count, float low, float span, float power) {
  const float inverse = 1.0F / span;
  for (size_t n = 0; n < count; ++n) values[n] = low + span * power_of((values[n] - low) * inverse, power);
}

}  // namespace

void change_gamma(Picture picture, double exponent) {
  const auto [low, high] = valid_range(picture);
  if (high <= low) return;
  powers(picture.values.data(), picture.values.size(), low, high - low, static_cast<float>(exponent));
}

void change_gamma_keeping(Picture picture, double exponent, bool inverted) {
  const auto negate = [&] { change_contrast(picture, -1, 0); };
  if (inverted) negate();
  const Moments before = valid_moments(picture);
  const auto [low, high] = valid_range(picture);
  if (high > low) powers(picture.values.data(), picture.values.size(), low, high - low, static_cast<float>(exponent));
  const Moments after = valid_moments(picture);
  if (after.deviation > 0) {
    const double gain = before.deviation / after.deviation;
    change_contrast(picture, gain, before.mean - gain * after.mean);
  }
  if (inverted) negate();
}

}  // namespace chiasm::transform
