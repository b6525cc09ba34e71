// Evidence that an exported program computes what the model computes.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model.h"

namespace chiasm {

// Largest absolute difference between model and traced module, over two batch sizes and each input missing in turn: one entry a case.
// Throws Error above `tolerance`, naming case and output.
Json check_parity(Model& model, const Program& program, torch::jit::Module& traced, double tolerance = 1e-4);

}  // namespace chiasm
