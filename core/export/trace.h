// Tracing: a Program of tensor functions over a module's weights becomes a TorchScript module. The example's batch size must not enter the
// graph; every export is checked at another batch size (core/export/parity.h).
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

#include <filesystem>
#include <string>

#include "core/task.h"

namespace chiasm {

// `owner`'s parameters and buffers become those of the result, under the same names (keywords of Python get a '_' appended). The program
// runs once, without gradients and without autocast.
torch::jit::Module trace(torch::nn::Module& owner, const Program& program);

// Runs a traced module on named inputs in the program's order.
std::vector<at::Tensor> run_traced(torch::jit::Module& module, const std::vector<at::Tensor>& inputs);

}  // namespace chiasm
