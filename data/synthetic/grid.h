// Sampling grids in the patient, and where the patient lies in the scanner.
#pragma once

#include <array>

#include "core/base/random.h"
#include "data/synthetic/anatomy.h"
#include "data/volume.h"

namespace chiasm::synthetic {

enum class Plane { axial, sagittal, coronal };

using Matrix3 = std::array<std::array<double, 3>, 3>;
Matrix3 rotation(double about_x, double about_y, double about_z);  // radians, x first

// A box in RAS mm, sampled in slices of `plane`. The slice index grows along row x column direction, as DICOM's slice normal does.
struct Box {
  std::array<double, 3> centre, extent;  // mm
  Matrix3 turned{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
};
struct Grid {
  Size3 size;  // D, H, W
  Affine affine;
};
// Spacing: slices, rows, columns.
Grid make_grid(const Box& box, Plane plane, const Spacing3& spacing);
// Class indices, DHW, as a mask on the grid.
Volume mask_on(const Grid& grid, std::vector<uint8_t> classes);

// Scanner to body: a small turn and shift, drawn anew for every acquisition.
class Pose {
 public:
  Pose(double max_degrees, double max_shift_mm, Random& random);
  Point to_body(double x, double y, double z) const;

 private:
  Matrix3 turn_;
  std::array<double, 3> shift_;
};

}  // namespace chiasm::synthetic
