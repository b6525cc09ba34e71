// add_ghosts of intensity.h.
#include <cmath>

#include "core/base/check.h"
#include "data/transform/circular.h"

namespace chiasm::transform {

void add_ghosts(Picture picture, int axis, int64_t every, double strength, double centre) {
  check(every >= 2, "ghosts need a distance of at least two lines");
  const int64_t length = picture.size[static_cast<size_t>(axis)];
  std::vector<double> weights(static_cast<size_t>(length), 1.0);
  for (int64_t n = 0; n < length; ++n) {
    const int64_t frequency = n - length / 2;
    const bool central = std::abs(static_cast<double>(frequency)) < centre * static_cast<double>(length) / 2;
    if (frequency % every == 0 && !central) weights[static_cast<size_t>(n)] = 1 - strength;
  }
  Floats out(picture.values.size(), 0.0F);
  add_circular(picture.values, picture.size, axis, circular_kernel(weights), out);
  picture.values = std::move(out);
}

}  // namespace chiasm::transform
