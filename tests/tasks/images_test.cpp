// Masked modelling, evidence of images, classification and segmentation: what they see, and that they learn.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/nn/patch_embed.h"
#include "tasks/classify.h"
#include "tasks/evidence.h"
#include "tasks/map_supervision.h"
#include "tasks/masked_image.h"
#include "tasks/segment.h"
#include "tests/tasks/small_run.h"

namespace chiasm {
namespace {

// Passes on what another encoder gives and remembers the last input.
struct Recorder : Encoder {
  explicit Recorder(Encoder& inner) : inner(inner) {}
  Shape shape() const override { return inner.shape(); }
  std::array<int64_t, 3> grid() const override { return inner.grid(); }
  Features encode(const Input& input) override {
    seen = input;
    return inner.encode(input);
  }
  Encoder& inner;
  Input seen;
};

struct MaskedRun {
  test::SmallRun run;
  std::shared_ptr<Recorder> recorder;
  std::shared_ptr<Model> model;
  std::shared_ptr<Task> task;
  explicit MaskedRun(bool vit) : run(test::small_run(vit)) {
    recorder = std::make_shared<Recorder>(run.model->encoder("ct"));
    ModelParts parts;
    parts.inputs = {{"ct", run.context.inputs.at("ct")}};
    parts.width = 16;
    parts.encoders["ct"] = recorder;
    parts.encoder_of["ct"] = "ct";
    parts.fusion = std::make_shared<NoFusion>();
    model = std::make_shared<Model>(parts);
    MaskedImageConfig config;
    config.inputs = {"ct"};
    config.block = 4;
    config.depth = 1;
    config.width = 12;
    config.heads = 2;
    task = build(config, run.context);
  }
  struct NoFusion : Fusion {
    Tokens fuse(const std::map<std::string, Tokens>& inputs) override { return inputs.begin()->second; }
  };
  double loss(const Batch& batch) {
    Pass pass(*model, batch);
    return task->losses(pass, batch).at("ct").item<double>();
  }
};

TEST(MaskedImage, PatchEncodersSeeTheKeptPatchesOnly) {
  torch::NoGradGuard no_gradient;
  MaskedRun m(true);
  const Batch batch = test::small_batch({0, 1, 5});
  m.loss(batch);
  const at::Tensor keep = m.recorder->seen.keep;
  ASSERT_EQ(keep.sizes(), (std::vector<int64_t>{3, 2}));  // a quarter of 2x2x2 patches
  for (int64_t r = 0; r < 3; ++r) EXPECT_LT(keep[r][0].item<int64_t>(), keep[r][1].item<int64_t>());
  // The mask follows the study's key, wherever the study stands.
  m.loss(test::small_batch({5, 4}));
  EXPECT_TRUE(at::equal(m.recorder->seen.keep[0], keep[2]));
}

TEST(MaskedImage, OtherEncodersSeeZerosInTheHiddenBlocks) {
  torch::NoGradGuard no_gradient;
  MaskedRun m(false);
  const Batch batch = test::small_batch({1, 5});
  m.loss(batch);
  const at::Tensor blocks = nn::patchify(m.recorder->seen.values, {4, 4, 4}), whole = nn::patchify(batch.inputs.at("ct").values, {4, 4, 4});
  const at::Tensor hidden = (blocks == 0).all(2);
  EXPECT_TRUE(at::equal(hidden.sum(1), at::full({2}, 6, at::kLong)));
  EXPECT_TRUE(at::equal(blocks.masked_fill(hidden.unsqueeze(-1), 0.0), whole.masked_fill(hidden.unsqueeze(-1), 0.0)));
  EXPECT_FALSE(m.recorder->seen.keep.defined());
}

TEST(MaskedImage, LearnsToRebuildWhatNeighboursTell) {
  for (const bool vit : {false, true}) {
    MaskedRun m(vit);
    // Waves along W that continue from block to block: hidden ones follow from the others.
    Batch batch = test::small_batch({1, 5, 9, 13});
    const at::Tensor phase = at::arange(4, at::kFloat).reshape({4, 1, 1, 1, 1});
    batch.inputs["ct"].values =
        (at::arange(8, at::kFloat).reshape({1, 1, 1, 1, 8}) * 1.57 + phase).sin().expand({4, 1, 8, 8, 8}).contiguous();
    std::vector<at::Tensor> weights = m.model->parameters();
    for (const at::Tensor& weight : m.task->parameters()) weights.push_back(weight);
    torch::optim::Adam optimizer(weights, torch::optim::AdamOptions(1e-2));
    const double before = m.loss(batch), count = m.task->counts(batch).at("ct");
    for (int step = 0; step < 60; ++step) {
      optimizer.zero_grad();
      Pass pass(*m.model, batch);
      (m.task->losses(pass, batch).at("ct") / count).backward();
      optimizer.step();
    }
    EXPECT_GT(before / count, 0.7);
    EXPECT_LT(m.loss(batch) / count, 0.3) << (vit ? "patches" : "maps");
  }
}

struct EvidenceOf {
  std::shared_ptr<ImageEvidence> module;
  EvidenceOf() {
    torch::manual_seed(2);
    InputSpec input;
    input.size = {4, 8, 8};
    Shape shape;
    shape.maps = {{3, {1, 1, 1}}, {5, {2, 2, 2}}};
    module = std::make_shared<ImageEvidence>(input, shape, 4, 6);
  }
  std::vector<at::Tensor> maps(int64_t rows) const { return {at::randn({rows, 3, 4, 8, 8}), at::randn({rows, 5, 2, 4, 4})}; }
};

TEST(Evidence, PaddingHasNoInfluence) {
  torch::NoGradGuard no_gradient;
  const EvidenceOf e;
  std::vector<at::Tensor> maps = e.maps(2);
  at::Tensor valid = at::ones({2, 4, 8, 8}, at::kBool);
  valid.narrow(3, 6, 2).zero_();
  const at::Tensor before = e.module->forward(maps, valid);
  maps[0].narrow(4, 6, 2).fill_(50.0);
  maps[1].narrow(4, 3, 1).fill_(-50.0);
  EXPECT_TRUE(at::allclose(e.module->forward(maps, valid), before, 1e-5, 1e-6));
  maps[0].narrow(4, 5, 1).fill_(50.0);
  EXPECT_FALSE(at::allclose(e.module->forward(maps, valid), before, 1e-3, 1e-3));
}

TEST(Evidence, OneVoxelIsSeenAndItsPlaceTold) {
  torch::NoGradGuard no_gradient;
  const EvidenceOf e;
  const std::vector<at::Tensor> empty{at::zeros({1, 3, 4, 8, 8}), at::zeros({1, 5, 2, 4, 4})};
  const at::Tensor nothing = e.module->forward(empty, {});
  std::vector<at::Tensor> left = {empty[0].clone(), empty[1]}, right = {empty[0].clone(), empty[1]};
  left[0].select(4, 0).select(3, 2).select(2, 1).fill_(20.0);
  right[0].select(4, 7).select(3, 2).select(2, 1).fill_(20.0);
  EXPECT_FALSE(at::allclose(e.module->forward(left, {}), nothing, 1e-2, 1e-2));
  EXPECT_FALSE(at::allclose(e.module->forward(left, {}), e.module->forward(right, {}), 1e-2, 1e-2));
}

TEST(Classify, StartsAtThePriorsAndFindsWhatItPredicts) {
  auto run = test::small_run();
  ClassifyConfig config;
  config.targets = {"disease"};
  config.detectors = 3;
  const auto task = build(config, run.context);
  torch::NoGradGuard no_gradient;
  for (auto& item : task->named_parameters())
    if (item.key().find("head_disease.weight") != std::string::npos) item.value().zero_();
  const Batch batch = test::small_batch({0, 1});
  Pass pass(*run.model, batch);
  const at::Tensor chances = task->predict(pass, batch).at("disease.probabilities");
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t k = 0; k < 3; ++k)
      EXPECT_NEAR(chances[b][k].item<double>(), run.context.targets.at("disease").priors[static_cast<size_t>(k)], 1e-6);
  const Finding found = task->find(pass, batch);
  ASSERT_EQ(found.scores.size(), 6u);
  const Target& target = batch.targets.at("disease");
  for (size_t i = 0; i < 6; ++i) {
    const auto& score = found.scores[i];
    const int64_t k = static_cast<int64_t>(i) % 3;
    EXPECT_EQ(score.target, run.context.targets.at("disease").classes[static_cast<size_t>(k)]);
    EXPECT_NEAR(score.score, chances[score.study][k].item<double>(), 1e-6);
    EXPECT_EQ(std::isnan(score.label), !target.known[score.study][k].item<bool>());
  }
}

// With every other weight of the head at zero, the table still moves the answer, and does not once it is hidden.
TEST(Classify, ADirectInputReachesTheHeadBesideTheFusion) {
  auto run = test::small_run();
  ClassifyConfig config;
  config.targets = {"disease"};
  config.direct = {"labs"};
  const auto task = build(config, run.context);
  torch::NoGradGuard no_gradient;
  for (auto& item : task->named_parameters())
    if (item.key().find("head_disease.weight") != std::string::npos) {
      const int64_t beside = item.value().size(1) - (run.context.width + 1);
      item.value().narrow(1, 0, beside).zero_();
    }
  const Batch batch = test::small_batch({0, 1});
  Batch changed = batch;
  changed.inputs.at("labs").values = changed.inputs.at("labs").values + 1.0;
  const auto logits = [&](const Batch& studies, const std::vector<std::string>& hidden) {
    PassOptions options;
    options.hidden = hidden;
    Pass pass(*run.model, studies, options);
    return task->predict(pass, studies).at("disease.logits");
  };
  EXPECT_GT((logits(batch, {}) - logits(changed, {})).abs().max().item<double>(), 1e-3);
  EXPECT_GT((logits(batch, {}) - logits(batch, {"labs"})).abs().max().item<double>(), 1e-3);
  EXPECT_TRUE(at::equal(logits(batch, {"labs"}), logits(changed, {"labs"})));
}

TEST(Classify, ADirectInputIsAmongItsInputs) {
  auto run = test::small_run();
  ClassifyConfig config;
  config.targets = {"disease"};
  config.direct = {"lab"};
  try {
    build(config, run.context);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "task 'task': 'direct' names 'lab', which is not among its inputs; did you mean 'labs'?; inputs: ct, xray, labs");
  }
}

TEST(Segment, LearnsAThresholdAndMarksUnknownVoxels) {
  auto run = test::small_run();
  SegmentConfig config;
  config.target = "organs";
  config.width = 8;
  const auto task = build(config, run.context);
  run.model->add_task({"segment", 1.0, task});
  run.model->train();
  const Batch batch = test::small_batch({0, 1, 3, 5});
  torch::optim::Adam optimizer(run.model->parameters(), torch::optim::AdamOptions(1e-2));
  for (int step = 0; step < 40; ++step) {
    optimizer.zero_grad();
    Pass pass(*run.model, batch);
    const auto losses = task->losses(pass, batch);
    (losses.at("dice") + losses.at("entropy")).backward();
    optimizer.step();
  }
  run.model->eval();
  torch::NoGradGuard no_gradient;
  Pass pass(*run.model, batch);
  const Finding found = task->find(pass, batch);
  ASSERT_EQ(found.masks.size(), 3u);  // study 3 has no ct
  EXPECT_EQ(found.masks[0].study, 0);
  EXPECT_EQ(found.masks[2].study, 3);
  EXPECT_TRUE((found.masks[0].truth.narrow(0, 6, 2) == 255).all().item<bool>());
  for (const auto& mask : found.masks) {
    const at::Tensor known = mask.truth != 255;
    const double right = (mask.classes == mask.truth).logical_and(known).sum().item<double>() / known.sum().item<double>();
    EXPECT_GT(right, 0.85);
    EXPECT_EQ(mask.on, "ct");
  }
}

// A cell of a map knows a class when any of its voxels has it; cells with unknown voxels do not count, and rows without any add nothing.
TEST(MapSupervision, AsksEveryCellWhatItHolds) {
  InputSpec input;
  input.size = {4, 4, 4};
  Shape shape;
  shape.maps = {{3, {1, 1, 1}}, {5, {4, 4, 4}}};  // the coarse map holds one cell: no places to tell
  const auto held = std::make_shared<MapSupervision>(input, shape, 2);
  MapSupervision& supervision = *held;
  ASSERT_EQ(supervision.children().size(), 1u);
  const at::NoGradGuard no_gradient;
  for (at::Tensor& weight : supervision.parameters()) weight.zero_();
  at::Tensor mask = at::zeros({2, 4, 4, 4}, at::kLong), known = at::zeros({2, 4, 4, 4}, at::kBool);
  mask[0][1][2][3] = 2;
  known[0].fill_(true);
  const std::vector<at::Tensor> maps{at::randn({2, 3, 4, 4, 4}), at::randn({2, 5, 1, 1, 1})};
  EXPECT_NEAR(supervision.loss_sum(maps, mask, known).item<double>(), std::log(2.0), 1e-6);  // probability one half everywhere
  supervision.named_parameters()["head0.bias"].fill_(-20.0);                                 // nothing is anywhere
  const double missed = supervision.loss_sum(maps, mask, known).item<double>();
  EXPECT_NEAR(missed, 20.0 / 2 / 2, 1e-4);  // the cells with the class count as much as those without; one of two classes
  known[0][1][2][3] = false;
  EXPECT_NEAR(supervision.loss_sum(maps, mask, known).item<double>(), 0.0, 1e-6);
}

TEST(Segment, DeepSupervisionReachesTheEncoderAlone) {
  auto run = test::small_run();
  SegmentConfig config;
  config.target = "organs";
  config.width = 8;
  config.deep = 1.0;
  const auto task = build(config, run.context);
  run.model->add_task({"segment", 1.0, task});
  const Batch batch = test::small_batch({0, 1});
  EXPECT_EQ(task->counts(batch).at("deep"), task->counts(batch).at("dice"));
  Pass pass(*run.model, batch);
  task->losses(pass, batch).at("deep").backward();
  for (const auto& item : run.model->named_parameters()) {
    const bool reached = item.value().grad().defined() && item.value().grad().abs().sum().item<double>() > 0;
    const bool decoder = item.key().find("decoder") != std::string::npos, deep = item.key().find(".deep_ct.") != std::string::npos;
    EXPECT_FALSE(decoder && reached) << item.key();
    EXPECT_TRUE(!deep || reached) << item.key();
  }
}

// What fills less than it must counts as not found; what fills more stays voxel for voxel.
TEST(Segment, SpecksAreNotFound) {
  auto run = test::small_run();
  run.context.targets.at("organs").priors.clear();  // no class is rarer than another before training
  SegmentConfig config;
  config.target = "organs";
  config.width = 8;
  const Batch batch = test::small_batch({0});
  const auto found_with = [&](const std::map<std::string, double>& least) {
    torch::manual_seed(2);
    config.least_ml = least;
    const auto task = build(config, run.context);
    torch::NoGradGuard no_gradient;
    Pass pass(*run.model, batch);
    return task->find(pass, batch).masks.at(0).classes;
  };
  const at::Tensor plain = found_with({});
  const std::string name = run.context.targets.at("organs").classes.front();
  const std::array<double, 3>& mm = run.context.inputs.at("ct").spacing_mm;
  const double voxel_ml = mm[0] * mm[1] * mm[2] / 1000, filled = (plain == 1).sum().item<double>() * voxel_ml;
  ASSERT_GT(filled, 0);
  EXPECT_TRUE(at::equal(found_with({{name, filled}}), plain));
  EXPECT_TRUE(at::equal(found_with({{name, filled + voxel_ml / 2}}), plain.masked_fill(plain == 1, 0)));
  config.least_ml = {{"liverr", 1.0}};
  EXPECT_THROW(build(config, run.context), UsageError);
}

}  // namespace
}  // namespace chiasm
