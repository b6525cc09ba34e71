// Starting values of weights.
#pragma once

#include <ATen/core/Tensor.h>

namespace chiasm::nn {

// Normal with the given standard deviation, cut at two of them.
at::Tensor truncated_normal(at::IntArrayRef sizes, double deviation = 0.02);

// Uniform with variance 2 / (in + out) for a matrix of out x in (Glorot and Bengio, 2010).
at::Tensor xavier_uniform(int64_t out, int64_t in);

// Normal with variance 2 / (inputs of one output), for layers before a (leaky) ReLU (He et al., 2015). Weight of shape out, in, kernel...
at::Tensor kaiming_normal(at::IntArrayRef sizes);

}  // namespace chiasm::nn
