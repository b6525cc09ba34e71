#include "core/train/trainer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/train/checkpoint.h"
#include "core/weights/safetensors.h"
#include "tests/support/ranks.h"
#include "tests/support/tiny.h"

namespace chiasm {
namespace {

using test::in_rank;
using test::run_ranks;
using test::tiny_model;
using test::TinySource;

TrainConfig quick() {
  TrainConfig config;
  config.lr = 0.05;
  config.precision = "fp32";
  return config;
}

std::map<std::string, at::Tensor> weights(const Model& model) {
  std::map<std::string, at::Tensor> out;
  for (const auto& item : model.named_parameters()) out[item.key()] = item.value().detach().clone();
  return out;
}

double largest_difference(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
  double largest = 0;
  for (const auto& [name, value] : a) largest = std::max(largest, (value - b.at(name)).abs().max().item<double>());
  return largest;
}

bool equal_bits(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
  for (const auto& [name, value] : a)
    if (!at::equal(value, b.at(name))) return false;
  return a.size() == b.size();
}

std::map<std::string, at::Tensor> train(int64_t steps, int64_t batch, int64_t micro, bool shared = false, double dropout = 0.0) {
  auto group = dist::single_process();
  auto model = tiny_model(1, shared, dropout), average = tiny_model(1, shared, dropout);
  TinySource source(batch, 0, 1);
  Trainer trainer(*model, average.get(), source, *group, quick(), steps, micro, "fp32", at::kCPU);
  for (int64_t i = 0; i < steps; ++i) trainer.step();
  return weights(*model);
}

TEST(Trainer, LossFalls) {
  auto group = dist::single_process();
  auto model = tiny_model(1);
  TinySource source(16, 0, 1);
  Trainer trainer(*model, nullptr, source, *group, quick(), 60, 1, "fp32", at::kCPU);
  const double first = trainer.step().loss.item<double>();
  double last = 0;
  while (trainer.done() < 60) last = trainer.step().loss.item<double>();
  EXPECT_LT(last, 0.5 * first);
}

TEST(Trainer, AccumulationEqualsOneLargerBatch) { EXPECT_LT(largest_difference(train(20, 8, 1), train(20, 4, 2)), 1e-5); }

TEST(Trainer, SharedEncoderAccumulatesFromBothInputs) { EXPECT_LT(largest_difference(train(20, 8, 1, true), train(20, 2, 4, true)), 1e-5); }

TEST(Trainer, ModalityDropoutDependsOnStudiesOnly) {
  EXPECT_LT(largest_difference(train(20, 8, 1, false, 0.5), train(20, 4, 2, false, 0.5)), 1e-5);
  EXPECT_GT(largest_difference(train(20, 8, 1, false, 0.5), train(20, 8, 1, false, 0.0)), 1e-3);
}

TEST(Trainer, TwoRanksEqualOneWithDoubleBatch) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  auto group = dist::from_environment("cpu");
  ASSERT_EQ(group->size(), 2);
  // Rank 1 starts from other weights and must receive those of rank 0; every third study lacks input b, so one rank may have none of it.
  auto model = tiny_model(group->first() ? 1 : 99, false, 0.3);
  TinySource source(1, group->rank(), 2);
  Trainer trainer(*model, nullptr, source, *group, quick(), 20, 1, "fp32", at::kCPU);
  for (int i = 0; i < 20; ++i) trainer.step();
  EXPECT_LT(largest_difference(weights(*model), train(20, 2, 1, false, 0.3)), 1e-5);
}

TEST(Trainer, ResumesBitEqualFromDisk) {
  const auto run = std::filesystem::temp_directory_path() / ("chiasm_resume_" + std::to_string(getpid()));
  auto group = dist::single_process();
  {
    auto model = tiny_model(1, false, 0.3), average = tiny_model(1);
    TinySource source(4, 0, 1);
    Trainer trainer(*model, average.get(), source, *group, quick(), 20, 2, "fp32", at::kCPU);
    for (int i = 0; i < 7; ++i) trainer.step();
    save_checkpoint(run, trainer.state(), 2);
  }
  auto model = tiny_model(5, false, 0.3), average = tiny_model(6);
  TinySource source(4, 0, 1);
  Trainer trainer(*model, average.get(), source, *group, quick(), 20, 2, "fp32", at::kCPU);
  trainer.restore(*load_latest(run));
  EXPECT_EQ(trainer.done(), 7);
  while (trainer.done() < 20) trainer.step();

  auto whole = tiny_model(1, false, 0.3), whole_average = tiny_model(1);
  TinySource again(4, 0, 1);
  Trainer uninterrupted(*whole, whole_average.get(), again, *group, quick(), 20, 2, "fp32", at::kCPU);
  while (uninterrupted.done() < 20) uninterrupted.step();
  EXPECT_TRUE(equal_bits(weights(*model), weights(*whole)));
  EXPECT_TRUE(equal_bits(weights(*average), weights(*whole_average)));
  std::filesystem::remove_all(run);
}

struct BrokenSource : TinySource {
  using TinySource::TinySource;
  Batch next() override {
    Batch batch = TinySource::next();
    if (broken) batch.inputs["a"].values.fill_(std::nanf(""));
    return batch;
  }
  bool broken = false;
};

TEST(Trainer, SkipsNonFiniteStepsAndStopsAfterSeveral) {
  auto group = dist::single_process();
  auto model = tiny_model(1);
  BrokenSource source(4, 0, 1);
  Trainer trainer(*model, nullptr, source, *group, quick(), 50, 1, "fp32", at::kCPU);
  trainer.step();
  const auto before = weights(*model);
  source.broken = true;
  EXPECT_TRUE(trainer.step().skipped);
  EXPECT_TRUE(equal_bits(before, weights(*model)));
  for (int i = 0; i < 3; ++i) trainer.step();
  try {
    trainer.step();
    FAIL() << "five bad steps must stop the run";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("5 steps in a row had a non-finite gradient"), std::string::npos) << error.what();
  }
}

TEST(Checkpoint, WhatAKilledSaveLeftGoesWithTheNext) {
  const auto run = std::filesystem::temp_directory_path() / ("chiasm_left_" + std::to_string(getpid()));
  const auto left = run / "checkpoints/.tmp-1234-5-step_00000007";
  std::filesystem::create_directories(left);
  auto group = dist::single_process();
  auto model = tiny_model(1);
  TinySource source(4, 0, 1);
  Trainer trainer(*model, nullptr, source, *group, quick(), 20, 1, "fp32", at::kCPU);
  trainer.step();
  save_checkpoint(run, trainer.state(), 2);
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_EQ(load_latest(run)->facts.at("step"), 1);
  std::filesystem::remove_all(run);
}

TEST(Checkpoint, DamagedNewestFallsBackToTheOneBefore) {
  const auto run = std::filesystem::temp_directory_path() / ("chiasm_damage_" + std::to_string(getpid()));
  auto group = dist::single_process();
  auto model = tiny_model(1);
  TinySource source(4, 0, 1);
  Trainer trainer(*model, nullptr, source, *group, quick(), 20, 1, "fp32", at::kCPU);
  for (int i = 0; i < 3; ++i) {
    trainer.step();
    save_checkpoint(run, trainer.state(), 2);
  }
  EXPECT_FALSE(std::filesystem::exists(run / "checkpoints/step_00000001"));  // only two are kept
  const auto newest = run / "checkpoints/step_00000003/tensors.safetensors";
  {
    std::fstream file(newest, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(newest) / 2));
    file.put('\x5a');
  }
  EXPECT_EQ(load_latest(run)->facts.at("step"), 2);
  try {
    load_checkpoint(run / "checkpoints/step_00000003");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("tensors.safetensors: damaged"), std::string::npos) << error.what();
  }
  std::filesystem::remove_all(run);
}

}  // namespace
}  // namespace chiasm
