#include "encoders/table.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/nn/modules/normalization.h>

#include "core/base/error.h"
#include "core/nn/block_stack.h"
#include "core/nn/init.h"
#include "encoders/form.h"

namespace chiasm {
namespace {

class TableEncoder : public Encoder {
 public:
  TableEncoder(const TableConfig& config, const InputSpec& input) : config_(config), columns_(static_cast<int64_t>(input.columns.size())) {
    require_form(input, Form::table, "table");
    if (columns_ == 0) throw UsageError("encoder 'table' reads an input without columns; list them under the input's 'columns:'");
    directions_ = register_parameter("directions", nn::xavier_uniform(columns_, config.width) * 4.0);
    names_ = register_parameter("names", nn::xavier_uniform(columns_, config.width) * 4.0);
    blocks_ = register_module("blocks", std::make_shared<nn::BlockStack>());
    for (int64_t i = 0; i < config.depth; ++i)
      blocks_->add(std::make_shared<nn::SelfBlock>(
          nn::BlockConfig{.width = config.width, .heads = config.heads, .mlp_ratio = config.mlp_ratio, .dropout = config.dropout}));
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.width})));
  }

  Shape shape() const override {
    Shape out;
    out.width = config_.width;
    out.tokens = columns_;
    return out;
  }

  Features encode(const Input& input) override {
    const at::Tensor pairs = input.values.unflatten(1, {columns_, 2});  // R, columns, [value, known]
    at::Tensor known = pairs.select(2, 1) > 0.5;
    if (input.valid.defined()) known = known.logical_and(input.valid.unflatten(1, {columns_, 2}).select(2, 0));
    const at::Tensor value = pairs.select(2, 0).masked_fill(known.logical_not(), 0.0);
    const at::Tensor x = value.unsqueeze(-1) * directions_ + names_;
    return {{norm_->forward(blocks_->run({x, known, {}, {}})), known}, {}};
  }

 private:
  TableConfig config_;
  int64_t columns_;
  at::Tensor directions_, names_;  // columns x E
  std::shared_ptr<nn::BlockStack> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace

void fields(config::Visitor& v, TableConfig& c) {
  v.field("width", c.width, "Width of the tokens.", {.at_least = 8});
  v.field("depth", c.depth, "Number of transformer blocks over the columns.", {.at_least = 0, .at_most = 64});
  v.field("heads", c.heads, "Attention heads; they divide the width.", {.at_least = 1});
  v.field("mlp_ratio", c.mlp_ratio, "Hidden width of the MLPs over the width.", {.above = 0.0, .at_most = 16.0});
  v.field("dropout", c.dropout, "Dropout of what each block adds.", {.at_least = 0.0, .below = 1.0});
  v.require(c.heads >= 1 && c.width % c.heads == 0, "'width' must be a multiple of 'heads'");
}

std::shared_ptr<Encoder> build(const TableConfig& c, const InputSpec& input) { return std::make_shared<TableEncoder>(c, input); }

}  // namespace chiasm
