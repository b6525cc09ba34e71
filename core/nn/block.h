// Pre-norm transformer blocks (Xiong et al., 2020): x + attention(norm(x)), then x + mlp(norm(x)).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>

#include <memory>

#include "core/nn/attention.h"
#include "core/nn/mlp.h"

namespace chiasm::nn {

// What a block reads. Gradients flow to x and context.
struct BlockInput {
  at::Tensor x;              // BNE for transformer blocks
  at::Tensor valid;          // BN bool; undefined = all
  at::Tensor context;        // BMC; undefined for blocks that read x alone
  at::Tensor context_valid;  // BM bool; undefined = all
};

// The unit that BlockStack repeats: any module that turns x into the next x.
struct Block : torch::nn::Module {
  virtual at::Tensor forward(const BlockInput& input) = 0;
};

struct BlockConfig {
  int64_t width = 128, heads = 4;
  double mlp_ratio = 4.0;     // hidden width of the MLP over the width
  double dropout = 0.0;       // of what each part adds to x
  int64_t context_width = 0;  // 0: width
  bool causal = false;        // a token sees itself and earlier ones only
};

// Self-attention over x.
class SelfBlock : public Block {
 public:
  explicit SelfBlock(const BlockConfig& config);
  at::Tensor forward(const BlockInput& input) override;

 private:
  BlockConfig config_;
  torch::nn::LayerNorm norm_attention_{nullptr}, norm_mlp_{nullptr};
  std::shared_ptr<Attention> attention_;
  std::shared_ptr<Mlp> mlp_;
};

// x attends to the context.
class CrossBlock : public Block {
 public:
  explicit CrossBlock(const BlockConfig& config);
  at::Tensor forward(const BlockInput& input) override;

 private:
  BlockConfig config_;
  torch::nn::LayerNorm norm_query_{nullptr}, norm_context_{nullptr}, norm_mlp_{nullptr};
  std::shared_ptr<Attention> attention_;
  std::shared_ptr<Mlp> mlp_;
};

// Causal self-attention, attention to the context, MLP: a block of a sequence decoder.
class DecoderBlock : public Block {
 public:
  explicit DecoderBlock(const BlockConfig& config);
  at::Tensor forward(const BlockInput& input) override;

  // Stepwise decoding: project the context once, then call step() with what the last step returned.
  KeyValues project_context(const at::Tensor& context);
  struct Step {
    at::Tensor x;    // BQE
    KeyValues past;  // of this block's self-attention
  };
  Step step(const Step& input, const KeyValues& context, const at::Tensor& context_valid);

 private:
  at::Tensor after_self(const at::Tensor& x, const KeyValues& context, const at::Tensor& context_valid);
  BlockConfig config_;
  torch::nn::LayerNorm norm_self_{nullptr}, norm_query_{nullptr}, norm_context_{nullptr}, norm_mlp_{nullptr};
  std::shared_ptr<Attention> self_, cross_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace chiasm::nn
