#include "data/transform/grid.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace chiasm::transform {
namespace {

// Diagonal affine that puts the middle of the grid of `size` on `centre`. `step`: i, j, k.
Affine centred_grid(const std::array<double, 3>& step, const Size3& size, const std::array<double, 3>& centre) {
  Affine grid{};
  for (size_t axis = 0; axis < 3; ++axis) {
    grid[4 * axis + axis] = step[axis];
    grid[4 * axis + 3] = centre[axis] - step[axis] * static_cast<double>(size[2 - axis] - 1) / 2;
  }
  return grid;
}

constexpr double same_step = 1e-4;  // voxels of drift a voxel

// Moves the grid, by half a voxel at most, along each axis on which it has the source's own direction and spacing, so that its voxels are
// the source's. Otherwise an even side around the middle of an odd one would blur the image and, since half-way points belong to the lower
// voxel on the way in and on the way out, move masks by a whole voxel.
Affine on_source_voxels(Affine grid, const Affine& volume_affine) {
  const Affine map = compose(inverse(volume_affine), grid);
  for (size_t row = 0; row < 3; ++row)
    for (size_t axis = 0; axis < 3; ++axis) {
      double others = 0;
      for (size_t n = 0; n < 3; ++n) others += (n == axis ? 0 : std::abs(map[4 * row + n])) + (n == row ? 0 : std::abs(map[4 * n + axis]));
      if (others > same_step || std::abs(std::abs(map[4 * row + axis]) - 1) > same_step) continue;
      const double shift = std::floor(map[4 * row + 3] + 0.5 - 1e-6) - map[4 * row + 3];
      for (size_t world = 0; world < 3; ++world) grid[4 * world + 3] += volume_affine[4 * world + row] * shift;
    }
  return grid;
}

// The middle of the image in voxels.
std::array<double, 3> middle(const Size3& size) {
  std::array<double, 3> out{};
  for (size_t axis = 0; axis < 3; ++axis) out[axis] = static_cast<double>(size[2 - axis] - 1) / 2;
  return out;
}

Box trimmed(const Size3& size, const std::array<double, 4>& trim) {
  Box box = whole_box(size);
  const auto height = static_cast<double>(size[1]), width = static_cast<double>(size[2]);
  box.low[1] += trim[0] * height;
  box.high[1] -= trim[1] * height;
  box.low[0] += trim[2] * width;
  box.high[0] -= trim[3] * width;
  return box;
}

// Cuts the longer side of a picture to the aspect ratio of the model's grid; equal pixels in millimetres.
void cut_to_aspect(Box& box, const Spacing3& spacing, const Size3& view) {
  const double width = (box.high[0] - box.low[0]) * spacing[2], height = (box.high[1] - box.low[1]) * spacing[1];
  const double scale = std::min(width / static_cast<double>(view[2]), height / static_cast<double>(view[1]));
  const double cut[2] = {(width - scale * static_cast<double>(view[2])) / spacing[2],
                         (height - scale * static_cast<double>(view[1])) / spacing[1]};
  for (size_t axis = 0; axis < 2; ++axis) {
    box.low[axis] += cut[axis] / 2;
    box.high[axis] -= cut[axis] / 2;
  }
}

// Source pixels per model pixel along columns and rows.
std::array<double, 3> planar_step(const Volume& volume, const ViewConfig& view, const Box& box) {
  const Spacing3 spacing = spacing_mm(volume);
  if (view.sample == "crop") return {view.spacing_mm[2] / spacing[2], view.spacing_mm[1] / spacing[1], 1};
  const double width = (box.high[0] - box.low[0]) / static_cast<double>(view.size[2]);
  const double height = (box.high[1] - box.low[1]) / static_cast<double>(view.size[1]);
  if (view.fit == "stretch") return {width, height, 1};
  const double mm =
      view.fit == "crop" ? std::min(width * spacing[2], height * spacing[1]) : std::max(width * spacing[2], height * spacing[1]);
  return {mm / spacing[2], mm / spacing[1], 1};
}

Affine planar_grid(const Volume& volume, const ViewConfig& view, const std::array<double, 3>* centre_mm) {
  const Box box = content_box(volume, view);
  std::array<double, 3> centre{(box.low[0] + box.high[0]) / 2, (box.low[1] + box.high[1]) / 2, 0};
  if (centre_mm) centre = chiasm::apply(inverse(volume.affine), *centre_mm);
  centre[2] = 0;
  return centred_grid(planar_step(volume, view, box), view.size, centre);
}

}  // namespace

bool is_planar(const Size3& source, const Size3& view) { return source[0] == 1 && view[0] == 1; }

Affine model_grid(const Volume& volume, const ViewConfig& view, const std::array<double, 3>* centre_mm) {
  if (is_planar(volume.size, view.size)) return planar_grid(volume, view, centre_mm);
  check(*std::min_element(view.spacing_mm.begin(), view.spacing_mm.end()) > 0, "a view needs its spacing resolved before it is used");
  const std::array<double, 3> centre = centre_mm ? *centre_mm : chiasm::apply(volume.affine, middle(volume.size));
  const Affine grid = centred_grid({view.spacing_mm[2], view.spacing_mm[1], view.spacing_mm[0]}, view.size, centre);
  return on_source_voxels(grid, volume.affine);
}

Box content_box(const Volume& volume, const ViewConfig& view) {
  if (!is_planar(volume.size, view.size)) return whole_box(volume.size);
  Box box = trimmed(volume.size, view.trim);
  if (view.fit == "crop" && view.sample == "whole") cut_to_aspect(box, spacing_mm(volume), view.size);
  return box;
}

Affine to_source(const Affine& grid, const Affine& volume_affine, bool planar) {
  return planar ? grid : compose(inverse(volume_affine), grid);
}

Extent extent_mm(const Volume& volume) {
  Extent out;
  const Box box = whole_box(volume.size);
  for (int corner = 0; corner < 8; ++corner) {
    std::array<double, 3> at{};
    for (size_t axis = 0; axis < 3; ++axis) at[axis] = corner >> axis & 1 ? box.high[axis] : box.low[axis];
    const std::array<double, 3> mm = chiasm::apply(volume.affine, at);
    for (size_t axis = 0; axis < 3; ++axis) {
      out.low[axis] = corner ? std::min(out.low[axis], mm[axis]) : mm[axis];
      out.high[axis] = corner ? std::max(out.high[axis], mm[axis]) : mm[axis];
    }
  }
  return out;
}

}  // namespace chiasm::transform
