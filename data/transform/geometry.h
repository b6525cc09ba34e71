// Random shift, rotation, scale and mirroring of the model grid: they join the one sampling, so image and masks move alike.
#pragma once

#include <array>
#include <string>

#include "core/base/random.h"
#include "data/volume.h"

namespace chiasm::transform {

struct Geometry {
  std::array<double, 3> shift{};     // along i, j, k: share of the grid's size
  std::array<double, 3> rotation{};  // about the i, j, k axes, radians; about k last
  double scale = 1;                  // above 1: the grid sees more, so things look smaller
  bool flip_lr = false;
};

// `strength`: none, light (4 % shift, 5 degrees in the D plane, 2 about the other axes, 5 % scale) or strong (10 %, 15, 8, 15 %), all drawn
// evenly; elastic: as strong; nnunet: with a chance of 0.2 each a rotation (30 degrees about every axis) and a scale (0.7 to 1.4). Pictures
// (`planar`) stay in their plane.
Geometry draw_geometry(const std::string& strength, bool planar, Random& random);

// The grid after the geometry, about its own middle. `spacing`: D, H, W of the grid, so that rotations are true in millimetres.
Affine with_geometry(const Affine& grid, const Size3& size, const Spacing3& spacing, const Geometry& geometry);

}  // namespace chiasm::transform
