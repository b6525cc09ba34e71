// Masked image modelling (He et al., MAE, arXiv 2111.06377; for convolutional encoders in the way of AMAES, arXiv 2408.00640): a light
// decoder rebuilds hidden patches. Encoders with patches see the kept ones only; others see the image with zeros in the hidden blocks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

struct MaskedImageConfig {
  std::vector<std::string> inputs;
  double ratio = 0.75;
  int64_t block = 8;
  int64_t depth = 2, width = 96, heads = 4;
};

void fields(config::Visitor& v, MaskedImageConfig& c);
std::shared_ptr<Task> build(const MaskedImageConfig& config, const TaskContext& context);

}  // namespace chiasm
