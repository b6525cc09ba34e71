// What every task of the list promises (core/task.h), on small studies that lack inputs, labels and rows.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/export/model_program.h"
#include "core/export/parity.h"
#include "core/export/trace.h"
#include "tasks/tasks.h"
#include "tests/contract/task_parts.h"
#include "tests/support/parts/onnx_cases.h"

namespace chiasm {
namespace {

using test::model_of;
using test::small_batch;
using test::task_parts;
using test::TaskPart;
using Values = std::map<std::string, at::Tensor>;

Task& task_of(Model& model) { return *model.tasks().front().task; }

Values losses(Model& model, const Batch& batch) {
  Pass pass(model, batch);
  return task_of(model).losses(pass, batch);
}

Values predict(Model& model, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  Pass pass(model, batch);
  return task_of(model).predict(pass, batch);
}

Batch without_targets(Batch batch) {
  batch.targets.clear();
  return batch;
}

Batch nothing_known(Batch batch) {
  for (auto& entry : batch.targets) entry.second.known = at::zeros_like(entry.second.known);
  return batch;
}

// Other answers of the same shape.
Batch other_answers(Batch batch) {
  for (auto& entry : batch.targets) {
    at::Tensor& values = entry.second.values;
    values = values.is_floating_point() ? 1.0 - values : (values > 0).to(at::kLong) + 1;
  }
  return batch;
}

Batch nothing_present() {
  test::SmallStudies how;
  for (const auto& entry : test::small_inputs()) how.without.insert(entry.first);
  return nothing_known(small_batch(0, 2, how));
}

void expect_equal_bits(const Values& a, const Values& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, value] : a) EXPECT_TRUE(at::equal(value, b.at(name))) << name;
}

void expect_gradient_of_every_parameter(Model& model, const Values& sums) {
  at::Tensor total = at::zeros({});
  for (const auto& entry : sums) total = total + entry.second.to(at::kFloat);
  model.zero_grad();
  total.backward();
  for (const auto& item : task_of(model).named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

std::string refusal(const TaskPart& part, const TaskContext& context) {
  try {
    test::build_part(tasks(), part.yaml, context);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

// All named at once, as a run's file does.
std::string with_inputs(const TaskPart& part, Model& model) {
  std::string yaml = part.yaml;
  if (yaml.find("inputs:") == std::string::npos && yaml.find("pair:") == std::string::npos) {
    std::string names;
    for (const std::string& name : task_of(model).reads()) names += (names.empty() ? "" : ", ") + name;
    yaml += "inputs: [" + names + "]\n";
  }
  return yaml;
}

TEST(Tasks, ReadInputsAndNeedTargetsOfTheRun) {
  for (const TaskPart& part : task_parts()) {
    SCOPED_TRACE(part.kind);
    auto model = model_of(part);
    EXPECT_FALSE(task_of(*model).reads().empty());
    for (const std::string& name : task_of(*model).reads()) EXPECT_TRUE(model->inputs().count(name)) << name;
    for (const std::string& name : task_of(*model).needs()) EXPECT_TRUE(test::small_targets().count(name)) << name;
  }
}

TEST(Tasks, LossesAreFiniteSumsWithACountEach) {
  for (const TaskPart& part : task_parts())
    for (const bool patches : {false, true}) {
      if (patches && part.kind == "segment") continue;  // maps at stride 4 only are covered by its own tests
      SCOPED_TRACE(part.kind);
      auto model = model_of(part, patches);
      const Batch batch = small_batch(0, 4);
      const auto counts = task_of(*model).counts(batch);
      const Values sums = losses(*model, batch);
      ASSERT_FALSE(sums.empty());
      ASSERT_EQ(sums.size(), counts.size());
      for (const auto& [name, sum] : sums) {
        ASSERT_TRUE(counts.count(name)) << name;
        EXPECT_GT(counts.at(name), 0.0) << name;
        EXPECT_EQ(sum.dim(), 0) << name;
        EXPECT_TRUE(std::isfinite(sum.item<double>())) << name;
        EXPECT_GT(sum.item<double>(), 0.0) << name;
      }
      expect_gradient_of_every_parameter(*model, sums);
    }
}

TEST(Tasks, LossesAndCountsOfPartsAddUp) {
  for (const TaskPart& part : task_parts()) {
    SCOPED_TRACE(part.kind);
    auto model = model_of(part);
    model->eval();
    const Batch whole = small_batch(0, 6), first = test::part_of(whole, 0, 2), rest = test::part_of(whole, 2, 4);
    const auto counts = task_of(*model).counts(whole), count_a = task_of(*model).counts(first), count_b = task_of(*model).counts(rest);
    for (const auto& [name, count] : counts) EXPECT_DOUBLE_EQ(count, count_a.at(name) + count_b.at(name)) << name;
    if (!part.decomposes) continue;
    const Values all = losses(*model, whole), a = losses(*model, first), b = losses(*model, rest);
    for (const auto& [name, sum] : all) {
      const double together = sum.item<double>(), apart = a.at(name).item<double>() + b.at(name).item<double>();
      EXPECT_NEAR(together, apart, 2e-5 * (1.0 + std::abs(together))) << name;
    }
  }
}

TEST(Tasks, NothingKnownIsZeroAndStillConnected) {
  for (const TaskPart& part : task_parts()) {
    const bool has_target = !task_of(*model_of(part)).needs().empty();
    std::vector<Batch> batches{nothing_present(), without_targets(nothing_present())};
    if (has_target) batches.insert(batches.end(), {nothing_known(small_batch(0, 3)), without_targets(small_batch(0, 3))});
    for (size_t i = 0; i < batches.size(); ++i) {
      SCOPED_TRACE(part.kind + ", case " + std::to_string(i));
      auto model = model_of(part);
      for (const auto& entry : task_of(*model).counts(batches[i])) EXPECT_EQ(entry.second, 0.0) << entry.first;
      const Values sums = losses(*model, batches[i]);
      for (const auto& [name, sum] : sums) EXPECT_EQ(sum.item<double>(), 0.0) << name;
      expect_gradient_of_every_parameter(*model, sums);
      for (const auto& item : model->named_parameters())
        if (item.value().grad().defined()) {
          EXPECT_EQ(item.value().grad().abs().max().item<double>(), 0.0) << item.key();
        }
    }
  }
}

TEST(Tasks, AnyInputMayBeMissing) {
  for (const TaskPart& part : task_parts())
    for (const auto& gone : test::small_inputs()) {
      SCOPED_TRACE(part.kind + " without " + gone.first);
      auto model = model_of(part);
      test::SmallStudies how;
      how.whole = true;
      how.without = {gone.first};
      const Batch batch = small_batch(0, 3, how);
      for (const auto& [name, sum] : losses(*model, batch)) EXPECT_TRUE(std::isfinite(sum.item<double>())) << name;
      model->eval();
      for (const auto& [name, value] : predict(*model, batch)) EXPECT_TRUE(value.to(at::kFloat).isfinite().all().item<bool>()) << name;
    }
}

TEST(Tasks, HiddenTargetsChangeNoPrediction) {
  for (const TaskPart& part : task_parts()) {
    SCOPED_TRACE(part.kind);
    auto model = model_of(part);
    model->eval();
    const Batch batch = small_batch(0, 4), other = other_answers(batch), blind = without_targets(batch);
    expect_equal_bits(predict(*model, batch), predict(*model, other));
    expect_equal_bits(predict(*model, batch), predict(*model, blind));
    Pass seen(*model, batch), unseen(*model, blind);
    const Finding with = task_of(*model).find(seen, batch), without = task_of(*model).find(unseen, blind);
    ASSERT_EQ(with.scores.size(), without.scores.size());
    for (size_t i = 0; i < with.scores.size(); ++i) EXPECT_EQ(with.scores[i].raw, without.scores[i].raw);
    ASSERT_EQ(with.masks.size(), without.masks.size());
    for (size_t i = 0; i < with.masks.size(); ++i) EXPECT_TRUE(at::equal(with.masks[i].classes, without.masks[i].classes));
    ASSERT_EQ(with.texts.size(), without.texts.size());
    for (size_t i = 0; i < with.texts.size(); ++i) EXPECT_EQ(with.texts[i].ids, without.texts[i].ids);
  }
}

TEST(Tasks, InputsThatATaskDoesNotReadChangeNothing) {
  for (const TaskPart& part : task_parts()) {
    if (part.yaml.find("pair") == std::string::npos && part.yaml.find("inputs") == std::string::npos) continue;
    SCOPED_TRACE(part.kind);
    auto model = model_of(part);
    model->eval();
    Batch batch = small_batch(0, 4), other = batch;
    const std::vector<std::string> read = task_of(*model).reads();
    for (auto& [name, input] : other.inputs)
      if (std::find(read.begin(), read.end(), name) == read.end()) input = test::random_rows(model->inputs().at(name), 4, 77);
    expect_equal_bits(losses(*model, batch), losses(*model, other));
    expect_equal_bits(predict(*model, batch), predict(*model, other));
  }
}

TEST(Tasks, RefuseInputsThatTheirTargetIsDerivedFrom) {
  int refused = 0;
  for (const TaskPart& part : task_parts()) {
    auto model = model_of(part);
    for (const std::string& target : task_of(*model).needs())
      for (const std::string& input : task_of(*model).reads()) {
        SCOPED_TRACE(part.kind + " reads " + input);
        TaskContext context = test::small_context(*model, "task");
        context.targets.at(target).derived_from = {input};
        const std::string message = refusal(part, context);
        EXPECT_NE(message.find("task 'task' may not read input '" + input + "'"), std::string::npos) << message;
        EXPECT_NE(message.find("target '" + target + "' is derived from it"), std::string::npos) << message;
        ++refused;
      }
  }
  EXPECT_GE(refused, 4);
}

TEST(Tasks, SupervisedOnesRefuseWhatIsWrittenAfterReading) {
  int refused = 0, allowed = 0;
  for (TaskPart part : task_parts()) {
    auto model = model_of(part);
    part.yaml = with_inputs(part, *model);
    for (const std::string& input : task_of(*model).reads()) {
      SCOPED_TRACE(part.kind + " reads " + input);
      TaskContext context = test::small_context(*model, "task");
      context.inputs.at(input).after_reading = true;
      const std::string message = refusal(part, context);
      if (part.supervised) {
        EXPECT_NE(message.find("it is written after the images are read"), std::string::npos) << message;
        ++refused;
      } else {
        EXPECT_EQ(message, "");
        ++allowed;
      }
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(allowed, 0);
}

TEST(Tasks, UnknownNamesAreRefusedWithTheNearOne) {
  for (const TaskPart& part : task_parts()) {
    SCOPED_TRACE(part.kind);
    auto model = model_of(part);
    TaskContext context = test::small_context(*model, "task");
    const std::string name = task_of(*model).reads().front();
    const auto kept = context.inputs.extract(name);
    const std::string message = refusal({part.kind, with_inputs(part, *model), false, true}, context);
    EXPECT_NE(message.find("'" + name + "'"), std::string::npos) << message;
  }
}

TEST(Tasks, PredictionsAreTheSameInTorchScriptAndOnnx) {
  test::OnnxCases cases;
  int exported = 0;
  for (const TaskPart& part : task_parts()) {
    if (!part.supervised) continue;
    SCOPED_TRACE(part.kind);
    ++exported;
    auto model = model_of(part);
    const Program program = model_program(*model);
    torch::jit::Module traced = trace(*model, program);
    EXPECT_EQ(check_parity(*model, program, traced).size(), 2 + read_inputs(*model).size());
    std::map<std::string, std::vector<at::Tensor>> inputs{{"three", example_inputs(*model, 3, 5)},
                                                          {"studies", program_inputs(*model, small_batch(0, 4))}};
    for (const std::string& name : read_inputs(*model)) inputs["without_" + name] = example_inputs(*model, 3, 5, {name});
    cases.add(part.kind, *model, program, inputs);
  }
  EXPECT_GT(exported, 0);
  if (!test::OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

}  // namespace
}  // namespace chiasm
