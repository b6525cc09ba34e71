// The second model: an exponential moving average of the first one's weights. It is the teacher, what is evaluated and what is exported.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace chiasm {

// averaged = d * averaged + (1 - d) * model with d = min(decay, (1 + step) / (10 + step)); buffers are copied. Both modules have the same
// names.
void update_average(torch::nn::Module& averaged, const torch::nn::Module& model, double decay, int64_t step);

// Same values in `to` as in `from`, by name; throws when names or shapes differ.
void copy_weights(torch::nn::Module& to, const torch::nn::Module& from);

}  // namespace chiasm
