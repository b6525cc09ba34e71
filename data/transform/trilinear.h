// Trilinear interpolation at the points of an affine or deformed grid.
#pragma once

#include "data/transform/large.h"
#include "data/transform/points.h"
#include "data/volume.h"

namespace chiasm::transform {

// `block`: DHW of `block_size`. Output voxel (i, j, k) of `size` takes the value at block index to_block * (i, j, k); beyond the block the
// border values. Coordinates are single precision: exact to 1e-4 voxel on axes of a thousand.
Floats sample_trilinear(const Floats& block, const Size3& block_size, const Affine& to_block, const Size3& size);
// The same with the grid deformed in its own voxels before to_block.
Floats sample_trilinear(const Floats& block, const Size3& block_size, const Affine& to_block, const Size3& size, const Elastic& elastic);

}  // namespace chiasm::transform
