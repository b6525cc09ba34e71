#include "core/nn/block.h"

#include "core/dist/group.h"
#include "core/nn/autocast.h"
#include "core/nn/block_stack.h"
#include "tests/support/gradcheck.h"

namespace chiasm::nn {
namespace {

using test::expect_close;
using test::random_leaf;
using test::same_bits;

const BlockConfig small{.width = 8, .heads = 2, .mlp_ratio = 2.0};

at::Tensor some_valid() { return at::tensor({1, 1, 0, 1, 0, 1}).view({2, 3}).to(at::kBool); }

TEST(Blocks, HaveExactGradients) {
  torch::manual_seed(1);
  const at::Tensor x = random_leaf({2, 3, 8}), context = random_leaf({2, 4, 8});
  const at::Tensor context_valid = at::tensor({1, 1, 0, 1, 0, 0, 0, 0}).view({2, 4}).to(at::kBool);
  SelfBlock self(small);
  self.to(torch::kDouble);
  test::expect_gradients(self, [&] { return self.forward({x, some_valid(), {}, {}}); }, {x});
  CrossBlock cross(small);
  cross.to(torch::kDouble);
  test::expect_gradients(cross, [&] { return cross.forward({x, {}, context, context_valid}); }, {x, context});
  DecoderBlock decoder(small);
  decoder.to(torch::kDouble);
  test::expect_gradients(decoder, [&] { return decoder.forward({x, {}, context, context_valid}); }, {x, context});
}

TEST(Blocks, PaddingChangesNothing) {
  torch::manual_seed(2);
  SelfBlock block(small);
  block.to(torch::kDouble);
  const at::Tensor x = at::randn({1, 3, 8}, at::kDouble), padded = at::cat({x, at::randn({1, 2, 8}, at::kDouble)}, 1);
  const at::Tensor valid = at::tensor({1, 1, 1, 0, 0}).view({1, 5}).to(at::kBool);
  expect_close(block.forward({padded, valid, {}, {}}).narrow(1, 0, 3), block.forward({x, {}, {}, {}}), 1e-12);
}

TEST(Blocks, PermutedTokensGivePermutedOutputs) {
  torch::manual_seed(3);
  SelfBlock block(small);
  block.to(torch::kDouble);
  const at::Tensor x = at::randn({1, 4, 8}, at::kDouble), order = at::tensor({3, 1, 0, 2});
  expect_close(block.forward({x.index_select(1, order), {}, {}, {}}), block.forward({x, {}, {}, {}}).index_select(1, order), 1e-12);
}

TEST(Blocks, DecoderStepsEqualTheWholeSequence) {
  torch::manual_seed(4);
  DecoderBlock block(small);
  block.to(torch::kDouble);
  const at::Tensor x = at::randn({2, 4, 8}, at::kDouble), context = at::randn({2, 3, 8}, at::kDouble);
  const at::Tensor whole = block.forward({x, {}, context, some_valid()});
  const KeyValues read = block.project_context(context);
  DecoderBlock::Step state;
  for (int64_t t = 0; t < 4; ++t) {
    state = block.step({x.narrow(1, t, 1), state.past}, read, some_valid());
    expect_close(state.x, whole.narrow(1, t, 1), 1e-12);
  }
}

// A stack of one self and one cross block, as a fusion has it.
struct Stack {
  explicit Stack(double dropout = 0.0) {
    torch::manual_seed(5);
    BlockConfig config = small;
    config.dropout = dropout;
    blocks = std::make_shared<BlockStack>();
    blocks->add(std::make_shared<SelfBlock>(config));
    blocks->add(std::make_shared<CrossBlock>(config));
    x = at::randn({2, 3, 8}).requires_grad_(true);
    context = at::randn({2, 4, 8}).requires_grad_(true);
  }
  at::Tensor run() const {
    torch::manual_seed(6);
    return blocks->run({x, some_valid(), context, {}});
  }
  // Gradients of x, context and all parameters by name.
  std::map<std::string, at::Tensor> gradients() const {
    test::weighted_sum(run()).backward();
    std::map<std::string, at::Tensor> out{{"x", x.grad()}, {"context", context.grad()}};
    for (const auto& item : blocks->named_parameters()) out[item.key()] = item.value().grad();
    return out;
  }
  std::shared_ptr<BlockStack> blocks;
  at::Tensor x, context;
};

void expect_same(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, gradient] : a) {
    if (!gradient.defined()) {
      EXPECT_FALSE(b.at(name).defined()) << name;
      continue;
    }
    EXPECT_GT(gradient.abs().max().item<double>(), 0.0) << name;
    EXPECT_TRUE(same_bits(gradient, b.at(name))) << name;
  }
}

TEST(Checkpointed, EqualsPlainBitForBitAlsoWithDropout) {
  for (const double dropout : {0.0, 0.3}) {
    const Stack plain(dropout), checkpointed(dropout);
    checkpointed.blocks->set_checkpointed(true);
    EXPECT_TRUE(same_bits(plain.run(), checkpointed.run()));
    expect_same(plain.gradients(), checkpointed.gradients());
  }
}

TEST(Checkpointed, LeavesTheRandomNumbersAsPlainDoes) {
  const Stack plain(0.3), checkpointed(0.3);
  checkpointed.blocks->set_checkpointed(true);
  plain.gradients();
  const at::Tensor after_plain = at::rand({4});
  checkpointed.gradients();
  EXPECT_TRUE(same_bits(at::rand({4}), after_plain));
}

TEST(Checkpointed, EqualsPlainUnderAutocast) {
  AutocastState reduced = AutocastState::now(at::kCPU);
  reduced.enabled = true;
  reduced.type = at::kBFloat16;
  const Stack plain, checkpointed;
  checkpointed.blocks->set_checkpointed(true);
  const auto gradients = [&](const Stack& stack) {
    at::Tensor out;
    {
      const AutocastScope scope(reduced);
      out = stack.run();
    }
    test::weighted_sum(out.to(at::kFloat)).backward();  // outside the scope, as a trainer does
    return stack.x.grad();
  };
  const at::Tensor expected = gradients(plain);
  EXPECT_FALSE(same_bits(expected, Stack().gradients().at("x"))) << "autocast had no effect";
  EXPECT_TRUE(same_bits(gradients(checkpointed), expected));
}

TEST(Checkpointed, FrozenParametersAndInputsGetNone) {
  const Stack plain, checkpointed;
  checkpointed.blocks->set_checkpointed(true);
  for (const Stack* stack : {&plain, &checkpointed}) {
    stack->blocks->named_parameters()["0.mlp.enter.weight"].requires_grad_(false);
    stack->x.requires_grad_(false);
  }
  expect_same(plain.gradients(), checkpointed.gradients());
}

// Gradients of a sharded stack under the plain names.
std::map<std::string, at::Tensor> whole_gradients(const Stack& stack) {
  test::weighted_sum(stack.run()).backward();
  std::map<std::string, at::Tensor> out{{"x", stack.x.grad()}, {"context", stack.context.grad()}};
  const at::NoGradGuard no_gradient;
  for (const auto& item : stack.blocks->named_parameters())
    if (item.value().requires_grad()) item.value().copy_(item.value().grad());
  for (const auto& [name, value] : stack.blocks->whole_parameters()) out[name] = value;
  return out;
}

TEST(Sharded, OneRankEqualsPlainBitForBit) {
  const Stack plain(0.2), sharded(0.2);
  const auto before = plain.blocks->whole_parameters();
  sharded.blocks->shard(dist::single_process());
  EXPECT_EQ(sharded.blocks->named_parameters().keys(), (std::vector<std::string>{"trained_0", "trained_1"}));
  const auto after = sharded.blocks->whole_parameters();
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].first, after[i].first);
    EXPECT_TRUE(same_bits(before[i].second, after[i].second));
  }
  EXPECT_TRUE(same_bits(plain.run(), sharded.run()));
  expect_same(plain.gradients(), whole_gradients(sharded));
}

TEST(Sharded, HoldsNoWholeParametersBetweenCalls) {
  const Stack stack;
  const auto blocks = stack.blocks->blocks();
  stack.blocks->shard(dist::single_process());
  test::weighted_sum(stack.run()).backward();
  for (const auto& block : blocks)
    for (const at::Tensor& parameter : block->parameters()) EXPECT_EQ(parameter.numel(), 0);
}

TEST(Sharded, KeepsFrozenParametersApart) {
  const Stack plain, sharded;
  for (const Stack* stack : {&plain, &sharded}) stack->blocks->named_parameters()["1.attention.key.weight"].requires_grad_(false);
  sharded.blocks->shard(dist::single_process());
  EXPECT_EQ(sharded.blocks->named_parameters().keys(), (std::vector<std::string>{"trained_0", "trained_1", "frozen_1"}));
  EXPECT_FALSE(sharded.blocks->named_parameters()["frozen_1"].requires_grad());
  EXPECT_TRUE(same_bits(plain.run(), sharded.run()));
  auto expected = plain.gradients();
  expected["1.attention.key.weight"] = plain.blocks->named_parameters()["1.attention.key.weight"];
  expect_same(expected, whole_gradients(sharded));
}

// As rank `rank` of two whose other rank holds the same parameters and computes the same gradients.
struct Twin : dist::Group {
  explicit Twin(int rank) : rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return 2; }
  void all_reduce_sum(at::Tensor& values) override { values.mul_(2.0); }
  void all_reduce_max(at::Tensor&) override {}
  void broadcast(at::Tensor&, int) override {}
  at::Tensor all_gather(const at::Tensor& values) override { return rank_ == 0 ? at::cat({values, other}) : at::cat({other, values}); }
  std::vector<std::string> gather_bytes(const std::string& mine) override { return {mine, mine}; }
  void barrier() override {}
  c10d::ProcessGroup* process_group() override { return nullptr; }
  at::Device device() const override { return at::kCPU; }
  at::Tensor other;
  int rank_;
};

TEST(Sharded, TwoRanksHoldTheHalvesOfOddParametersAndTheMeanGradient) {
  const auto make = [] {
    torch::manual_seed(8);
    auto stack = std::make_shared<BlockStack>();
    stack->add(std::make_shared<SelfBlock>(BlockConfig{.width = 3, .heads = 1, .mlp_ratio = 1.0}));  // 75 parameters
    return stack;
  };
  std::vector<std::shared_ptr<BlockStack>> ranks{make(), make()};
  std::vector<std::shared_ptr<Twin>> groups{std::make_shared<Twin>(0), std::make_shared<Twin>(1)};
  for (size_t r = 0; r < 2; ++r) ranks[r]->shard(groups[r]);
  for (size_t r = 0; r < 2; ++r) groups[r]->other = ranks[1 - r]->parameters()[0].detach();
  const auto plain = make();
  const at::Tensor x = at::randn({2, 4, 3});
  test::weighted_sum(plain->run({x, {}, {}, {}})).backward();
  std::vector<at::Tensor> pieces;
  for (const at::Tensor& parameter : plain->parameters()) pieces.push_back(parameter.grad().flatten());
  const at::Tensor expected = at::cat(pieces);
  std::vector<at::Tensor> halves;
  for (const auto& rank : ranks) {
    test::weighted_sum(rank->run({x, {}, {}, {}})).backward();
    halves.push_back(rank->parameters()[0].grad());
  }
  EXPECT_TRUE(same_bits(at::cat(halves).narrow(0, 0, expected.numel()), expected));
  EXPECT_EQ(halves[0].numel() * 2, expected.numel() + expected.numel() % 2);
}

}  // namespace
}  // namespace chiasm::nn
