// A probe trains one method for a few steps on two real ranks, and again in one process with the whole batch, and compares the two.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/dist/group.h"
#include "core/train/trainer.h"
#include "tests/support/parts/small.h"

namespace chiasm::test {

struct Probe {
  std::function<std::shared_ptr<Model>()> build;  // equal weights at every call
  Batch batch;                                    // of all ranks; the same at every step
  int64_t steps = 10;
  double lr = 0.02;
  bool teacher = false;    // keep an average of the weights
  bool decomposes = true;  // false: a loss spans a rank's batch, so the process alone accumulates two micro-batches
};

using Named = std::map<std::string, at::Tensor>;

struct Course {
  std::vector<double> losses;
  std::vector<Named> gradients;  // by step
  std::shared_ptr<Model> model, average;
};

Course train(const Probe& probe, dist::Group& group, int64_t steps, at::ScalarType type);

// In a rank: both courses must have falling and equal losses and equal gradients and weights. In float32 this can be asked of the gradients
// of the first step only (to 1e-5): AdamW divides by the gradient's size and so turns rounding of gradients that are zero into steps. The
// whole course is therefore run and compared in float64. Returns the ranks' course in float64.
Course expect_ranks_agree(const Probe& probe, dist::Group& group);
// The same in a group of its own. Ranks meet only once: a second group on the same port may find the store of the first.
Course expect_ranks_agree(const Probe& probe);

// Largest difference over all entries, relative to 1 + the largest value.
double largest_difference(const Named& a, const Named& b);
Named parameters_of(const torch::nn::Module& module);
// Floating values in that type.
Batch in_type(const Batch& batch, at::ScalarType type);

}  // namespace chiasm::test
