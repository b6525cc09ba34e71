// Weighted sums along the three axes of a stored volume, read slice by slice: a series of 150 MB costs one pass and one slice of memory.
#pragma once

#include <array>

#include "data/transform/large.h"
#include "data/transform/weights.h"
#include "data/volume.h"

namespace chiasm::transform {

// What a slice shows: the values; the values with zero where the volume is not valid; 1 where it is valid, else 0.
enum class Plane { values, masked, valid };

// `axes`: D, H, W. Returns DHW floats of axes[0].count x axes[1].count x axes[2].count in the source's axis order; the same for
// any number of threads.
Floats weighted_block(const Volume& source, Plane plane, const std::array<AxisWeights, 3>& axes, int threads = 1);

}  // namespace chiasm::transform
