#include "data/transform/crop.h"

#include <algorithm>
#include <optional>

#include "data/transform/grid.h"

namespace chiasm::transform {
namespace {

constexpr uint8_t not_annotated = 255;

struct Labelled {
  const Volume* mask;
  uint8_t value;
  int64_t count;
};

std::vector<Labelled> classes_present(const std::vector<const Volume*>& masks) {
  std::vector<Labelled> out;
  for (const Volume* mask : masks) {
    std::array<int64_t, 256> counts{};
    for (const uint8_t value : std::get<std::vector<uint8_t>>(mask->voxels)) ++counts[value];
    for (int value = 1; value < not_annotated; ++value)
      if (counts[static_cast<size_t>(value)]) out.push_back({mask, static_cast<uint8_t>(value), counts[static_cast<size_t>(value)]});
  }
  return out;
}

// Voxel (i, j, k) of the `nth` voxel of the class.
std::array<double, 3> voxel_of(const Labelled& labelled, int64_t nth) {
  const auto& voxels = std::get<std::vector<uint8_t>>(labelled.mask->voxels);
  int64_t at = 0;
  for (;; ++at)
    if (voxels[static_cast<size_t>(at)] == labelled.value && nth-- == 0) break;
  const Size3& size = labelled.mask->size;
  return {static_cast<double>(at % size[2]), static_cast<double>(at / size[2] % size[1]), static_cast<double>(at / size[2] / size[1])};
}

// Where the crop's middle may lie, along axes of its own: RAS mm for volumes, pixels for pictures.
Extent allowed(const Volume& image, const ViewConfig& view, bool planar) {
  Extent out = extent_mm(image);
  std::array<double, 3> length{};
  for (size_t axis = 0; axis < 3; ++axis) length[axis] = static_cast<double>(view.size[2 - axis]) * view.spacing_mm[2 - axis];
  if (planar) {
    const Box content = content_box(image, view);
    out = {content.low, content.high};
    const Affine grid = model_grid(image, view);
    for (size_t axis = 0; axis < 3; ++axis) length[axis] = static_cast<double>(view.size[2 - axis]) * grid[4 * axis + axis];
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    const double middle = (out.low[axis] + out.high[axis]) / 2, half = length[axis] / 2;
    out.low[axis] = std::min(out.low[axis] + half, middle);
    out.high[axis] = std::max(out.high[axis] - half, middle);
  }
  return out;
}

}  // namespace

std::array<double, 3> crop_centre(const Volume& image, const ViewConfig& view, const std::vector<const Volume*>& masks, Random& random) {
  const bool planar = is_planar(image.size, view.size);
  const Extent extent = allowed(image, view, planar);
  const bool on_label = random.chance(view.foreground);
  const std::vector<Labelled> labelled = on_label ? classes_present(masks) : std::vector<Labelled>{};
  std::array<double, 3> centre{};
  if (labelled.empty()) {
    for (size_t axis = 0; axis < 3; ++axis) centre[axis] = extent.low[axis] + random.uniform() * (extent.high[axis] - extent.low[axis]);
  } else {
    const Labelled& chosen = labelled[static_cast<size_t>(random.integer(static_cast<int64_t>(labelled.size())))];
    centre = voxel_of(chosen, random.integer(chosen.count));
    if (!planar) centre = chiasm::apply(chosen.mask->affine, centre);
    for (size_t axis = 0; axis < 3; ++axis) centre[axis] = std::clamp(centre[axis], extent.low[axis], extent.high[axis]);
  }
  return planar ? chiasm::apply(image.affine, centre) : centre;
}

}  // namespace chiasm::transform
