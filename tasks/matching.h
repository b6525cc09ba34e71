// Image-text matching (Li et al., ALBEF, arXiv 2107.07651): does the second side belong to the first? Each pair is fused with its own
// partner and, again, with a hard negative: the partner of a study of the batch whose first side looks alike.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

struct MatchingConfig {
  std::vector<std::string> pair;
  double hardness = 10.0;
};

void fields(config::Visitor& v, MatchingConfig& c);
std::shared_ptr<Task> build(const MatchingConfig& config, const TaskContext& context);

}  // namespace chiasm
