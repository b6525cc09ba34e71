// Where a random crop is taken.
#pragma once

#include <vector>

#include "core/base/random.h"
#include "data/view.h"

namespace chiasm::transform {

// RAS mm. With probability view.foreground around a voxel of a class of one of `masks` (a class that is there, evenly, then one of its
// voxels, evenly), else anywhere. The crop stays inside the image where it fits; a labelled voxel stays inside the crop.
std::array<double, 3> crop_centre(const Volume& image, const ViewConfig& view, const std::vector<const Volume*>& masks, Random& random);

}  // namespace chiasm::transform
