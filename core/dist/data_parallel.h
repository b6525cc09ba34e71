// Data parallel training with c10d::Reducer: bucketed gradients, reduced while backward still runs (Li et al., VLDB 2020).
// Gradients come out averaged over ranks. One process: nothing happens.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/dist/group.h"

namespace chiasm::dist {

class DataParallel {
 public:
  // `parameters`: those that train, by name, the same on every rank. Values and `buffers` are broadcast from rank 0.
  DataParallel(Group& group, std::vector<std::pair<std::string, at::Tensor>> parameters, const std::vector<at::Tensor>& buffers);
  ~DataParallel();
  // Before the forward of the last micro-batch of a step; gradients of earlier micro-batches only accumulate.
  void before_forward();
  // Between that forward and its backward.
  void before_backward();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chiasm::dist
