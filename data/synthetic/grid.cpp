#include "data/synthetic/grid.h"

#include <cmath>
#include <numbers>

namespace chiasm::synthetic {

namespace {

Matrix3 product(const Matrix3& a, const Matrix3& b) {
  Matrix3 c{};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j) c[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
  return c;
}

// Directions (RAS) of slice, row and column index for the usual display: patient right on the viewer's left, or front on the left.
std::array<std::array<double, 3>, 3> directions(Plane plane) {
  switch (plane) {
    case Plane::axial:
      return {{{0, 0, 1}, {0, -1, 0}, {-1, 0, 0}}};
    case Plane::sagittal:
      return {{{1, 0, 0}, {0, 0, -1}, {0, -1, 0}}};
    case Plane::coronal:
      return {{{0, -1, 0}, {0, 0, -1}, {-1, 0, 0}}};
  }
  return {};
}

}  // namespace

Matrix3 rotation(double about_x, double about_y, double about_z) {
  const double cx = std::cos(about_x), sx = std::sin(about_x), cy = std::cos(about_y), sy = std::sin(about_y);
  const double cz = std::cos(about_z), sz = std::sin(about_z);
  const Matrix3 x{{{1, 0, 0}, {0, cx, -sx}, {0, sx, cx}}}, y{{{cy, 0, sy}, {0, 1, 0}, {-sy, 0, cy}}},
      z{{{cz, -sz, 0}, {sz, cz, 0}, {0, 0, 1}}};
  return product(z, product(y, x));
}

Grid make_grid(const Box& box, Plane plane, const Spacing3& spacing) {
  Grid grid{};
  std::array<std::array<double, 3>, 3> axes = directions(plane);
  for (size_t a = 0; a < 3; ++a) {
    const auto& axis = axes[a];
    double length = 0;
    for (size_t i = 0; i < 3; ++i) length += std::abs(axis[i]) * box.extent[i];
    grid.size[a] = static_cast<int64_t>(std::round(length / spacing[a]));
    std::array<double, 3> turned{};
    for (size_t i = 0; i < 3; ++i) turned[i] = box.turned[i][0] * axis[0] + box.turned[i][1] * axis[1] + box.turned[i][2] * axis[2];
    axes[a] = turned;
  }
  for (size_t i = 0; i < 3; ++i) {
    double origin = box.centre[i];
    for (size_t a = 0; a < 3; ++a) {
      grid.affine[4 * i + 2 - a] = axes[a][i] * spacing[a];
      origin -= 0.5 * static_cast<double>(grid.size[a] - 1) * axes[a][i] * spacing[a];
    }
    grid.affine[4 * i + 3] = origin;
  }
  return grid;
}

Volume mask_on(const Grid& grid, std::vector<uint8_t> classes) {
  Volume mask;
  mask.modality = "mask";
  mask.size = grid.size;
  mask.affine = grid.affine;
  mask.voxels = std::move(classes);
  return mask;
}

Pose::Pose(double max_degrees, double max_shift_mm, Random& random) {
  std::array<double, 3> angles{};
  for (double& angle : angles) angle = random.uniform(-max_degrees, max_degrees) * std::numbers::pi / 180;
  for (double& shift : shift_) shift = random.uniform(-max_shift_mm, max_shift_mm);
  turn_ = rotation(angles[0], angles[1], angles[2]);
}

Point Pose::to_body(double x, double y, double z) const {
  const std::array<double, 3> d{x - shift_[0], y - shift_[1], z - shift_[2]};
  const auto along = [&](size_t i) { return static_cast<float>(turn_[0][i] * d[0] + turn_[1][i] * d[1] + turn_[2][i] * d[2]); };
  return {along(0), along(1), along(2)};
}

}  // namespace chiasm::synthetic
