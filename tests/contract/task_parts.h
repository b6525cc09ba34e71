// Every task of the list with a configuration that fits the small studies.
#pragma once

#include <string>
#include <vector>

#include "tests/support/parts/small.h"

namespace chiasm::test {

struct TaskPart {
  std::string kind, yaml;
  bool supervised = false;  // its predictions leave the model: the leakage rule applies in full
  bool decomposes = true;   // its losses are sums over studies; the others say in their header what their global batch is
};

// The fields of a new task are found by their names: target, targets, inputs, pair. One with other required fields needs a line there.
const std::vector<TaskPart>& task_parts();

// A model of narrow encoders and this one task; with patches (a vision transformer) for ct if `patches`.
std::shared_ptr<Model> model_of(const TaskPart& part, bool patches = false);

}  // namespace chiasm::test
