// Tiny partners for tests of the loop and the contracts: an encoder, a fusion and a task that are small enough to reason about.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "core/model.h"
#include "core/nn/linear.h"
#include "core/train/trainer.h"

namespace chiasm::test {

// Table rows RF -> two tokens RE each.
struct TinyEncoder : Encoder {
  TinyEncoder(int64_t features, int64_t width) : width_(width) {
    first = register_module("first", std::make_shared<nn::Linear>(features, width));
    second = register_module("second", std::make_shared<nn::Linear>(features, width));
  }
  Shape shape() const override { return {width_, 2, {}}; }
  Features encode(const Input& input) override {
    const at::Tensor values = at::stack({first->forward(input.values).tanh(), second->forward(input.values).tanh()}, 1);
    const at::Tensor real = input.valid.to(at::kFloat).amax(1, true) > 0.5;
    return {{values, at::cat({real, real}, 1)}, {}};
  }
  std::shared_ptr<nn::Linear> first, second;
  int64_t width_;
};

// Mean of all valid tokens through a linear layer: one fused token.
struct TinyFusion : Fusion {
  explicit TinyFusion(int64_t width) { mix = register_module("mix", std::make_shared<nn::Linear>(width, width)); }
  Tokens fuse(const std::map<std::string, Tokens>& inputs) override {
    at::Tensor sum, count;
    for (const auto& [name, tokens] : inputs) {
      const at::Tensor weight = tokens.valid.to(at::kFloat).unsqueeze(-1);
      const at::Tensor here = (tokens.values * weight).sum(1), many = weight.sum(1);
      sum = sum.defined() ? sum + here : here;
      count = count.defined() ? count + many : many;
    }
    const at::Tensor mean = sum / count.clamp_min(1.0);
    return {mix->forward(mean).unsqueeze(1), (count > 0.5)};
  }
  std::shared_ptr<nn::Linear> mix;
};

// Binary labels from the fused token; sums over known labels.
struct TinyTask : Task {
  TinyTask(int64_t width, std::vector<std::string> inputs, std::string target) : inputs_(std::move(inputs)), target_(std::move(target)) {
    head = register_module("head", std::make_shared<nn::Linear>(width, 1));
  }
  std::vector<std::string> reads() const override { return inputs_; }
  std::vector<std::string> needs() const override { return {target_}; }
  std::map<std::string, double> counts(const Batch& batch) const override {
    return {{"bce", batch.targets.at(target_).known.sum().item<double>()}};
  }
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override {
    const Target& target = batch.targets.at(target_);
    const at::Tensor each = at::binary_cross_entropy_with_logits(logits(pass), target.values, {}, {}, at::Reduction::None);
    return {{"bce", each.masked_fill(target.known.logical_not(), 0.0).sum()}};
  }
  std::map<std::string, at::Tensor> predict(Pass& pass, const Batch&) override { return {{"logits", logits(pass)}}; }
  at::Tensor logits(Pass& pass) { return head->forward(pass.fuse(inputs_).values.select(1, 0)); }
  std::vector<std::string> inputs_;
  std::string target_;
  std::shared_ptr<nn::Linear> head;
};

// Inputs "a" and "b" (tables of 3 columns) share one encoder when `shared`.
std::shared_ptr<Model> tiny_model(uint64_t seed, bool shared = false, double dropout = 0.0);

// `studies` studies; those with (first + i) % 3 == 1 lack input "b". Values and keys depend on first + i only.
Batch tiny_batch(int64_t first, int64_t studies);

// Consecutive tiny batches: rank r of every global batch takes its slice.
class TinySource : public BatchSource {
 public:
  TinySource(int64_t batch, int rank, int ranks) : batch_(batch), rank_(rank), ranks_(ranks) {}
  Batch next() override { return tiny_batch((position_++ * ranks_ + rank_) * batch_, batch_); }
  void seek(int64_t position) override { position_ = position; }
  int64_t batches_per_epoch() const override { return 10; }
  double wait_seconds() const override { return 0; }

 private:
  int64_t batch_, position_ = 0;
  int rank_, ranks_;
};

}  // namespace chiasm::test
