// Percentile bootstrap over patients (Efron and Tibshirani, 1993): whole patients are drawn, so that several studies of one patient count
// as one unit. The same seed gives the same draws, so that two models are compared on equal draws.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/evaluate/rows.h"

namespace chiasm::evaluate {

struct BootstrapOptions {
  int64_t draws = 1000;
  double level = 0.95;
  uint64_t seed = 1;
};

// `unit_of[i]`: the patient of sample i. `statistic` gets indices of samples (with repeats). Draws where it is NaN are left out; fewer than
// half remaining leave the interval undefined.
Figure bootstrap(const std::vector<std::string>& unit_of, const std::function<double(const std::vector<size_t>&)>& statistic,
                 const BootstrapOptions& options = {});

}  // namespace chiasm::evaluate
