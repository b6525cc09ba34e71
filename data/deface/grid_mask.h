// Zeros and ones on a grid, in memory order D, H, W.
#pragma once

#include <cstdint>
#include <vector>

#include "data/volume.h"

namespace chiasm::face {

using Mask = std::vector<uint8_t>;

// `steps` times: a voxel stays when its six neighbours are set (beyond the grid: as the voxel itself), or is set when one of them is.
Mask eroded(Mask mask, const Size3& size, int steps);
Mask dilated(Mask mask, const Size3& size, int steps);

// The largest piece of voxels that touch by their faces; of equal ones the first in memory.
Mask largest_piece(const Mask& mask, const Size3& size);

int64_t count(const Mask& mask);

}  // namespace chiasm::face
