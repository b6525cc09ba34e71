// What every task must hold, walked over one of each kind.
#include "tasks/tasks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <set>

#include "core/export/model_program.h"
#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "tests/support/scratch.h"
#include "tests/tasks/small_run.h"

namespace chiasm {
namespace {

using test::all_tasks;
using test::small_batch;
using test::small_run;

std::map<std::string, double> sums(Task& task, Model& model, const Batch& batch) {
  torch::NoGradGuard no_gradient;
  Pass pass(model, batch);
  std::map<std::string, double> out;
  for (const auto& [name, value] : task.losses(pass, batch)) out[name] = value.item<double>();
  return out;
}

at::Tensor total(Task& task, Model& model, const Batch& batch) {
  Pass pass(model, batch);
  at::Tensor sum;
  for (const auto& entry : task.losses(pass, batch)) sum = sum.defined() ? sum + entry.second : entry.second;
  return sum;
}

// Along a random direction in the space of all parameters the loss changes as its gradient says.
void expect_slope(Task& task, Model& model, const Batch& batch) {
  std::vector<at::Tensor> weights = task.parameters(), directions;
  const auto gradients = torch::autograd::grad({total(task, model, batch)}, weights);
  torch::NoGradGuard no_gradient;
  double expected = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    directions.push_back(at::randn_like(weights[i]));
    expected += (gradients[i] * directions[i]).sum().item<double>();
  }
  const auto moved = [&](double step) {
    for (size_t i = 0; i < weights.size(); ++i) weights[i].add_(directions[i], step);
    const double value = total(task, model, batch).item<double>();
    for (size_t i = 0; i < weights.size(); ++i) weights[i].sub_(directions[i], step);
    return value;
  };
  constexpr double step = 1e-6;
  EXPECT_NEAR(expected, (moved(step) - moved(-step)) / (2 * step), 1e-4 * (1.0 + std::abs(expected)));
}

TEST(Tasks, TheListHoldsAllOfThemWithHelp) {
  const auto run = small_run();
  std::set<std::string> listed;
  for (const auto& item : tasks()) {
    EXPECT_GT(item.help.size(), 15u) << item.name;
    listed.insert(item.name);
  }
  std::set<std::string> tested;
  for (const auto& entry : all_tasks(run.context)) tested.insert(entry.first);
  EXPECT_EQ(listed, tested);
}

TEST(Tasks, CountsAndLossesShareTheirKeys) {
  for (const bool vit : {false, true}) {
    const auto run = small_run(vit);
    const Batch batch = small_batch({0, 1, 2, 4, 5});
    for (const auto& [kind, task] : all_tasks(run.context)) {
      task->eval();
      std::set<std::string> counted, lost;
      for (const auto& [name, count] : task->counts(batch)) {
        counted.insert(name);
        EXPECT_GT(count, 0.0) << kind;
      }
      for (const auto& [name, value] : sums(*task, *run.model, batch)) {
        lost.insert(name);
        EXPECT_TRUE(std::isfinite(value) && value > 0) << kind;
      }
      EXPECT_EQ(counted, lost) << kind;
    }
  }
}

TEST(Tasks, SumsAddOverSplitBatches) {
  for (const bool vit : {false, true}) {
    const auto run = small_run(vit);
    const Batch whole = small_batch({0, 1, 2, 3, 4, 5}), first = small_batch({0, 1}), second = small_batch({2, 3, 4, 5});
    for (const auto& [kind, task] : all_tasks(run.context)) {
      task->eval();
      const auto counts = task->counts(whole), a_counts = task->counts(first), b_counts = task->counts(second);
      for (const auto& [name, count] : counts) EXPECT_DOUBLE_EQ(count, a_counts.at(name) + b_counts.at(name)) << kind;
      if (kind == "contrastive" || kind == "matching") continue;  // their negatives are the batch
      const auto a = sums(*task, *run.model, first), b = sums(*task, *run.model, second);
      for (const auto& [name, sum] : sums(*task, *run.model, whole))
        EXPECT_NEAR(sum, a.at(name) + b.at(name), 1e-3 * std::abs(sum)) << kind;
    }
  }
}

// Nothing known: labels unknown, or the targets not even in the batch; images, text and pairs absent.
TEST(Tasks, NothingKnownGivesZeroThatReachesEveryParameter) {
  for (const bool vit : {false, true}) {
    const auto run = small_run(vit);
    Batch unknown = small_batch({3, 7});  // no ct in either
    unknown.inputs["xray"].valid.zero_();
    unknown.inputs["findings"].valid.zero_();
    for (auto& entry : unknown.targets) entry.second.known.zero_();
    unknown.targets["disease"].values.fill_(std::nan(""));
    Batch bare = unknown;
    bare.targets.clear();
    for (const Batch& batch : {unknown, bare}) {
      for (const auto& [kind, task] : all_tasks(run.context)) {
        for (const auto& entry : task->counts(batch)) EXPECT_EQ(entry.second, 0.0) << kind;
        run.model->zero_grad();
        total(*task, *run.model, batch).backward();
        for (const auto& item : task->named_parameters()) {
          const at::Tensor gradient = item.value().grad();
          ASSERT_TRUE(gradient.defined()) << kind << " " << item.key();
          EXPECT_EQ(gradient.abs().max().item<double>(), 0.0) << kind << " " << item.key();
        }
        for (const auto& entry : sums(*task, *run.model, batch)) EXPECT_EQ(entry.second, 0.0) << kind;
      }
    }
  }
}

TEST(Tasks, EveryParameterLearns) {
  for (const bool vit : {false, true}) {
    const auto run = small_run(vit);
    const Batch batch = small_batch({0, 1, 2, 3, 4, 5});
    for (const auto& [kind, task] : all_tasks(run.context)) {
      total(*task, *run.model, batch).backward();
      for (const auto& item : task->named_parameters()) {
        ASSERT_TRUE(item.value().grad().defined()) << kind << " " << item.key();
        if (item.key().find("key.bias") != std::string::npos) continue;  // softmax does not feel a shift of all keys
        EXPECT_GT(item.value().grad().abs().max().item<double>(), 0.0) << kind << " " << item.key();
      }
    }
  }
}

TEST(Tasks, GradientsAgreeWithDifferences) {
  for (const bool vit : {false, true}) {
    const auto run = small_run(vit, 5);
    run.model->to(at::kDouble);
    const Batch batch = test::in_double(small_batch({0, 1, 3, 4}));
    for (const auto& [kind, task] : all_tasks(run.context)) {
      SCOPED_TRACE(kind);
      task->to(at::kDouble);
      task->eval();
      for (int draw = 0; draw < 3; ++draw) expect_slope(*task, *run.model, batch);
    }
  }
}

TEST(Tasks, PredictionsSeeNoTargetAndNoInputThatTheyMayNotRead) {
  const auto run = small_run();
  const Batch batch = small_batch({0, 1, 2, 4});
  Batch other = batch;
  other.inputs["findings"].values = other.inputs["findings"].values.flip({0});
  other.inputs["findings"].valid = at::ones_like(other.inputs["findings"].valid);
  other.targets["disease"].values = 1.0 - batch.targets.at("disease").values;
  other.targets["report"].values.fill_(7);
  other.targets["organs"].values.fill_(1);
  other.targets["organs"].known.fill_(true);
  Batch bare = other;
  bare.targets.clear();
  torch::NoGradGuard no_gradient;
  for (const auto& [kind, task] : all_tasks(run.context)) {
    task->eval();
    Pass pass(*run.model, batch);
    const auto expected = task->predict(pass, batch);
    EXPECT_EQ(expected.empty(), kind == "masked_image" || kind == "contrastive" || kind == "matching" || kind == "captioning") << kind;
    for (const Batch& changed : {other, bare}) {
      Pass again(*run.model, changed);
      for (const auto& [name, value] : task->predict(again, changed))
        EXPECT_TRUE(at::equal(value, expected.at(name))) << kind << " " << name;
    }
  }
}

// What a study gets does not depend on which inputs its neighbours have, and a hidden input is an absent one.
TEST(Tasks, PredictionsOfAStudyAreItsOwn) {
  const auto run = small_run();
  const std::vector<int64_t> numbers{0, 1, 3, 5, 6};
  const Batch whole = small_batch(numbers);
  torch::NoGradGuard no_gradient;
  for (const auto& [kind, task] : all_tasks(run.context)) {
    if (kind == "segment") continue;  // its predictions are rows of ct
    task->eval();
    Pass pass(*run.model, whole);
    const auto together = task->predict(pass, whole);
    for (size_t b = 0; b < numbers.size(); ++b) {
      const Batch alone = small_batch({numbers[b]});
      Pass single(*run.model, alone);
      for (const auto& [name, value] : task->predict(single, alone)) {
        if (value.scalar_type() == at::kBool || name == "memory") continue;  // the number of tokens follows the rows of the batch
        EXPECT_TRUE(at::allclose(value[0], together.at(name)[static_cast<int64_t>(b)], 1e-4, 1e-5)) << kind << " study " << numbers[b];
      }
    }
  }
}

TEST(Tasks, AHiddenInputIsAnAbsentOne) {
  const auto run = small_run();
  const Batch batch = small_batch({0, 1, 4});
  Batch without = batch;
  without.inputs["ct"].values = at::zeros_like(batch.inputs.at("ct").values);
  without.inputs["ct"].valid = at::zeros_like(batch.inputs.at("ct").valid);
  torch::NoGradGuard no_gradient;
  for (const auto& [kind, task] : all_tasks(run.context)) {
    task->eval();
    Pass full(*run.model, batch);
    task->predict(full, batch);
    Pass hidden(full, {"ct"}), absent(*run.model, without);
    const auto expected = task->predict(absent, without);
    for (const auto& [name, value] : task->predict(hidden, batch)) {
      EXPECT_TRUE(at::allclose(value.to(at::kFloat), expected.at(name).to(at::kFloat), 1e-5, 1e-6)) << kind << " " << name;
      EXPECT_TRUE(value.to(at::kFloat).isfinite().all().item<bool>()) << kind;
    }
    for (const auto& mask : task->find(hidden, batch).masks) EXPECT_NE(mask.on, "ct");
  }
}

TEST(Tasks, PredictionsAreTraceableAtOtherBatchSizes) {
  for (const bool vit : {false, true}) {
    const auto run = small_run(vit);
    for (const auto& [kind, task] : all_tasks(run.context))
      if (kind == "classify" || kind == "segment" || kind == "report") run.model->add_task({kind, 1.0, task});
    run.model->eval();
    torch::NoGradGuard no_gradient;
    const Program program = model_program(*run.model);
    torch::jit::Module traced = trace(*run.model, program);
    for (const std::vector<std::string>& absent : {std::vector<std::string>{}, {"ct"}, {"xray", "labs"}}) {
      auto inputs = example_inputs(*run.model, 3, 9, absent);
      for (size_t i = 2; i < inputs.size(); i += 3) inputs[i].select(-1, 3).fill_(-40.0);  // days before now
      const auto expected = program.run(inputs), got = run_traced(traced, inputs);
      for (size_t i = 0; i < got.size(); ++i)
        EXPECT_TRUE(at::allclose(got[i].to(at::kFloat), expected[i].to(at::kFloat), 1e-4, 1e-5)) << program.outputs[i];
    }
    const Scratch folder;
    EXPECT_NO_THROW(write_onnx(folder / "model.onnx", traced, program));
  }
}

}  // namespace
}  // namespace chiasm
