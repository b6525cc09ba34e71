// One axis of a separable resampling: every output is a weighted sum of neighbouring source voxels.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm::transform {

// Source indices that may be read, both included.
struct IndexRange {
  int64_t first = 0, last = 0;
};

enum class Interpolation { linear, cubic };

struct AxisWeights {
  int64_t count = 0, taps = 1;
  std::vector<int32_t> first;  // count: the first source index of each output
  std::vector<float> weights;  // taps x count: weight of source index first + tap; sums to 1 for each output
};

// A scale above this is smoothed: fewer samples than that would fold fine patterns into coarse ones.
constexpr double largest_plain_step = 1.5;

// Output n lies at source coordinate offset + n * step. Without a width: linear interpolation. With one: the mean of the linear interpolant
// over a box of that width (source voxels), which keeps linear ramps exact and takes away what finer sampling would alias.
// Cubic: the same of the cubic B-spline, as weights of spline coefficients (spline.h), mirrored at both ends of the range.
// Coordinates beyond `range` take its border values.
AxisWeights axis_weights(int64_t count, double offset, double step, double width, IndexRange range,
                         Interpolation interpolation = Interpolation::linear);

}  // namespace chiasm::transform
