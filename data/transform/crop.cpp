#include "data/transform/crop.h"

#include <algorithm>
#include <map>

#include "data/transform/grid.h"

namespace chiasm::transform {
namespace {

struct Labelled {
  const LabelledMask* mask;
  std::vector<int64_t> voxels;
};

std::vector<Labelled> classes_present(const std::vector<LabelledMask>& masks) {
  std::vector<Labelled> out;
  for (const LabelledMask& mask : masks) {
    std::map<uint8_t, std::vector<int64_t>> by_class;
    for (const LabelledVoxel& voxel : mask.voxels) by_class[voxel.value].push_back(voxel.voxel);
    for (auto& [value, voxels] : by_class) out.push_back({&mask, std::move(voxels)});
  }
  return out;
}

// Voxel (i, j, k) at a place in memory order.
std::array<double, 3> voxel_at(const Size3& size, int64_t at) {
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

std::array<double, 3> crop_centre(const Volume& image, const ViewConfig& view, const std::vector<LabelledMask>& masks, Random& random) {
  const bool planar = is_planar(image.size, view.size);
  const Extent extent = allowed(image, view, planar);
  const bool on_label = random.chance(view.foreground);
  const std::vector<Labelled> labelled = on_label ? classes_present(masks) : std::vector<Labelled>{};
  std::array<double, 3> centre{};
  if (labelled.empty()) {
    for (size_t axis = 0; axis < 3; ++axis) centre[axis] = extent.low[axis] + random.uniform() * (extent.high[axis] - extent.low[axis]);
  } else {
    const Labelled& chosen = labelled[static_cast<size_t>(random.integer(static_cast<int64_t>(labelled.size())))];
    const auto nth = random.integer(static_cast<int64_t>(chosen.voxels.size()));
    centre = voxel_at(chosen.mask->size, chosen.voxels[static_cast<size_t>(nth)]);
    if (!planar) centre = chiasm::apply(chosen.mask->affine, centre);
    for (size_t axis = 0; axis < 3; ++axis) centre[axis] = std::clamp(centre[axis], extent.low[axis], extent.high[axis]);
  }
  return planar ? chiasm::apply(image.affine, centre) : centre;
}

}  // namespace chiasm::transform
