// Cubic B-spline interpolation (Unser, Splines: a perfect fit for signal and image processing, 1999): coefficients and sampling.
#pragma once

#include <array>

#include "data/transform/large.h"
#include "data/transform/points.h"
#include "data/transform/weights.h"
#include "data/volume.h"

namespace chiasm::transform {

// Voxels beyond which a value no longer moves a coefficient in single precision: the filter's pole is 0.268.
constexpr int64_t spline_margin = 16;

// Turns values into coefficients of the cubic B-spline through them, mirrored at both ends (the end value once), along an axis of `length`:
// element n of `run` parallel lines lies at line + n * stride.
void spline_coefficients(float* line, int64_t length, int64_t stride, int64_t run);

// Along all three axes of a DHW block.
void spline_coefficients(Floats& block, const Size3& size);

// weighted_block (separable.h) of spline coefficients; `axes` hold cubic weights. Reads spline_margin voxels around what the weights need
// within `ranges` (D, H, W).
Floats spline_block(const Volume& source, const std::array<AxisWeights, 3>& axes, const std::array<IndexRange, 3>& ranges, int threads = 1);

// As sample_trilinear, from coefficients. `elastic` may be nullptr.
Floats sample_tricubic(const Floats& coefficients, const Size3& block_size, const Affine& to_block, const Size3& size,
                       const Elastic* elastic);

}  // namespace chiasm::transform
