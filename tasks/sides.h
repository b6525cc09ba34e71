// The two sides of a pair task: each is an input's own tokens, or the fused tokens of several inputs joined by '+'.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/pass.h"
#include "core/task.h"

namespace chiasm {

struct Side {
  std::vector<std::string> inputs;
  // BNE: the input's own placed tokens, or the fusion's when there are several inputs.
  Tokens tokens(Pass& pass) const;
  // B bool: studies that have any of the inputs.
  at::Tensor has(Pass& pass) const;
  at::Tensor has(const Batch& batch) const;
};

// Throws UsageError: not two sides, an unknown input, one input on both sides.
std::array<Side, 2> read_pair(const std::vector<std::string>& pair, const TaskContext& context);
std::vector<std::string> inputs_of(const std::array<Side, 2>& pair);
// Studies that have both sides.
double count_pairs(const std::array<Side, 2>& pair, const Batch& batch);

}  // namespace chiasm
