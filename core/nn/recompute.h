// A block as one autograd function that keeps its inputs and computes the rest again in the backward pass (Chen et al., 2016).
// The parameters are inputs of the function, so that the outer engine accumulates their gradients and data-parallel hooks fire once.
#pragma once

#include <memory>
#include <vector>

#include "core/nn/block.h"

namespace chiasm::nn {

// Where the parameters of a block live between its calls.
struct ParameterHome {
  virtual ~ParameterHome() = default;
  // What an optimiser trains.
  virtual std::vector<at::Tensor> leaves() const = 0;
  // The parameters of the block that get gradients.
  virtual std::vector<at::Tensor> parameters() const = 0;
  // Makes the parameters usable, and lets them go.
  virtual void bring() {}
  virtual void leave() {}
  // Gradients of parameters() (undefined where unused) to those of leaves().
  virtual std::vector<at::Tensor> to_leaves(const std::vector<at::Tensor>& gradients) const = 0;
};

// Parameters that stay where they are.
struct ResidentParameters final : ParameterHome {
  explicit ResidentParameters(const Block& block);
  std::vector<at::Tensor> leaves() const override { return trainable_; }
  std::vector<at::Tensor> parameters() const override { return trainable_; }
  std::vector<at::Tensor> to_leaves(const std::vector<at::Tensor>& gradients) const override { return gradients; }

 private:
  std::vector<at::Tensor> trainable_;
};

// The block's output. Random numbers and autocast are the same in both computations. Gradients of gradients are not available.
at::Tensor run_recomputed(const std::shared_ptr<Block>& block, const std::shared_ptr<ParameterHome>& home, const BlockInput& input);

}  // namespace chiasm::nn
