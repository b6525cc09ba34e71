// The part of a stored image that a model grid needs.
#pragma once

#include "data/transform/elastic.h"
#include "data/volume.h"

namespace chiasm::transform {

// A model grid of `size` whose voxels, deformed by `elastic` (nullptr: not), `to_source` maps to the source's.
struct Shown {
  Affine to_source;
  Size3 size;
  const Elastic* elastic = nullptr;
};

// Voxels of a source of size `source` that sampling touches, with the surroundings that interpolation and smoothing look at. At least two
// voxels along an axis that has them. The filter of a cubic spline reaches over the whole image; 14 voxels away a value has lost all but
// 1e-8 of its weight.
VoxelBox source_box(const Shown& shown, const Size3& source, bool cubic = false);

}  // namespace chiasm::transform
