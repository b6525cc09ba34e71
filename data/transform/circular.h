// Circular convolution of a picture's lines along one axis: what a weight on each line of k-space does, in image space.
#pragma once

#include <vector>

#include "data/transform/intensity.h"

namespace chiasm::transform {

// Real part of the inverse discrete Fourier transform of `weights`, ordered by frequency -(N / 2) to (N - 1) / 2: of length N.
std::vector<float> circular_kernel(const std::vector<double>& weights);

// in: DHW of `size`; out += the circular convolution of each line along `axis` (0 D, 1 H, 2 W) with `kernel`, as long as the axis.
void add_circular(const Floats& in, const Size3& size, int axis, const std::vector<float>& kernel, Floats& out);

}  // namespace chiasm::transform
