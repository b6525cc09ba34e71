// An autoregressive transformer decoder over a memory of tokens. The same weights write the output as read the input (tied embeddings).
// Shape letters besides core/batch.h: T ids of a text, P past ids, Y layers, A heads, S width of a head.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <vector>

#include "core/batch.h"
#include "core/nn/block_stack.h"

namespace chiasm {

struct TextDecoderConfig {
  int64_t vocabulary = 0, length = 0;  // number of pieces; ids a text at most, begin and end included
  int64_t layers = 3, heads = 4, width = 128;
  int64_t memory_width = 128;
  double dropout = 0.0;
};

class TextDecoder : public torch::nn::Module {
 public:
  explicit TextDecoder(const TextDecoderConfig& config);

  // Teacher forcing: ids BT -> logits BTV of the id after each.
  at::Tensor forward(const at::Tensor& ids, const Tokens& memory);

  // The memory as every layer reads it: keys and values BYANS.
  struct Memory {
    at::Tensor keys, values, valid;
  };
  Memory read(const Tokens& memory);
  // What the layers keep of the ids so far: BYAPS.
  struct Past {
    at::Tensor keys, values;
  };
  Past no_past(int64_t texts, const at::TensorOptions& options) const;
  // One id per text (B int64) at its place (B int64, 0 = begin): logits BV of the next id, and the longer past.
  at::Tensor step(const at::Tensor& ids, const at::Tensor& places, const Memory& memory, Past& past);

  const TextDecoderConfig& config() const { return config_; }

 private:
  at::Tensor write(const at::Tensor& x);  // ...E -> ...V
  TextDecoderConfig config_;
  at::Tensor pieces_, places_, bias_;
  std::shared_ptr<nn::BlockStack> stack_;
  std::vector<std::shared_ptr<nn::DecoderBlock>> blocks_;  // those of the stack, for single steps
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace chiasm
