#include "data/transform/geometry.h"

#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace chiasm::transform {
namespace {

struct Strength {
  double shift, rotation_degrees, tilt_degrees, scale;
};
constexpr Strength light{0.04, 5, 2, 0.05}, strong{0.10, 15, 8, 0.15};

constexpr double radians(double degrees) { return degrees * std::numbers::pi / 180; }

// Rotation about axis 0, 1 or 2 by the right-hand rule.
Affine rotation(int axis, double angle) {
  const auto a = static_cast<size_t>((axis + 1) % 3), b = static_cast<size_t>((axis + 2) % 3), own = static_cast<size_t>(axis);
  Affine out{};
  out[4 * own + own] = 1;
  out[4 * a + a] = out[4 * b + b] = std::cos(angle);
  out[4 * a + b] = -std::sin(angle);
  out[4 * b + a] = std::sin(angle);
  return out;
}

Affine diagonal(double i, double j, double k) { return {i, 0, 0, 0, 0, j, 0, 0, 0, 0, k, 0}; }

// nnU-Net's default (Isensee et al., 2021). Half of the scales lie below 1.
Geometry draw_nnunet(Random& random) {
  Geometry out;
  const double turn = radians(30);
  if (random.chance(0.2)) out.rotation = {random.uniform(-turn, turn), random.uniform(-turn, turn), random.uniform(-turn, turn)};
  if (random.chance(0.2)) out.scale = random.chance(0.5) ? random.uniform(0.7, 1) : random.uniform(1, 1.4);
  return out;
}

}  // namespace

Geometry draw_geometry(const std::string& name, bool planar, Random& random) {
  if (name == "none") return {};
  const Strength& strength = name == "light" ? light : strong;
  const double tilt = radians(strength.tilt_degrees), turn = radians(strength.rotation_degrees);
  Geometry out;
  if (name == "nnunet") {
    out = draw_nnunet(random);
  } else {
    for (double& shift : out.shift) shift = random.uniform(-strength.shift, strength.shift);
    out.rotation = {random.uniform(-tilt, tilt), random.uniform(-tilt, tilt), random.uniform(-turn, turn)};
    out.scale = std::exp(random.uniform(-strength.scale, strength.scale));
  }
  if (planar) out.shift[2] = out.rotation[0] = out.rotation[1] = 0;
  return out;
}

Affine with_geometry(const Affine& grid, const Size3& size, const Spacing3& spacing, const Geometry& g) {
  const Affine to_mm = diagonal(spacing[2], spacing[1], spacing[0]), from_mm = diagonal(1 / spacing[2], 1 / spacing[1], 1 / spacing[0]);
  Affine change = diagonal(g.flip_lr ? -g.scale : g.scale, g.scale, size[0] == 1 ? 1 : g.scale);
  for (int axis = 0; axis < 3; ++axis) change = compose(rotation(axis, g.rotation[static_cast<size_t>(axis)]), change);
  change = compose(from_mm, compose(change, to_mm));
  // About the middle: x -> change (x - middle) + middle + shift.
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto length = static_cast<double>(size[2 - axis]);
    change[4 * axis + 3] = (length - 1) / 2 + g.shift[axis] * length;
    for (size_t column = 0; column < 3; ++column)
      change[4 * axis + 3] -= change[4 * axis + column] * static_cast<double>(size[2 - column] - 1) / 2;
  }
  return compose(grid, change);
}

}  // namespace chiasm::transform
