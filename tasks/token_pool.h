// Tokens of a study as one vector: their mean beside what a learned query attends to.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/batch.h"
#include "core/nn/pooling.h"

namespace chiasm {

class TokenPool : public torch::nn::Module {
 public:
  explicit TokenPool(int64_t width);
  // BNE -> B(2E); zero for studies without a valid token.
  at::Tensor forward(const Tokens& tokens);

 private:
  std::shared_ptr<nn::AttentionPool> attention_;
};

}  // namespace chiasm
