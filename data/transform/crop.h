// Where a random crop is taken.
#pragma once

#include <vector>

#include "core/base/random.h"
#include "data/labelled_voxels.h"
#include "data/view.h"

namespace chiasm::transform {

// The labelled voxels of a mask and the grid they count on.
struct LabelledMask {
  Size3 size;
  Affine affine;
  std::vector<LabelledVoxel> voxels;
};

// RAS mm. With probability view.foreground around a voxel of a class of one of `masks` (a class that is there, evenly, then one of its
// voxels, evenly), else anywhere. The crop stays inside the image where it fits; a labelled voxel stays inside the crop. The image's voxels
// are not looked at.
std::array<double, 3> crop_centre(const Volume& image, const ViewConfig& view, const std::vector<LabelledMask>& masks, Random& random);

}  // namespace chiasm::transform
