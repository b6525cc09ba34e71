#include "fusion/summaries.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nn/pooling.h"

namespace chiasm {

Summaries::Summaries(const FusionContext& context) : names_(context.inputs) {
  for (const std::string& name : names_)
    views_[name] = register_module(name, std::make_shared<nn::Linear>(2 * context.width, context.width, /*bias=*/false));
}

at::Tensor Summaries::forward(const std::map<std::string, Tokens>& inputs) {
  if (inputs.empty()) throw UsageError("a fusion needs at least one input");
  for (const auto& entry : inputs)
    if (!views_.count(entry.first))
      throw UsageError("the fusion was not built for input '" + entry.first + "'" + did_you_mean(entry.first, names_));
  const at::Tensor nothing = at::zeros_like(inputs.begin()->second.values.select(1, 0));
  std::vector<at::Tensor> out;
  for (const std::string& name : names_) {
    const auto found = inputs.find(name);
    if (found == inputs.end()) {
      // Every parameter is part of every step, so that data parallel need not look for unused ones.
      out.push_back(at::GradMode::is_enabled() ? nothing + views_.at(name)->weight.sum() * 0.0 : nothing);
      continue;
    }
    const Tokens& tokens = found->second;
    const at::Tensor both = at::cat({nn::masked_mean(tokens.values, tokens.valid), nn::masked_max(tokens.values, tokens.valid)}, -1);
    out.push_back(views_.at(name)->forward(both));
  }
  return at::stack(out, 1);
}

Tokens join_tokens(const std::map<std::string, Tokens>& inputs) {
  std::vector<at::Tensor> values, valid;
  for (const auto& entry : inputs) {
    values.push_back(entry.second.values);
    valid.push_back(entry.second.valid);
  }
  return {at::cat(values, 1), at::cat(valid, 1)};
}

}  // namespace chiasm
