// Random changes of brightness and sharpness, after normalisation, on the valid voxels only. One file each.
#pragma once

#include <string>
#include <vector>

#include "core/base/random.h"
#include "data/volume.h"

namespace chiasm::transform {

// DHW values and validity that a transform changes in place. Voxels that are not valid take part in nothing but the blur's surroundings and
// are reset by augment_intensity.
struct Picture {
  std::vector<float>& values;
  const std::vector<uint8_t>& valid;
  Size3 size;
};

// value * gain + offset.
void change_contrast(Picture picture, double gain, double offset);
// low + (high - low) * ((value - low) / (high - low)) ^ exponent over the range of the valid values.
void change_gamma(Picture picture, double exponent);
// Adds noise of the given deviation: the sum of four evenly distributed numbers, close to normal within 3 deviations.
void add_noise(Picture picture, double deviation, Random& random);
// Gaussian of the given deviation in voxels along every axis longer than one voxel.
void blur(Picture picture, double deviation);
// Multiplies the distance from the darkest value by exp(p), p a random polynomial of degree 2 over the grid with coefficients up to
// `strength`: the slow shading of MR receive coils.
void add_bias_field(Picture picture, double strength, Random& random);

// `strength`: none, light or strong. `outside`: the value of voxels that are not valid.
void augment_intensity(Picture picture, const std::string& strength, const std::string& modality, float outside, Random& random);

}  // namespace chiasm::transform
