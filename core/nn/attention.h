// Multi-head scaled dot-product attention (Vaswani et al., 2017), written as matmul, softmax, matmul so that every exporter knows it.
// It alone decides about rows without any valid key: their output is zero, never NaN, and no gradient flows.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <utility>

#include "core/nn/linear.h"

namespace chiasm::nn {

// Keys and values per head: BHN(E/H). Plain tensors, so that a decoder step can take and return them.
struct KeyValues {
  at::Tensor keys, values;
};

class Attention : public torch::nn::Module {
 public:
  // `context_width`: of the tokens that are attended to; 0 means `width`. Throws UsageError when heads do not divide the width.
  Attention(int64_t width, int64_t heads, int64_t context_width = 0);

  // x BQE attends to context BNC. `valid` BN bool: keys that count; undefined = all. With `causal`, x and context are one sequence and a
  // token sees itself and earlier ones only; the length then enters a traced graph as a constant.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& context, const at::Tensor& valid = {}, bool causal = false);

  // The two halves of forward(), for contexts that are read many times.
  KeyValues project(const at::Tensor& context);
  at::Tensor attend(const at::Tensor& x, const KeyValues& context, const at::Tensor& valid = {}, bool causal = false);

  // Next tokens of a sequence: x BQE (Q is usually 1) sees all of `past` and itself; returns the output and past with x appended.
  // An empty `past` is undefined tensors or tensors with N = 0. `valid` covers past and x.
  std::pair<at::Tensor, KeyValues> step(const at::Tensor& x, const KeyValues& past, const at::Tensor& valid = {});

 private:
  int64_t heads_;
  double scale_;
  std::shared_ptr<Linear> query_, key_, value_, out_;
};

}  // namespace chiasm::nn
