// Features of frozen encoders: kept, equal to what the encoder gives, bounded, and without influence on what training computes.
#include "core/feature_memory.h"

#include <gtest/gtest.h>

#include "core/train/trainer.h"
#include "tests/support/tiny.h"

namespace chiasm {
namespace {

using test::tiny_batch;
using test::tiny_model;

constexpr int64_t plenty = int64_t{1} << 30;

struct CountingEncoder : test::TinyEncoder {
  CountingEncoder() : TinyEncoder(3, 8) {}
  Features encode(const Input& input) override {
    ++calls;
    return TinyEncoder::encode(input);
  }
  int64_t calls = 0;
};

// Four studies again and again, in another order every epoch of two batches.
class FourStudies : public BatchSource {
 public:
  Batch next() override {
    const int64_t epoch = position_ / 2, half = position_ % 2;
    ++position_;
    return tiny_batch(epoch % 2 == 0 ? 2 * half : 1 - half, 2);
  }
  void seek(int64_t position) override { position_ = position; }
  int64_t batches_per_epoch() const override { return 2; }
  double wait_seconds() const override { return 0; }

 private:
  int64_t position_ = 0;
};

void freeze_encoders(Model& model) {
  for (auto& item : model.named_parameters())
    if (item.key().rfind("encoder_", 0) == 0) item.value().requires_grad_(false);
}

std::unique_ptr<FeatureMemory> memory(int64_t bytes = plenty) {
  return std::make_unique<FeatureMemory>(std::set<std::string>{"a", "b"}, bytes);
}

// A run of frozen encoders: its model, and how to go on with it.
struct FrozenRun {
  explicit FrozenRun(int64_t bytes) : model(tiny_model(1, false, 0.3)), group(dist::single_process()) {
    freeze_encoders(*model);
    TrainConfig config;
    config.lr = 0.05;
    trainer = std::make_unique<Trainer>(*model, nullptr, source, *group, config, 8, 1, "fp32", at::kCPU);
    if (bytes > 0) trainer->keep_features(memory(bytes));
  }
  void steps(int64_t count) {
    for (int64_t i = 0; i < count; ++i) trainer->step();
  }
  std::shared_ptr<Model> model;
  FourStudies source;
  std::shared_ptr<dist::Group> group;
  std::unique_ptr<Trainer> trainer;
};

double largest_difference(const Model& a, const Model& b) {
  double largest = 0;
  const auto left = a.parameters(), right = b.parameters();
  for (size_t i = 0; i < left.size(); ++i) largest = std::max(largest, (left[i] - right[i]).abs().max().item<double>());
  return largest;
}

TEST(FeatureMemory, EveryStudyIsEncodedOnceWhateverItsBatch) {
  torch::manual_seed(1);
  CountingEncoder encoder;
  FeatureMemory kept({"a"}, plenty);
  const Batch batch = tiny_batch(0, 4);
  const at::Tensor all = kept.features("a", encoder, batch).tokens.values;
  EXPECT_EQ(encoder.calls, 4);
  EXPECT_TRUE(at::allclose(all, encoder.encode(batch.inputs.at("a")).tokens.values, 1e-6, 1e-7));
  const at::Tensor later = kept.features("a", encoder, tiny_batch(1, 2)).tokens.values;
  EXPECT_EQ(encoder.calls, 5) << "the comparison above alone";
  EXPECT_TRUE(at::equal(later, all.slice(0, 1, 3)));
  EXPECT_EQ(kept.studies(), 4);
  EXPECT_FALSE(all.requires_grad());
}

TEST(FeatureMemory, KeepsNoMoreThanItMay) {
  CountingEncoder encoder;
  const Batch batch = tiny_batch(0, 4);
  const Features one = encoder.encode(rows_of_study(batch.inputs.at("a"), 0, 1));
  encoder.calls = 0;
  FeatureMemory kept({"a"}, static_cast<int64_t>(one.tokens.values.nbytes() + one.tokens.valid.nbytes()) * 2);
  kept.features("a", encoder, batch);
  const at::Tensor again = kept.features("a", encoder, batch).tokens.values;
  EXPECT_EQ(kept.studies(), 2);
  EXPECT_EQ(encoder.calls, 4 + 2);
  EXPECT_TRUE(at::allclose(again, encoder.encode(batch.inputs.at("a")).tokens.values, 1e-6, 1e-7));
}

TEST(FeatureMemory, ServesWhatItWasToldTo) {
  EXPECT_TRUE(memory()->serves("b"));
  EXPECT_FALSE(FeatureMemory({"a"}, plenty).serves("b"));
  auto model = tiny_model(1);
  EXPECT_FALSE(is_frozen(model->encoder("a")));
  freeze_encoders(*model);
  EXPECT_TRUE(is_frozen(model->encoder("a")));
}

TEST(FeatureMemory, TrainingComputesTheSame) {
  FrozenRun with(plenty), without(0);
  const double before = largest_difference(*with.model, *without.model);
  with.steps(8);
  without.steps(8);
  EXPECT_EQ(before, 0);
  EXPECT_LT(largest_difference(*with.model, *without.model), 1e-5);
  EXPECT_GT(largest_difference(*with.model, *tiny_model(1, false, 0.3)), 1e-3) << "heads and fusion learnt";
}

TEST(FeatureMemory, AResumedRunComputesTheSameBits) {
  FrozenRun whole(plenty), first(plenty), second(plenty);
  whole.steps(8);
  first.steps(3);
  second.trainer->restore(first.trainer->state());
  second.steps(5);
  EXPECT_EQ(largest_difference(*whole.model, *second.model), 0);
}

TEST(FeatureMemory, FrozenPartsStayAsInUse) {
  auto model = tiny_model(1);
  freeze_encoders(*model);
  model->train();
  EXPECT_TRUE(model->is_training());
  EXPECT_FALSE(model->encoder("a").is_training());
  EXPECT_TRUE(model->fusion().is_training());
}

}  // namespace
}  // namespace chiasm
