// Where the classes of a mask lie, by example: what a crop around a lesion needs, without reading the mask.
#pragma once

#include <cstdint>
#include <vector>

#include "data/volume.h"

namespace chiasm {

struct LabelledVoxel {
  uint8_t value;
  int64_t voxel;  // in memory order (D, H, W)
};

// At most 1,024 voxels of each class of a mask, evenly spaced over all of them in memory order; background (0) and what is not annotated
// (255) left out.
std::vector<LabelledVoxel> labelled_voxels(const Volume& mask);

}  // namespace chiasm
