// draw_intensity of intensity.h.
#include <algorithm>
#include <cmath>

#include "data/transform/geometry.h"
#include "data/transform/intensity.h"

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

// The order of draws is part of what a key means.
void draw_plain(const Strength& s, const std::string& modality, Random& random, Changes& out) {
  if (modality == "mr" && random.chance(s.bias_chance)) {
    const BiasField field = draw_bias_field(s.bias, random);
    out.push_back({"bias_field", {field.begin(), field.end()}});
  }
  if (random.chance(s.blur_chance)) out.push_back({"blur", {random.uniform(0.3, s.blur)}});
  if (random.chance(s.gamma_chance)) out.push_back({"gamma", {std::exp(random.uniform(-s.gamma, s.gamma))}});
  if (random.chance(s.contrast_chance)) {
    const double gain = std::exp(random.uniform(-s.gain, s.gain));
    out.push_back({"contrast", {gain, random.uniform(-s.offset, s.offset)}});
  }
  if (random.chance(s.noise_chance)) {
    const double deviation = random.uniform(0, s.noise);
    out.push_back({"noise", {deviation}, random.state()});
  }
}

// An axis of more than one voxel, evenly.
int draw_axis(const Size3& size, Random& random) {
  const int first = size[0] > 1 ? 0 : 1;
  return first + static_cast<int>(random.integer(3 - first));
}

// Two to four poses of up to 4 % shift and 3 degrees, all after the middle lines or all before them, so that the anatomy stays in place.
Change draw_motion(const Size3& size, const Spacing3& spacing, Random& random) {
  Change out{"motion", {static_cast<double>(draw_axis(size, random))}};
  std::array<double, 3> from{random.uniform(0.55, 0.8), random.uniform(0.8, 0.9), random.uniform(0.9, 1)};
  const int64_t poses = 1 + random.integer(3);
  for (int64_t p = 0; p < poses; ++p) {
    Geometry pose;
    for (double& shift : pose.shift) shift = random.uniform(-0.04, 0.04);
    for (double& angle : pose.rotation) angle = random.uniform(-0.05, 0.05);
    if (size[0] == 1) pose.shift[2] = pose.rotation[0] = pose.rotation[1] = 0;
    const Affine affine = with_geometry({1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, size, spacing, pose);
    out.parameters.push_back(from[static_cast<size_t>(p)]);
    out.parameters.insert(out.parameters.end(), affine.begin(), affine.end());
  }
  return out;
}

Change draw_ghosting(const Size3& size, Random& random) {
  const auto axis = static_cast<double>(draw_axis(size, random));
  const auto every = static_cast<double>(2 + random.integer(5));
  return {"ghosting", {axis, every, random.uniform(0.2, 0.7), 0.04}};
}

Change draw_low_resolution(double lowest, const Size3& size, bool one_axis, Random& random) {
  Change out{"low_resolution", {1, 1, 1}};
  const double zoom = random.uniform(lowest, 1);
  if (one_axis)
    out.parameters[static_cast<size_t>(draw_axis(size, random))] = zoom;
  else
    out.parameters = {size[0] > 1 ? zoom : 1, zoom, zoom};
  return out;
}

Change draw_cut_out(const Size3& size, Random& random) {
  Change out{"cut_out", {}};
  for (int a = 0; a < 3; ++a) out.parameters.push_back(random.uniform());
  for (int a = 0; a < 3; ++a) out.parameters.push_back(random.uniform(0.1, 0.3));
  if (size[0] == 1) out.parameters[0] = 0.5, out.parameters[3] = 1;
  return out;
}

// Artefacts of the scan, then what `strong` does, then what hides a part.
Changes draw_full(const std::string& modality, const Size3& size, const Spacing3& spacing, Random& random) {
  Changes out;
  if (modality == "mr") {
    if (random.chance(0.15)) out.push_back(draw_motion(size, spacing, random));
    if (random.chance(0.15)) out.push_back(draw_ghosting(size, random));
  }
  if (random.chance(0.25)) {
    const bool one_axis = random.chance(0.5);
    out.push_back(draw_low_resolution(0.4, size, one_axis, random));
  }
  draw_plain(strong, modality, random, out);
  if (random.chance(0.2)) out.push_back(draw_cut_out(size, random));
  return out;
}

// nnU-Net's default training transforms of intensity (Isensee et al., nnU-Net, Nature Methods 2021), in its order. Half of the ranges
// around 1 lie below it.
Changes draw_nnunet(const Size3& size, Random& random) {
  const auto around_one = [&](double low, double high) { return random.chance(0.5) ? random.uniform(low, 1) : random.uniform(1, high); };
  Changes out;
  if (random.chance(0.1)) {
    const double deviation = std::sqrt(random.uniform(0, 0.1));
    out.push_back({"noise", {deviation}, random.next()});
  }
  if (random.chance(0.2)) out.push_back({"blur", {random.uniform(0.5, 1)}});
  if (random.chance(0.15)) out.push_back({"contrast", {random.uniform(0.75, 1.25), 0}});
  if (random.chance(0.15)) out.push_back({"stretch", {random.uniform(0.75, 1.25)}});
  if (random.chance(0.25)) out.push_back(draw_low_resolution(0.5, size, false, random));
  if (random.chance(0.1)) out.push_back({"gamma_keeping", {around_one(0.7, 1.5), 1}});
  if (random.chance(0.3)) out.push_back({"gamma_keeping", {around_one(0.7, 1.5), 0}});
  return out;
}

}  // namespace

Changes draw_intensity(const std::string& name, const std::string& modality, const Size3& size, const Spacing3& spacing, Random& random) {
  if (name == "full") return draw_full(modality, size, spacing, random);
  if (name == "nnunet") return draw_nnunet(size, random);
  Changes out;
  if (name != "none") draw_plain(name == "strong" ? strong : light, modality, random, out);
  return out;
}

}  // namespace chiasm::transform
