// The shared rule of what a task may see. A supervised task never reads an input that its target was made from, nor one that was written
// after the images were read; only pretraining tasks that name such an input may read it.
#pragma once

#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

enum class Purpose { supervised, pretraining };

// The inputs a task reads: those its configuration names, else all visible ones. Throws UsageError for a name that the run does not have.
std::vector<std::string> chosen_inputs(const std::vector<std::string>& named, const TaskContext& context);

// The target's specification. Throws UsageError when the run has no such target or it is of another kind.
const TargetSpec& find_target(const std::string& name, TargetKind kind, const TaskContext& context);

// Throws UsageError naming task, input, rule and mend when `inputs` would leak `target` (empty: a task without a target). An upper bound
// may read all but the target itself.
void refuse_leakage(const std::vector<std::string>& inputs, const std::string& target, Purpose purpose, const TaskContext& context);

}  // namespace chiasm
