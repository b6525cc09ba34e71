// From configuration to model: the only place where encoders, fusion and tasks meet.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model.h"
#include "scripts/preprocess.h"
#include "scripts/run_config.h"

namespace chiasm {

// A model with fresh weights, the same for the same seed. Throws UsageError when a task may not see one of its inputs.
std::shared_ptr<Model> assemble(const RunConfig& config, const Preprocess& preprocess, uint64_t seed);

struct LoadReport {
  std::vector<std::string> loaded, fresh, unused;  // names of weights
};

// Weights of the run that `from:` names, adapters merged into the weights they belong to.
LoadReport start_from(Model& model, const std::string& run);
// After it: tasks with `start:` take what fits from those earlier tasks (tasks/start.h). Throws UsageError when that is nothing.
void start_tasks(Model& model, const RunConfig& config, LoadReport& report);

// Weights of an earlier run (RUN/model.safetensors) into `model` by name; heads of other tasks are left out. Throws InputError on another
// shape.
LoadReport load_weights(Model& model, const std::string& file);

// Freezes or adapts as `mode` says; heads always train.
void apply_mode(Model& model, const ModeSection& mode);

// All weights and buffers by name.
std::map<std::string, at::Tensor> weights_of(const Model& model);

}  // namespace chiasm
