#include "tasks/text_decoder.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/nn/init.h"

namespace chiasm {

TextDecoder::TextDecoder(const TextDecoderConfig& config) : config_(config) {
  pieces_ = register_parameter("pieces", nn::truncated_normal({config.vocabulary, config.width}));
  places_ = register_parameter("places", nn::truncated_normal({config.length, config.width}));
  bias_ = register_parameter("bias", at::zeros({config.vocabulary}));
  nn::BlockConfig block;
  block.width = config.width;
  block.heads = config.heads;
  block.dropout = config.dropout;
  block.context_width = config.memory_width;
  block.causal = true;
  stack_ = register_module("blocks", std::make_shared<nn::BlockStack>());
  for (int64_t i = 0; i < config.layers; ++i) {
    blocks_.push_back(std::make_shared<nn::DecoderBlock>(block));
    stack_->add(blocks_.back());
  }
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.width})));
}

at::Tensor TextDecoder::write(const at::Tensor& x) { return at::linear(norm_->forward(x), pieces_, bias_); }

at::Tensor TextDecoder::forward(const at::Tensor& ids, const Tokens& memory) {
  nn::BlockInput input;
  input.x = at::embedding(pieces_, ids) + places_.narrow(0, 0, ids.size(1));
  input.context = memory.values;
  input.context_valid = memory.valid;
  return write(stack_->run(input));
}

TextDecoder::Memory TextDecoder::read(const Tokens& memory) {
  std::vector<at::Tensor> keys, values;
  for (const auto& block : blocks_) {
    const nn::KeyValues one = block->project_context(memory.values);
    keys.push_back(one.keys);
    values.push_back(one.values);
  }
  return {at::stack(keys, 1), at::stack(values, 1), memory.valid};
}

TextDecoder::Past TextDecoder::no_past(int64_t texts, const at::TensorOptions& options) const {
  const at::Tensor empty = at::zeros({texts, config_.layers, config_.heads, 0, config_.width / config_.heads}, options);
  return {empty, empty};
}

at::Tensor TextDecoder::step(const at::Tensor& ids, const at::Tensor& places, const Memory& memory, Past& past) {
  at::Tensor x = (at::embedding(pieces_, ids) + at::embedding(places_, places)).unsqueeze(1);
  std::vector<at::Tensor> keys, values;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const int64_t layer = static_cast<int64_t>(i);
    const nn::KeyValues context{memory.keys.select(1, layer), memory.values.select(1, layer)};
    const auto next = blocks_[i]->step({x, {past.keys.select(1, layer), past.values.select(1, layer)}}, context, memory.valid);
    x = next.x;
    keys.push_back(next.past.keys);
    values.push_back(next.past.values);
  }
  past = {at::stack(keys, 1), at::stack(values, 1)};
  return write(x).squeeze(1);
}

}  // namespace chiasm
