// Evidence that an exported program computes what the model computes.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model.h"

namespace chiasm {

// Largest absolute difference; of true and false it is 1. Infinite when the shapes differ, NaN when one holds NaN.
double largest_difference(const at::Tensor& a, const at::Tensor& b);

// Largest absolute difference between model and traced module, over two batch sizes and each input missing in turn: one entry a case.
// Throws Error above `tolerance`, naming case and output.
Json check_parity(Model& model, const Program& program, torch::jit::Module& traced, double tolerance = 1e-4);

// The same for a task's own program, with every free axis at 1 and at 3.
Json check_parity(const Program& program, torch::jit::Module& traced, double tolerance = 1e-4);

// The program's example with every free axis at `size`: numbers at random, integers and truth values as in the example.
std::vector<at::Tensor> resized_example(const Program& program, int64_t size, uint64_t seed);

}  // namespace chiasm
