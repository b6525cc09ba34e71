// Multi-label classification with unknown and soft labels. A linear head reads the pooled fused tokens and, of every image, evidence from
// all maps of its encoder, where small lesions still show. Inputs named by `direct` reach the head beside the fusion too: next to images
// that answer early, a fusion can stay deaf to a table for a whole short training. Its bias starts at the class priors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

struct ClassifyConfig {
  std::vector<std::string> targets, inputs, direct;
  int64_t detectors = 32;
};

void fields(config::Visitor& v, ClassifyConfig& c);
std::shared_ptr<Task> build(const ClassifyConfig& config, const TaskContext& context);

}  // namespace chiasm
