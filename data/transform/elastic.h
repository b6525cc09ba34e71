// Smooth deformation of the model grid: a cubic B-spline over a coarse grid of control points (Rueckert et al., Nonrigid registration using
// free-form deformations, 1999).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/random.h"
#include "data/volume.h"

namespace chiasm::transform {

// Where model voxel (i, j, k) is looked up: (i, j, k) + move(i, j, k), in model voxels. An axis of `spans` (D, H, W) has spans + 3 control
// points, a span apart; the second and the last but one lie on the first and last voxel. No moves: no deformation.
struct Elastic {
  Size3 spans{1, 1, 1};
  std::array<std::vector<float>, 3> moves{};  // along i, j, k: DHW of the control points
  bool none() const;                          // all moves are zero
  double largest(size_t axis) const;          // bound of the move along i, j or k: a B-spline stays within its control points
};

// Share of a span that a control point may move in one axis: below 0.4 in every axis the deformation is one to one (Choi and Lee,
// Injectivity conditions of 2D and 3D uniform cubic B-spline functions, 2000; their bound in 3-D is 0.403).
constexpr double largest_elastic_share = 0.4;

// Control points drawn evenly within `largest` along i, j, k, in model voxels of a grid of `size`; throws when that is above
// largest_elastic_share of a span.
Elastic draw_elastic(const Size3& spans, const std::array<double, 3>& largest, const Size3& size, Random& random);

// Moves of one row (k, j) of a grid of `size`; three lists of size[2].
class ElasticRows {
 public:
  ElasticRows(const Elastic& elastic, const Size3& size);
  void row(int64_t k, int64_t j, std::array<std::vector<float>, 3>& out) const;

 private:
  struct Axis {
    std::vector<int32_t> first;  // first of four control points of each voxel
    std::vector<std::array<float, 4>> weights;
  };
  static Axis axis_of(int64_t spans, int64_t size);
  const Elastic& elastic_;
  std::array<Axis, 3> axes_;  // D, H, W
};

}  // namespace chiasm::transform
