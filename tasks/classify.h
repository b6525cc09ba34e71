// Multi-label classification with unknown and soft labels. A linear head reads the pooled fused tokens and, of every image, evidence from
// all maps of its encoder, where small lesions still show. Its bias starts at the class priors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

struct ClassifyConfig {
  std::vector<std::string> targets, inputs;
  int64_t detectors = 32;
};

void fields(config::Visitor& v, ClassifyConfig& c);
std::shared_ptr<Task> build(const ClassifyConfig& config, const TaskContext& context);

}  // namespace chiasm
