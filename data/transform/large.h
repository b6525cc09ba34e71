// Large arrays in large memory pages: a result of 50 MB costs 25 page faults instead of 12,000.
#pragma once

#include <cstddef>
#include <vector>

namespace chiasm::transform {

// Asks for large pages for untouched memory; a hint that the system may refuse.
void prefer_large_pages(void* data, size_t bytes);

// `count` zeros.
std::vector<float> large_zeros(size_t count);

}  // namespace chiasm::transform
