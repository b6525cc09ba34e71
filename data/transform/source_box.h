// The part of a stored image that a model grid needs.
#pragma once

#include "data/volume.h"

namespace chiasm::transform {

// Voxels of a source of size `source` that sampling on a grid of `size` touches, `to_source` mapping its voxels to the source's, with the
// surroundings that interpolation and smoothing look at. At least two voxels along an axis that has them.
VoxelBox source_box(const Affine& to_source, const Size3& size, const Size3& source);

}  // namespace chiasm::transform
