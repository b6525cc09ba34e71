// What every fusion starts from: a learned view of the mean and the maximum of each input's tokens. Attention alone starts blind: its first
// reads are near the mean of everything, and small data does not teach it to look further in few steps.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/fusion.h"
#include "core/nn/linear.h"

namespace chiasm {

class Summaries : public torch::nn::Module {
 public:
  explicit Summaries(const FusionContext& context);
  // B I E in the order of FusionContext::inputs; zero for inputs that a study lacks or that are not given. Throws UsageError for an input
  // that the fusion was not built for, or for none at all.
  at::Tensor forward(const std::map<std::string, Tokens>& inputs);

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::shared_ptr<nn::Linear>> views_;  // 2E -> E, without bias: nothing stays nothing
};

// All tokens of all inputs, in the order of their names.
Tokens join_tokens(const std::map<std::string, Tokens>& inputs);

}  // namespace chiasm
