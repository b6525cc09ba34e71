// Repeated blocks. They are called through run() only, whose policy decides what is kept for the backward pass and where parameters live.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/dist/group.h"
#include "core/nn/block.h"

namespace chiasm::nn {

class ShardedParameters;

class BlockStack : public torch::nn::Module {
 public:
  enum class Policy {
    plain,         // everything is kept
    checkpointed,  // only the input of each block is kept; the rest is computed again in the backward pass
    sharded        // as checkpointed, and each rank keeps its share of each block's parameters
  };

  // Registered as "0", "1", ...
  void add(std::shared_ptr<Block> block);
  size_t size() const { return blocks_.size(); }
  // For what only one kind of block can do, such as a decoder step. Not with the policy `sharded`.
  const std::vector<std::shared_ptr<Block>>& blocks() const { return blocks_; }

  // Each block's output is the next one's x.
  at::Tensor run(BlockInput input);

  Policy policy() const { return policy_; }
  // Plain or checkpointed. Throws Error when sharded.
  void set_checkpointed(bool on);
  // Splits the parameters over the ranks, for good: named_parameters() then holds "trained_I" and "frozen_I", this rank's shares, which
  // data parallel must leave alone. Call on the final device, with equal values on all ranks, after freezing and adapting.
  void shard(std::shared_ptr<dist::Group> group);
  // All parameters under their plain names, whole whatever the policy. Every rank must call.
  std::vector<std::pair<std::string, at::Tensor>> whole_parameters() const;

  void train(bool on = true) override;

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
  std::vector<std::shared_ptr<ShardedParameters>> shards_;
  Policy policy_ = Policy::plain;
};

}  // namespace chiasm::nn
