// Contrastive learning and matching: negatives of all ranks, absent sides, hard negatives.
#include "tasks/contrastive.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "core/dist/group.h"
#include "tasks/matching.h"
#include "tests/support/ranks.h"
#include "tests/tasks/small_run.h"

namespace chiasm {
namespace {

std::shared_ptr<Task> contrastive(const TaskContext& context) {
  torch::manual_seed(4);
  ContrastiveConfig config;
  config.pair = {"ct", "findings"};
  config.width = 8;
  return build(config, context);
}

TEST(Contrastive, StudiesWithoutBothSidesDoNotCount) {
  const auto run = test::small_run();
  const auto task = contrastive(run.context);
  torch::NoGradGuard no_gradient;
  const auto sum = [&](const std::vector<int64_t>& numbers) {
    const Batch batch = test::small_batch(numbers);
    Pass pass(*run.model, batch);
    return task->losses(pass, batch).at("pairs").item<double>();
  };
  EXPECT_DOUBLE_EQ(task->counts(test::small_batch({0, 1, 2, 3, 4})).at("pairs"), 3.0);  // 2 lacks findings, 3 lacks ct
  EXPECT_NEAR(sum({0, 2, 1, 3, 4}), sum({0, 1, 4}), 1e-4);
}

TEST(Contrastive, TwoRanksEqualOneRankWithTheWholeBatch) {
  if (!test::in_rank()) {
    EXPECT_EQ(test::run_ranks(2), 0);
    return;
  }
  const auto group = dist::from_environment("cpu");
  const std::vector<int64_t> all{0, 1, 4, 5, 8, 7};
  const std::vector<int64_t> mine(all.begin() + 3 * group->rank(), all.begin() + 3 * group->rank() + 3);
  const auto gradients_of = [&](const std::vector<int64_t>& numbers, dist::Group* ranks, double& loss) {
    const auto run = test::small_run();
    const auto task = contrastive(run.context);
    run.model->add_task({"pairs", 1.0, task});
    const Batch batch = test::small_batch(numbers);
    PassOptions options;
    options.group = ranks;
    Pass pass(*run.model, batch, options);
    const at::Tensor sum = task->losses(pass, batch).at("pairs");
    loss = sum.item<double>();
    sum.backward();
    std::vector<at::Tensor> out;
    for (const at::Tensor& parameter : run.model->parameters())
      out.push_back(parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter));
    return out;
  };
  double whole_loss = 0, my_loss = 0;
  const auto whole = gradients_of(all, nullptr, whole_loss);
  auto parts = gradients_of(mine, group.get(), my_loss);
  at::Tensor sum = at::tensor(my_loss, at::kDouble);
  group->all_reduce_sum(sum);
  EXPECT_NEAR(sum.item<double>(), whole_loss, 1e-4 * whole_loss);
  for (size_t i = 0; i < parts.size(); ++i) {
    at::Tensor together = parts[i].contiguous();
    group->all_reduce_sum(together);
    EXPECT_TRUE(at::allclose(together, whole[i], 1e-3, 1e-5)) << "parameter " << i;
  }
}

TEST(Contrastive, LearnsToTellPartners) {
  auto run = test::small_run();
  const auto task = contrastive(run.context);
  run.model->add_task({"pairs", 1.0, task});
  std::vector<int64_t> numbers;
  for (int64_t n = 0; n < 40 && numbers.size() < 8; ++n)
    if (n % 4 != 3 && n % 5 != 2) numbers.push_back(n);
  const Batch batch = test::small_batch(numbers);
  const auto recall = [&] {
    torch::NoGradGuard no_gradient;
    Pass pass(*run.model, batch);
    auto figures = task->measure(pass, batch);
    EXPECT_DOUBLE_EQ(figures.at("r1").second, 8.0);
    EXPECT_GE(figures.at("r10").first, figures.at("r1").first);
    return figures.at("r1").first / figures.at("r1").second;
  };
  torch::optim::Adam optimizer(run.model->parameters(), torch::optim::AdamOptions(1e-3));
  for (int step = 0; step < 70; ++step) {
    optimizer.zero_grad();
    Pass pass(*run.model, batch);
    (task->losses(pass, batch).at("pairs") / 8.0).backward();
    optimizer.step();
  }
  EXPECT_GT(recall(), 0.8);
}

TEST(Contrastive, EqualEmbeddingsAreMisses) {
  const auto run = test::small_run();
  const auto task = contrastive(run.context);
  torch::NoGradGuard no_gradient;
  for (auto& item : task->named_parameters())
    if (item.key().find("project.weight") != std::string::npos) item.value().zero_();
  const Batch batch = test::small_batch({0, 1, 4, 5});
  Pass pass(*run.model, batch);
  EXPECT_DOUBLE_EQ(task->measure(pass, batch).at("r1").first, 0.0);
}

TEST(Contrastive, FindsBothSidesOfCompleteStudiesAlone) {
  const auto run = test::small_run();
  run.model->eval();
  const auto task = contrastive(run.context);
  torch::NoGradGuard no_gradient;
  const Batch batch = test::small_batch({0, 1, 2, 3, 4});  // 2 lacks findings, 3 lacks ct
  Pass pass(*run.model, batch);
  const Finding found = task->find(pass, batch);
  std::vector<int64_t> firsts, seconds;
  for (const auto& embedding : found.embeddings) {
    (embedding.side == "ct" ? firsts : seconds).push_back(embedding.study);
    EXPECT_TRUE(embedding.side == "ct" || embedding.side == "findings");
    double square = 0;
    for (const float value : embedding.values) square += static_cast<double>(value) * value;
    EXPECT_NEAR(square, 1.0, 1e-4);
    EXPECT_EQ(embedding.values.size(), 8u);
  }
  EXPECT_EQ(firsts, (std::vector<int64_t>{0, 1, 4}));
  EXPECT_EQ(seconds, firsts);
  EXPECT_TRUE(found.scores.empty() && found.masks.empty() && found.texts.empty());
  // A vector is the study's own: the other studies of the batch do not change it.
  const Batch alone = test::small_batch({4});
  Pass other(*run.model, alone);
  const Finding again = task->find(other, alone);
  ASSERT_EQ(again.embeddings.size(), 2u);
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(again.embeddings[0].values[i], found.embeddings[2].values[i], 1e-5);
  Pass hidden(pass, {"findings"});
  EXPECT_TRUE(task->find(hidden, batch).embeddings.empty());
}

// Records what is fused.
struct Spy : Fusion {
  Tokens fuse(const std::map<std::string, Tokens>& inputs) override {
    calls.push_back(inputs);
    return {inputs.at("ct").values.narrow(1, 0, 1) + inputs.at("findings").values.narrow(1, 0, 1), inputs.at("ct").valid.narrow(1, 0, 1)};
  }
  std::vector<std::map<std::string, Tokens>> calls;
};

TEST(Matching, ExchangesTheSecondSideForAnotherStudysOnly) {
  const auto run = test::small_run();
  ModelParts parts;
  parts.inputs = run.context.inputs;
  parts.width = 16;
  for (const std::string name : {"ct", "findings"}) {
    parts.encoders[name] = std::dynamic_pointer_cast<Encoder>(run.model->encoder(name).shared_from_this());
    parts.encoder_of[name] = name;
  }
  const auto spy = std::make_shared<Spy>();
  parts.fusion = spy;
  Model model(parts);
  MatchingConfig config;
  config.pair = {"ct", "findings"};
  const auto task = build(config, run.context);
  torch::NoGradGuard no_gradient;
  const Batch batch = test::small_batch({0, 1, 2, 3, 4});
  Pass pass(model, batch);
  task->losses(pass, batch);
  ASSERT_EQ(spy->calls.size(), 2u);
  const auto &own = spy->calls[0], &other = spy->calls[1];
  EXPECT_TRUE(at::equal(own.at("ct").values, other.at("ct").values));
  for (int64_t b = 0; b < 5; ++b) {
    std::vector<int64_t> from;
    for (int64_t j = 0; j < 5; ++j)
      if (at::equal(other.at("findings").values[b], own.at("findings").values[j])) from.push_back(j);
    ASSERT_EQ(from.size(), 1u);
    const bool complete = b != 2 && b != 3;
    EXPECT_EQ(from[0] != b, complete) << b;
    EXPECT_TRUE(from[0] == b || (from[0] != 2 && from[0] != 3)) << b;
  }
}

}  // namespace
}  // namespace chiasm
