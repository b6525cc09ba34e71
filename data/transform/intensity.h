// Changes of brightness, sharpness and artefacts, after normalisation. One file each; each is a function of its parameters alone.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "data/transform/change.h"
#include "data/transform/large.h"
#include "data/volume.h"

namespace chiasm::transform {

// DHW values and validity that a transform changes in place. Voxels that are not valid take part only as the surroundings of those that are
// (blur, low resolution, ghosting, motion) and are reset by apply_intensity.
struct Picture {
  Floats& values;
  const std::vector<uint8_t>& valid;
  Size3 size;
};

// value * gain + offset.
void change_contrast(Picture picture, double gain, double offset);
// mean + (value - mean) * factor over the valid values, kept within their range.
void stretch_contrast(Picture picture, double factor);
// low + (high - low) * ((value - low) / (high - low)) ^ exponent over the range of the valid values.
void change_gamma(Picture picture, double exponent);
// The same with mean and deviation of the valid values kept. `inverted`: of the negated picture, so that bright values move most.
void change_gamma_keeping(Picture picture, double exponent, bool inverted);
// Adds noise of the given deviation: the sum of four evenly distributed numbers, close to normal within 3 deviations.
void add_noise(Picture picture, double deviation, const Random& random);
// Gaussian of the given deviation in voxels along every axis longer than one voxel.
void blur(Picture picture, double deviation);
// Multiplies the distance from the darkest value by exp(p), p a polynomial of degree 2 over the grid (-1 to 1 along each axis) with the
// coefficients of x, y, z, xx, yy, zz, xy, xz, yz: the slow shading of MR receive coils.
using BiasField = std::array<double, 9>;
BiasField draw_bias_field(double strength, Random& random);
void add_bias_field(Picture picture, const BiasField& coefficients);
// What a scanner with round(size * zoom) voxels along D, H, W would show: the nearest voxel of each coarse one, then linear interpolation
// back (nnU-Net's simulated low resolution). 0 < zoom <= 1.
void low_resolution(Picture picture, const std::array<double, 3>& zoom);
// Copies of the picture along `axis` (0 D, 1 H, 2 W), as from a patient who breathes: every `every`-th line of k-space is weighted by
// 1 - strength, but not the share `centre` of the lines around zero frequency. every >= 2. Exact: the circular convolution whose spectrum
// this is.
void add_ghosts(Picture picture, int axis, int64_t every, double strength, double centre);
// A patient who moved while the scanner filled k-space along `axis`: the picture in pose n (voxel (i, j, k) shows voxel pose * (i, j, k),
// linear) gives the lines from the share `from[n]` of the lines on, in order of frequency -N/2 to N/2; the picture itself gives those
// before from[0]. The real part of the result.
struct Pose {
  double from = 0;
  Affine pose{};
};
void add_motion(Picture picture, int axis, const std::vector<Pose>& poses);
// The mean of the valid values inside a box; `middle` and `length` are shares of the grid along D, H, W.
void cut_out(Picture picture, const std::array<double, 3>& middle, const std::array<double, 3>& length);

// Changes by name, in the order of their parameters:
//   contrast gain, offset | stretch factor | gamma exponent | gamma_keeping exponent, inverted | noise deviation + key | blur deviation
//   bias_field 9 coefficients | low_resolution zoom D, H, W | ghosting axis, every, strength, centre
//   motion axis, then for each pose: from, 12 of the affine | cut_out middle D, H, W, length D, H, W
// `strength`: none, light, strong, full or nnunet (the table in data/transform/README.md). `spacing`: mm along D, H, W.
Changes draw_intensity(const std::string& strength, const std::string& modality, const Size3& size, const Spacing3& spacing,
                       Random& random);
// Applies changes of the list above in order; others are passed over. `outside`: the value of voxels that are not valid.
void apply_intensity(Picture picture, const Changes& changes, float outside);

}  // namespace chiasm::transform
