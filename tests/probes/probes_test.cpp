// The methods that the interfaces of core/ must carry, each trained on two ranks and alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/export/trace.h"
#include "core/infer/text_search.h"
#include "core/nn/linear.h"
#include "tests/probes/distillation.h"
#include "tests/probes/probe.h"
#include "tests/support/ranks.h"

namespace chiasm {
namespace {

using test::in_rank;
using test::Probe;
using test::run_ranks;
using test::small_batch;
using test::SmallModel;

const std::string small_vit = "kind: volume_vit\npatch: [4, 4, 4]\nwidth: 16\ndepth: 2\nheads: 2\n";

Probe probe_of(const SmallModel& parts, const Batch& batch) {
  Probe probe;
  probe.build = [parts] { return test::build_small(parts); };
  probe.batch = batch;
  return probe;
}

SmallModel only(const std::vector<std::string>& inputs) {
  SmallModel parts;
  for (auto item = parts.encoder_of.begin(); item != parts.encoder_of.end();)
    item = std::find(inputs.begin(), inputs.end(), item->first) == inputs.end() ? parts.encoder_of.erase(item) : std::next(item);
  return parts;
}

Batch whole_batch(int64_t studies) {
  test::SmallStudies how;
  how.whole = true;
  return small_batch(0, studies, how);
}

// No study from `first` on has the input.
Batch lacking_from(const Batch& batch, const std::string& name, int64_t first) {
  Batch out = batch;
  Input& input = out.inputs.at(name);
  const auto rows = std::lower_bound(input.rows.begin(), input.rows.end(), first) - input.rows.begin();
  input.values = input.values.narrow(0, 0, rows);
  input.valid = input.valid.narrow(0, 0, rows);
  input.where = input.where.narrow(0, 0, rows);
  input.rows.resize(static_cast<size_t>(rows));
  return out;
}

TEST(Probes, MaskedModellingOfVisiblePatchesOnly) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts = only({"ct"});
  parts.encoders["volume"] = small_vit;
  parts.tasks = {{"rebuild", "kind: masked_image\ninputs: [ct]\nwidth: 16\ndepth: 1\nheads: 2\n"}};
  Probe probe = probe_of(parts, small_batch(0, 6));
  test::expect_ranks_agree(probe);
}

TEST(Probes, MatchingWithHardNegatives) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts = only({"ct", "findings"});
  parts.tasks = {{"match", "kind: matching\npair: [ct, findings]\n"}};
  Probe probe = probe_of(parts, whole_batch(8));
  probe.decomposes = false;  // negatives come from the rank's batch
  test::expect_ranks_agree(probe);
}

TEST(Probes, ContrastiveOverTheStudiesOfAllRanks) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts = only({"ct", "findings"});
  parts.tasks = {{"align", "kind: contrastive\npair: [ct, findings]\nwidth: 8\n"}};
  test::expect_ranks_agree(probe_of(parts, small_batch(0, 8)));
}

TEST(Probes, TwoCropsAndATeacher) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts = only({"ct"});
  parts.encoders["volume"] = small_vit;
  Probe probe = probe_of(parts, small_batch(0, 6));
  probe.build = [parts] {
    auto model = test::build_small(parts);
    model->add_task({"distil", 1.0, std::make_shared<test::Distillation>("ct", model->width())});
    return model;
  };
  probe.teacher = true;
  const test::Course course = test::expect_ranks_agree(probe);
  const auto& task = dynamic_cast<test::Distillation&>(*course.model->tasks().front().task);
  EXPECT_GT(task.centre().abs().max().item<double>(), 0.0) << "after_step was not called";
  const auto& teacher = dynamic_cast<test::Distillation&>(*course.average->tasks().front().task);
  EXPECT_GT((task.centre() - teacher.centre()).abs().max().item<double>(), 0.0);  // buffers follow a step later
}

TEST(Probes, TwoInputsShareOneEncoder) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts = only({"ct"});
  parts.inputs["prior_ct"] = parts.inputs.at("ct");
  parts.encoder_of["prior_ct"] = "volume";
  parts.tasks = {{"classify", "kind: classify\ntargets: [signs]\ndetectors: 4\n"}};
  Batch batch = whole_batch(6);
  Input& prior = batch.inputs["prior_ct"] = batch.inputs.at("ct");
  prior.values = prior.values.flip(-1);
  prior.where = prior.where - 5.0;
  prior.where.select(1, 4).fill_(0.0);
  const test::Course course = test::expect_ranks_agree(probe_of(parts, batch));
  EXPECT_TRUE(course.model->shares_encoder("ct", "prior_ct"));
}

TEST(Probes, OneRankLacksAModality) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts;
  parts.tasks = {{"classify", "kind: classify\ntargets: [signs]\ndetectors: 4\n"},
                 {"segment", "kind: segment\ntarget: organs\nwidth: 8\n"}};
  const Batch batch = lacking_from(lacking_from(whole_batch(6), "xray", 3), "findings", 3);
  test::expect_ranks_agree(probe_of(parts, batch));
}

TEST(Probes, AdaptersTrainAndNothingElseDoesButTheHeads) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts;
  parts.tasks = {{"classify", "kind: classify\ntargets: [signs]\ndetectors: 4\n"}};
  Probe probe = probe_of(parts, small_batch(0, 6));
  probe.build = [parts] {
    auto model = test::build_small(parts);
    for (auto& item : model->named_parameters())
      if (!starts_with(item.key(), "task_")) item.value().requires_grad_(false);
    for (auto& item : model->named_modules())
      if (auto* linear = dynamic_cast<nn::Linear*>(item.value().get()); linear != nullptr && !starts_with(item.key(), "task_"))
        linear->adapt(2, 4.0);
    return model;
  };
  const auto start = probe.build();
  start->to(at::kDouble);
  const test::Named before = test::parameters_of(*start);
  const test::Course course = test::expect_ranks_agree(probe);
  for (const auto& [name, value] : test::parameters_of(*course.model)) {
    const bool trains = starts_with(name, "task_") || name.find("lora_") != std::string::npos;
    if (!trains) {
      EXPECT_TRUE(at::equal(value, before.at(name))) << name;
    }
    if (ends_with(name, "lora_b") && name.find(".time.") == std::string::npos) {  // all inputs are of today
      EXPECT_GT(value.abs().max().item<double>(), 0.0) << name;
    }
  }
}

TEST(Probes, CheckpointedBlocksTrainLikePlainOnes) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel plain = only({"ct", "findings"});
  plain.encoders["volume"] = small_vit;
  plain.tasks = {{"classify", "kind: classify\ntargets: [signs]\ndetectors: 4\n"}};
  SmallModel checkpointed = plain;
  checkpointed.encoders["volume"] += "checkpoint: true\n";
  checkpointed.encoders["text"] += "checkpoint: true\n";
  checkpointed.fusion += "checkpoint: true\n";
  const Batch batch = small_batch(0, 6);
  const auto group = dist::from_environment("cpu");
  const test::Course kept = test::expect_ranks_agree(probe_of(plain, batch), *group);
  const test::Course again = test::expect_ranks_agree(probe_of(checkpointed, batch), *group);
  for (size_t i = 0; i < kept.gradients.size(); ++i)
    EXPECT_LE(test::largest_difference(kept.gradients[i], again.gradients[i]), 1e-9) << "step " << i;
}

// The decoder step as an exported program, driven by the search that `chiasm predict` uses.
std::vector<infer::Generated> search_traced(Model& model, torch::jit::Module& step_module, const Program& program, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  Pass pass(model, batch);
  const auto memory = model.tasks().front().task->predict(pass, batch);
  std::vector<int64_t> kept = program.example[4].sizes().vec();
  kept[0] = batch.studies();
  kept[3] = 0;
  infer::SearchRules rules;
  rules.begin = TextIds::begin;
  rules.end = TextIds::end;
  rules.max_tokens = test::small_targets().at("summary").length - 1;
  rules.never = {TextIds::pad, TextIds::unknown, TextIds::begin, TextIds::mask};
  const infer::StepFunction step = [&](const at::Tensor& ids, int64_t place, std::vector<at::Tensor>& state) {
    const auto out = run_traced(step_module, {ids, at::full_like(ids, place), state[0], state[1], state[2], state[3]});
    state[2] = out[1];
    state[3] = out[2];
    return out[0];
  };
  return infer::beam_search(step, {memory.at("memory"), memory.at("memory_valid"), at::zeros(kept), at::zeros(kept)}, batch.studies(),
                            rules, {});
}

TEST(Probes, ABeamSearchStepIsAProgram) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  SmallModel parts = only({"ct", "labs"});
  parts.tasks = {{"report", "kind: report\ntarget: summary\nlayers: 2\nheads: 2\nwidth: 16\ndropout: 0\ndetectors: 4\n"}};
  Probe probe = probe_of(parts, whole_batch(6));
  const test::Course course = test::expect_ranks_agree(probe);
  Model& model = *course.model;
  model.to(at::kFloat);
  model.eval();
  const Program program = model.tasks().front().task->programs().front();
  torch::jit::Module module = trace(model, program);
  const Batch batch = whole_batch(5);
  Pass pass(model, batch);
  const Finding found = model.tasks().front().task->find(pass, batch);
  const auto texts = search_traced(model, module, program, batch);
  ASSERT_EQ(texts.size(), found.texts.size());
  size_t pieces = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(texts[i].ids, found.texts[i].ids) << i;
    pieces += texts[i].ids.size();
  }
  EXPECT_GT(pieces, 0u);
}

}  // namespace
}  // namespace chiasm
