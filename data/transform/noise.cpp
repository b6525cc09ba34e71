// add_noise of intensity.h.
#include <cmath>

#include "core/base/splitmix.h"
#include "data/transform/clones.h"
#include "data/transform/intensity.h"

namespace chiasm::transform {
namespace {

// Four 16-bit numbers of one draw.
CHIASM_CLONES void add_sums(uint64_t state, float scale, size_t count, float* values) {
  for (size_t n = 0; n < count; ++n) {
    const uint64_t draw = stream_number(state, n);
    const auto sum = static_cast<int32_t>((draw & 0xFFFF) + (draw >> 16 & 0xFFFF) + (draw >> 32 & 0xFFFF) + (draw >> 48));
    values[n] += (static_cast<float>(sum) - 131070.0F) * scale;
  }
}

}  // namespace

void add_noise(Picture picture, double deviation, const Random& random) {
  // The sum has mean 4 * 32767.5 and variance 4 * (65536^2 - 1) / 12.
  const double unit = std::sqrt((65536.0 * 65536.0 - 1) / 3);
  add_sums(random.state(), static_cast<float>(deviation / unit), picture.values.size(), picture.values.data());
}

}  // namespace chiasm::transform
