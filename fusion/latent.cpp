#include "fusion/latent.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/nn/modules/normalization.h>

#include "core/base/error.h"
#include "core/nn/block_stack.h"
#include "core/nn/init.h"
#include "fusion/summaries.h"

namespace chiasm {
namespace {

// Reads the context, then mixes the latents.
class LatentLayer : public nn::Block {
 public:
  explicit LatentLayer(const nn::BlockConfig& config) {
    read_ = register_module("read", std::make_shared<nn::CrossBlock>(config));
    mix_ = register_module("mix", std::make_shared<nn::SelfBlock>(config));
  }
  at::Tensor forward(const nn::BlockInput& input) override { return mix_->forward({read_->forward(input), {}, {}, {}}); }

 private:
  std::shared_ptr<nn::CrossBlock> read_;
  std::shared_ptr<nn::SelfBlock> mix_;
};

class LatentFusion : public Fusion {
 public:
  LatentFusion(const LatentConfig& config, const FusionContext& context) {
    if (context.inputs.empty()) throw UsageError("fusion 'latent' needs at least one input");
    const auto inputs = static_cast<int64_t>(context.inputs.size());
    queries_ = register_parameter("queries", nn::truncated_normal({config.queries, context.width}, 0.2));
    // Latent q starts from input q modulo the number of inputs and learns what else to start from. One weight an input, so that a run with
    // other inputs can take over those it shares.
    for (int64_t i = 0; i < inputs; ++i) {
      const at::Tensor own = at::arange(config.queries).remainder(inputs) == i;
      starts_.push_back(register_parameter("start_" + context.inputs[static_cast<size_t>(i)], own.to(at::kFloat)));
    }
    summaries_ = register_module("summaries", std::make_shared<Summaries>(context));
    layers_ = register_module("layers", std::make_shared<nn::BlockStack>());
    for (int64_t i = 0; i < config.layers; ++i)
      layers_->add(std::make_shared<LatentLayer>(
          nn::BlockConfig{.width = context.width, .heads = config.heads, .mlp_ratio = config.mlp_ratio, .dropout = config.dropout}));
    layers_->set_checkpointed(config.checkpoint);
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({context.width})));
  }

  Tokens fuse(const std::map<std::string, Tokens>& inputs) override {
    const at::Tensor latents = at::matmul(at::stack(starts_, 1), summaries_->forward(inputs)) + queries_;
    const Tokens all = join_tokens(inputs);
    const at::Tensor out = norm_->forward(layers_->run({latents, {}, all.values, all.valid}));
    return {out, at::ones_like(out.select(-1, 0), at::kBool)};
  }

 private:
  at::Tensor queries_;              // QE
  std::vector<at::Tensor> starts_;  // Q for each input, in the order of FusionContext::inputs
  std::shared_ptr<Summaries> summaries_;
  std::shared_ptr<nn::BlockStack> layers_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace

void fields(config::Visitor& v, LatentConfig& c) {
  v.field("queries", c.queries, "Number of fused tokens.", {.at_least = 1, .at_most = 4096});
  v.field("layers", c.layers, "Layers; each reads all tokens once.", {.at_least = 1, .at_most = 64});
  v.field("heads", c.heads, "Attention heads; they divide the fusion width.", {.at_least = 1});
  v.field("mlp_ratio", c.mlp_ratio, "Hidden width of the MLPs over the width.", {.above = 0.0, .at_most = 16.0});
  v.field("dropout", c.dropout, "Dropout of what each block adds.", {.at_least = 0.0, .below = 1.0});
  v.field("checkpoint", c.checkpoint, "Recompute the layers in the backward pass: less memory, about a third more time.");
}

std::shared_ptr<Fusion> build(const LatentConfig& c, const FusionContext& context) { return std::make_shared<LatentFusion>(c, context); }

}  // namespace chiasm
