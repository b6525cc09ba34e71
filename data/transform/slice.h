// Values of a part of one stored slice as floats: rescaled, colour turned to grey.
#pragma once

#include <vector>

#include "data/transform/weights.h"
#include "data/volume.h"

namespace chiasm::transform {

// Rows and columns `rows`, `columns` of slice `k`. One channel, or three as red, green and blue, which become luminance (ITU-R BT.601);
// throws InputError for another number. What is not a number reads as 0.
void read_slice(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, float* out);
void read_slice(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, std::vector<float>& out);

// The volume's `valid` of the same part, 1 or 0.
void read_valid(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, std::vector<float>& out);

}  // namespace chiasm::transform
