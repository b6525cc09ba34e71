#include "tests/contract/task_parts.h"

#include "core/base/error.h"
#include "tasks/tasks.h"

namespace chiasm::test {
namespace {

// One of these fits every task; the first that is accepted is taken.
const std::vector<std::string> candidates{"",
                                          "targets: [signs]\n",
                                          "target: signs\n",
                                          "target: organs\n",
                                          "target: summary\n",
                                          "inputs: [ct]\n",
                                          "pair: [ct, findings]\n",
                                          "inputs: [ct]\ntarget: organs\n",
                                          "inputs: [ct]\ntarget: summary\n"};

const std::vector<std::string> not_decomposing{"contrastive", "matching"};

SmallModel parts_with(const std::string& yaml, bool patches) {
  SmallModel parts;
  if (patches) parts.encoders["volume"] = "kind: volume_vit\npatch: [4, 4, 4]\nwidth: 16\ndepth: 1\nheads: 2\n";
  parts.tasks = {{"task", yaml}};
  return parts;
}

TaskPart find_part(const std::string& kind) {
  std::string problems;
  for (const std::string& candidate : candidates) {
    TaskPart part{kind, "kind: " + kind + "\n" + candidate, false, true};
    try {
      auto model = model_of(part);
      const Batch batch = small_batch(0, 2);
      model->eval();
      Pass pass(*model, batch);
      part.supervised = !model->tasks().front().task->predict(pass, batch).empty();
      for (const std::string& name : not_decomposing) part.decomposes = part.decomposes && name != kind;
      return part;
    } catch (const UsageError& error) {
      problems += std::string("\n  ") + error.what();
    }
  }
  throw UsageError("no configuration for task '" + kind + "' fits the small studies; add one to tests/contract/task_parts.cpp:" + problems);
}

}  // namespace

const std::vector<TaskPart>& task_parts() {
  static const std::vector<TaskPart> all = [] {
    std::vector<TaskPart> out;
    for (const auto& entry : tasks()) out.push_back(find_part(entry.name));
    return out;
  }();
  return all;
}

std::shared_ptr<Model> model_of(const TaskPart& part, bool patches) { return build_small(parts_with(part.yaml, patches)); }

}  // namespace chiasm::test
