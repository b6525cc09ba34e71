// Learning rate over the steps: linear warm-up, then half a cosine down to `final_share` (Loshchilov and Hutter, 2017).
#pragma once

#include <cstdint>

namespace chiasm {

struct Schedule {
  double peak = 1e-3, warmup_share = 0.05, final_share = 0.01;
  int64_t steps = 1;
  double at(int64_t step) const;  // step of [0, steps)
};

}  // namespace chiasm
