#include "encoders/text.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/nn/modules/normalization.h>

#include "core/base/error.h"
#include "core/nn/block_stack.h"
#include "core/nn/init.h"
#include "core/nn/pooling.h"
#include "encoders/form.h"

namespace chiasm {
namespace {

class TextEncoder : public Encoder {
 public:
  TextEncoder(const TextConfig& config, const InputSpec& input) : config_(config), length_(input.length) {
    require_form(input, Form::text, "text");
    if (input.vocabulary < 1 || input.length < 1)
      throw UsageError("encoder 'text' needs a tokenizer and a length of at least 1; see 'data.tokenizer' and 'text.length'");
    pieces_ = register_parameter("pieces", nn::truncated_normal({input.vocabulary, config.width}));
    positions_ = register_parameter("positions", nn::truncated_normal({input.length, config.width}));
    blocks_ = register_module("blocks", std::make_shared<nn::BlockStack>());
    for (int64_t i = 0; i < config.depth; ++i)
      blocks_->add(std::make_shared<nn::SelfBlock>(
          nn::BlockConfig{.width = config.width, .heads = config.heads, .mlp_ratio = config.mlp_ratio, .dropout = config.dropout}));
    blocks_->set_checkpointed(config.checkpoint);
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.width})));
  }

  Shape shape() const override {
    Shape out;
    out.width = config_.width;
    out.tokens = config_.tokens == "pieces" ? length_ : 1;
    return out;
  }

  Features encode(const Input& input) override {
    const at::Tensor& ids = input.values;
    if (ids.size(1) > length_)
      throw InputError("a text of " + std::to_string(ids.size(1)) + " pieces is longer than the " + std::to_string(length_) +
                       " that the encoder was built for");
    at::Tensor valid = ids != TextIds::pad;
    if (input.valid.defined()) valid = valid.logical_and(input.valid);
    const at::Tensor x = at::embedding(pieces_, ids) + positions_.narrow(0, 0, ids.size(1));
    const at::Tensor out = norm_->forward(blocks_->run({x, valid, {}, {}}));
    return {leaving(out, valid), {}};
  }

 private:
  Tokens leaving(const at::Tensor& x, const at::Tensor& valid) const {
    if (config_.tokens == "first") return {x.narrow(1, 0, 1), valid.narrow(1, 0, 1)};
    if (config_.tokens == "mean") return {nn::masked_mean(x, valid).unsqueeze(1), valid.to(at::kFloat).amax(1, /*keepdim=*/true) > 0.5};
    return {x, valid};
  }

  TextConfig config_;
  int64_t length_;
  at::Tensor pieces_, positions_;  // VE, LE
  std::shared_ptr<nn::BlockStack> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace

void fields(config::Visitor& v, TextConfig& c) {
  v.field("width", c.width, "Width of the tokens.", {.at_least = 8});
  v.field("depth", c.depth, "Number of transformer blocks; 0: a bag of pieces with their places.", {.at_least = 0, .at_most = 128});
  v.field("heads", c.heads, "Attention heads; they divide the width.", {.at_least = 1});
  v.field("mlp_ratio", c.mlp_ratio, "Hidden width of the MLPs over the width.", {.above = 0.0, .at_most = 16.0});
  v.field("dropout", c.dropout, "Dropout of what each block adds.", {.at_least = 0.0, .below = 1.0});
  v.field("tokens", c.tokens, "What leaves the encoder: all pieces, the first (begin) piece's token, or one mean token.",
          {.choices = {"pieces", "first", "mean"}});
  v.field("checkpoint", c.checkpoint, "Recompute the blocks in the backward pass: less memory, about a third more time.");
  v.require(c.heads >= 1 && c.width % c.heads == 0, "'width' must be a multiple of 'heads'");
}

std::shared_ptr<Encoder> build(const TextConfig& c, const InputSpec& input) { return std::make_shared<TextEncoder>(c, input); }

}  // namespace chiasm
