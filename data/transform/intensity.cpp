#include "data/transform/intensity.h"

#include <cmath>

namespace chiasm::transform {
namespace {

struct Strength {
  double contrast_chance, gain, offset;  // gain: largest logarithm
  double gamma_chance, gamma;            // largest logarithm of the exponent
  double noise_chance, noise;            // largest deviation
  double blur_chance, blur;              // largest deviation in voxels
  double bias_chance, bias;
};
constexpr Strength light{0.5, 0.08, 0.05, 0.2, 0.15, 0.2, 0.05, 0.1, 0.6, 0.3, 0.15};
constexpr Strength strong{0.8, 0.25, 0.15, 0.4, 0.4, 0.4, 0.12, 0.25, 1.0, 0.5, 0.35};

}  // namespace

void augment_intensity(Picture picture, const std::string& name, const std::string& modality, float outside, Random& random) {
  if (name == "none") return;
  const Strength& s = name == "strong" ? strong : light;
  if (modality == "mr" && random.chance(s.bias_chance)) add_bias_field(picture, s.bias, random);
  if (random.chance(s.blur_chance)) blur(picture, random.uniform(0.3, s.blur));
  if (random.chance(s.gamma_chance)) change_gamma(picture, std::exp(random.uniform(-s.gamma, s.gamma)));
  if (random.chance(s.contrast_chance)) {
    const double gain = std::exp(random.uniform(-s.gain, s.gain));
    change_contrast(picture, gain, random.uniform(-s.offset, s.offset));
  }
  if (random.chance(s.noise_chance)) add_noise(picture, random.uniform(0, s.noise), random);
  for (size_t n = 0; n < picture.valid.size(); ++n)
    if (!picture.valid[n]) picture.values[n] = outside;
}

}  // namespace chiasm::transform
