// The inner loop of every weighted sum of lines.
#pragma once

#include <cstdint>

namespace chiasm::transform {

// out += weight * in.
void add_scaled(const float* in, float weight, int64_t count, float* out);

}  // namespace chiasm::transform
