// Two neighbouring values of a row for each output: the inner loop of resampling along the columns.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm::transform {

// out[i] = a[i] * row[first[i]] + b[i] * row[first[i] + 1]. Where the CPU has AVX-512 and 16 outputs lie within 47 values of the row, they
// come by three loads and permutations instead of 32 look-ups; the same bits either way.
class GatherTwo {
 public:
  explicit GatherTwo(std::vector<int32_t> first);
  // `row` holds kBeyond readable values after the last one that is needed.
  void operator()(const float* row, const float* a, const float* b, float* out) const;
  static constexpr int64_t kBeyond = 48;

 private:
  std::vector<int32_t> first_;
  std::vector<int32_t> base_, within_;  // of blocks of 16 outputs: least index, and distances from it; empty: looked up
};

}  // namespace chiasm::transform
