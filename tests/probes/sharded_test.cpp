// A model of which two ranks keep half of the encoder blocks' weights each learns as the whole model does.
#include <gtest/gtest.h>

#include "core/dist/data_parallel.h"
#include "core/nn/block_stack.h"
#include "core/train/optimizer.h"
#include "tests/probes/probe.h"
#include "tests/support/ranks.h"

namespace chiasm {
namespace {

std::shared_ptr<Model> build() {
  test::SmallModel parts;
  parts.encoders["volume"] = "kind: volume_vit\npatch: [4, 4, 4]\nwidth: 16\ndepth: 2\nheads: 2\n";
  parts.encoder_of = {{"ct", "volume"}};
  parts.tasks = {{"classify", "kind: classify\ntargets: [signs]\ninputs: [ct]\n"}};
  return test::build_small(parts);
}

std::shared_ptr<nn::BlockStack> blocks_of(Model& model) {
  for (auto& item : model.encoder("ct").named_modules())
    if (auto stack = std::dynamic_pointer_cast<nn::BlockStack>(item.value())) return stack;
  return nullptr;
}

struct Outcome {
  std::vector<double> losses;
  test::Named blocks, others;
};

// In float64, where rounding is no step of AdamW's; without weight decay: it spares one-dimensional weights, and a share is one-dimensional
// whatever it was.
Outcome learn(const std::shared_ptr<dist::Group>& group, const Batch& batch, bool sharded) {
  auto model = build();
  model->to(at::kDouble);
  auto blocks = blocks_of(*model);
  if (sharded) blocks->shard(group);
  std::vector<NamedParameter> trained;
  std::vector<std::pair<std::string, at::Tensor>> replicated;
  for (const auto& item : model->named_parameters()) {
    trained.push_back({item.key(), item.value()});
    if (!sharded || item.key().find("trained_") == std::string::npos) replicated.emplace_back(item.key(), item.value());
  }
  TrainConfig config;
  config.weight_decay = 0;
  AdamW optimizer(trained, config);
  dist::DataParallel parallel(*group, replicated, {});
  Outcome out;
  for (int64_t step = 0; step < 8; ++step) {
    optimizer.zero_grad();
    const double count = global_counts(*model, {batch}, *group).at("classify.signs");
    parallel.before_forward();
    Pass pass(*model, batch, {step, group.get(), nullptr, {}});
    const at::Tensor sum = model->tasks().front().task->losses(pass, batch).at("signs");
    parallel.before_backward();
    (sum * (group->size() / count)).backward();
    optimizer.step(0.01);
    at::Tensor shown = sum.detach() / count;
    group->all_reduce_sum(shown);
    out.losses.push_back(shown.item<double>());
  }
  for (const auto& [name, value] : blocks->whole_parameters()) out.blocks[name] = value.detach().clone();
  for (const auto& [name, value] : replicated)
    if (name.find(".blocks.") == std::string::npos) out.others[name] = value.detach().clone();
  return out;
}

TEST(Probes, ShardedBlocksTrainLikeWholeOnes) {
  if (!test::in_rank()) {
    EXPECT_EQ(test::run_ranks(2), 0);
    return;
  }
  torch::set_num_threads(1);
  const Batch whole = test::in_type(test::small_batch(0, 6), at::kDouble);
  const std::shared_ptr<dist::Group> group = dist::from_environment("cpu");
  const Outcome ranks = learn(group, test::part_of(whole, 3 * group->rank(), 3), true);
  const Outcome alone = learn(dist::single_process(), whole, false);
  for (size_t i = 0; i < alone.losses.size(); ++i) EXPECT_NEAR(ranks.losses[i], alone.losses[i], 1e-7) << "step " << i;
  EXPECT_LT(alone.losses.back(), 0.9 * alone.losses.front());
  ASSERT_EQ(ranks.blocks.size(), alone.blocks.size());
  ASSERT_GT(alone.blocks.size(), 10u);
  for (const auto& [name, value] : alone.blocks) {
    ASSERT_EQ(value.sizes(), ranks.blocks.at(name).sizes()) << name;
    EXPECT_LE((value - ranks.blocks.at(name)).abs().max().item<double>(), 1e-7) << name;
  }
  EXPECT_LE(test::largest_difference(alone.others, ranks.others), 1e-7);
}

}  // namespace
}  // namespace chiasm
