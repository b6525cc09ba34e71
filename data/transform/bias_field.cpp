// add_bias_field of intensity.h. Van Leemput et al., Automated model-based bias field correction of MR images of the brain, 1999: the
// logarithm of the field is a polynomial.
#include <cmath>

#include "data/transform/intensity.h"
#include "data/transform/range.h"

namespace chiasm::transform {
namespace {

// -1 ... 1 along an axis.
double place(int64_t n, int64_t length) { return length > 1 ? 2 * static_cast<double>(n) / static_cast<double>(length - 1) - 1 : 0; }

}  // namespace

BiasField draw_bias_field(double strength, Random& random) {
  BiasField out{};
  for (double& coefficient : out) coefficient = random.uniform(-strength, strength);
  return out;
}

void add_bias_field(Picture picture, const BiasField& c) {
  const float dark = valid_range(picture)[0];
  float* value = picture.values.data();
  for (int64_t k = 0; k < picture.size[0]; ++k) {
    for (int64_t j = 0; j < picture.size[1]; ++j) {
      // Along a row the polynomial is quadratic in x.
      const double z = place(k, picture.size[0]), y = place(j, picture.size[1]);
      const double constant = c[1] * y + c[2] * z + c[4] * y * y + c[5] * z * z + c[8] * y * z, linear = c[0] + c[6] * y + c[7] * z;
      for (int64_t i = 0; i < picture.size[2]; ++i, ++value) {
        const double x = place(i, picture.size[2]);
        *value = dark + (*value - dark) * std::exp(static_cast<float>(constant + x * (linear + c[3] * x)));
      }
    }
  }
}

}  // namespace chiasm::transform
