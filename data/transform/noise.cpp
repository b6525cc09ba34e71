// add_noise of intensity.h.
#include <cmath>

#include "data/transform/intensity.h"

namespace chiasm::transform {

void add_noise(Picture picture, double deviation, Random& random) {
  // Four 16-bit numbers of one draw: their sum has mean 4 * 32767.5 and variance 4 * (65536^2 - 1) / 12.
  const double unit = std::sqrt((65536.0 * 65536.0 - 1) / 3);
  const auto scale = static_cast<float>(deviation / unit);
  for (float& value : picture.values) {
    const uint64_t draw = random.next();
    const auto sum = static_cast<int32_t>((draw & 0xFFFF) + (draw >> 16 & 0xFFFF) + (draw >> 32 & 0xFFFF) + (draw >> 48));
    value += (static_cast<float>(sum) - 131070.0F) * scale;
  }
}

}  // namespace chiasm::transform
