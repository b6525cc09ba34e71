// A fusion turns the tokens of any subset of inputs into one set of tokens per study. To write one: fusion/README.md.
#pragma once

#include <torch/nn/module.h>

#include "core/batch.h"
#include "core/registry.h"
#include "core/specs.h"

namespace chiasm {

struct FusionContext {
  int64_t width = 0;  // E of incoming and outgoing tokens
  std::vector<std::string> inputs;
};

struct Fusion : torch::nn::Module {
  // Tokens per input, BNE, already carrying input, view and time embeddings. A missing input has no valid token and changes nothing.
  virtual Tokens fuse(const std::map<std::string, Tokens>& inputs) = 0;
};

using FusionRegistry = Registry<Fusion, FusionContext>;

}  // namespace chiasm
