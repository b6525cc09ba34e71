#include "fusion/joint.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/nn/modules/normalization.h>

#include "core/base/error.h"
#include "core/nn/block_stack.h"
#include "core/nn/init.h"
#include "fusion/summaries.h"

namespace chiasm {
namespace {

class JointFusion : public Fusion {
 public:
  JointFusion(const JointConfig& config, const FusionContext& context) {
    if (context.inputs.empty()) throw UsageError("fusion 'joint' needs at least one input");
    summary_ = register_parameter("summary", nn::truncated_normal({1, context.width}, 0.2));
    summaries_ = register_module("summaries", std::make_shared<Summaries>(context));
    layers_ = register_module("layers", std::make_shared<nn::BlockStack>());
    for (int64_t i = 0; i < config.layers; ++i)
      layers_->add(std::make_shared<nn::SelfBlock>(
          nn::BlockConfig{.width = context.width, .heads = config.heads, .mlp_ratio = config.mlp_ratio, .dropout = config.dropout}));
    layers_->set_checkpointed(config.checkpoint);
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({context.width})));
  }

  Tokens fuse(const std::map<std::string, Tokens>& inputs) override {
    const at::Tensor summary = summaries_->forward(inputs).sum(1, /*keepdim=*/true) + summary_;
    const Tokens all = join_tokens(inputs);
    const at::Tensor there = at::ones_like(summary.select(-1, 0), at::kBool);
    const at::Tensor valid = at::cat({there, all.valid}, 1);
    return {norm_->forward(layers_->run({at::cat({summary, all.values}, 1), valid, {}, {}})), valid};
  }

 private:
  at::Tensor summary_;  // 1E
  std::shared_ptr<Summaries> summaries_;
  std::shared_ptr<nn::BlockStack> layers_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace

void fields(config::Visitor& v, JointConfig& c) {
  v.field("layers", c.layers, "Transformer blocks over all tokens.", {.at_least = 1, .at_most = 64});
  v.field("heads", c.heads, "Attention heads; they divide the fusion width.", {.at_least = 1});
  v.field("mlp_ratio", c.mlp_ratio, "Hidden width of the MLPs over the width.", {.above = 0.0, .at_most = 16.0});
  v.field("dropout", c.dropout, "Dropout of what each block adds.", {.at_least = 0.0, .below = 1.0});
  v.field("checkpoint", c.checkpoint, "Recompute the blocks in the backward pass: less memory, about a third more time.");
}

std::shared_ptr<Fusion> build(const JointConfig& c, const FusionContext& context) { return std::make_shared<JointFusion>(c, context); }

}  // namespace chiasm
