// How each operator of a traced graph becomes ONNX nodes. To add one: write its function in the file of its family and list it there.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <string>
#include <unordered_map>

#include "core/export/onnx_builder.h"

namespace chiasm::onnx {

using Translate = std::function<void(Builder&, const torch::jit::Node&)>;
using Translations = std::unordered_map<std::string, Translate>;

Translations arithmetic_translations();  // element-wise, comparisons, reductions
Translations shape_translations();       // views, joins, selections
Translations layer_translations();       // convolutions, norms, activations, matrix products

}  // namespace chiasm::onnx
