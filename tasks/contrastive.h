// Contrastive learning with the sigmoid loss (SigLIP, Zhai et al., arXiv 2303.15343) over the studies of all ranks: the global batch
// counts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

struct ContrastiveConfig {
  std::vector<std::string> pair;
  int64_t width = 128;
  double temperature = 10.0;
  double bias = -2.71;
};

void fields(config::Visitor& v, ContrastiveConfig& c);
std::shared_ptr<Task> build(const ContrastiveConfig& config, const TaskContext& context);

}  // namespace chiasm
