// A mask file to class indices on the grid of its image.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/volume.h"

namespace chiasm {

// The voxels of `volume` in the axis order and directions of `like`, when both are the same grid in space (affines within 1e-3 after flips
// and permutation). Throws Refused GRID_MISMATCH.
Volume on_grid(const Volume& volume, const Volume& like);

// The voxel of `mask` (uint8) nearest to the centre of each voxel of `like`; 0 outside of it.
Volume nearest_on_grid(const Volume& mask, const Volume& like);

// uint8 class indices: `values` (value of the file -> class) or, when it is empty, the values themselves; 255 = not annotated stays, 0 is
// background. Throws Refused BAD_VALUE.
Volume to_classes(const Volume& mask, const std::vector<std::string>& classes, const std::map<std::string, std::string>& values);

}  // namespace chiasm
