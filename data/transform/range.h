// Range and moments of the valid values of a picture, and what stands where nothing is valid.
#pragma once

#include <array>

#include "data/transform/intensity.h"

namespace chiasm::transform {

// Least and greatest; 0 and 0 where nothing is valid.
std::array<float, 2> valid_range(const Picture& picture);

struct Moments {
  double mean = 0, deviation = 0;
};

// 0 and 0 where nothing is valid.
Moments valid_moments(const Picture& picture);

// Sets every value that is not valid.
void set_outside(Floats& values, const std::vector<uint8_t>& valid, float outside);

}  // namespace chiasm::transform
