#include "core/nn/block_stack.h"

#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/nn/recompute.h"
#include "core/nn/sharded_parameters.h"

namespace chiasm::nn {

void BlockStack::add(std::shared_ptr<Block> block) {
  if (policy_ == Policy::sharded) throw Error("a sharded stack takes no further block");
  register_module(std::to_string(blocks_.size()), block);
  blocks_.push_back(std::move(block));
}

at::Tensor BlockStack::run(BlockInput input) {
  const bool keeps_all = policy_ == Policy::plain || (policy_ == Policy::checkpointed && !at::GradMode::is_enabled());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (keeps_all) {
      input.x = blocks_[i]->forward(input);
    } else {
      std::shared_ptr<ParameterHome> home;
      if (policy_ == Policy::sharded)
        home = shards_[i];
      else
        home = std::make_shared<ResidentParameters>(*blocks_[i]);
      input.x = run_recomputed(blocks_[i], home, input);
    }
  }
  return input.x;
}

void BlockStack::set_checkpointed(bool on) {
  if (policy_ == Policy::sharded) throw Error("a sharded stack keeps its policy");
  policy_ = on ? Policy::checkpointed : Policy::plain;
}

void BlockStack::shard(std::shared_ptr<dist::Group> group) {
  if (policy_ == Policy::sharded) throw Error("the stack is sharded already");
  policy_ = Policy::sharded;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const std::string name = std::to_string(i);
    unregister_module(name);
    shards_.push_back(std::make_shared<ShardedParameters>(*blocks_[i], group));
    if (shards_[i]->trained().defined()) register_parameter("trained_" + name, shards_[i]->trained());
    if (shards_[i]->frozen().defined()) register_parameter("frozen_" + name, shards_[i]->frozen(), /*requires_grad=*/false);
  }
}

std::vector<std::pair<std::string, at::Tensor>> BlockStack::whole_parameters() const {
  std::vector<std::pair<std::string, at::Tensor>> out;
  if (policy_ != Policy::sharded) {
    for (const auto& item : named_parameters()) out.emplace_back(item.key(), item.value());
    return out;
  }
  for (size_t i = 0; i < shards_.size(); ++i)
    for (auto& [name, value] : shards_[i]->whole()) out.emplace_back(std::to_string(i) + "." + name, std::move(value));
  return out;
}

void BlockStack::train(bool on) {
  Module::train(on);
  if (policy_ == Policy::sharded)
    for (const auto& block : blocks_) block->train(on);
}

}  // namespace chiasm::nn
