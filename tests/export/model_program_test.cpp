// The exported model and decoder step against the C++ model: TorchScript here, ONNX in onnxruntime.
#include "core/export/model_program.h"

#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/export/onnx.h"
#include "core/export/parity.h"
#include "core/export/trace.h"
#include "core/nn/linear.h"
#include "tests/support/parts/onnx_cases.h"
#include "tests/support/parts/small.h"

namespace chiasm {
namespace {

using test::build_small;
using test::OnnxCases;
using test::small_batch;
using test::SmallModel;
using CaseInputs = std::map<std::string, std::vector<at::Tensor>>;

SmallModel whole_model() {
  SmallModel parts;
  parts.tasks = {{"signs", "kind: classify\ntargets: [signs]\n"},
                 {"organs", "kind: segment\ntarget: organs\nwidth: 8\n"},
                 {"report", "kind: report\ntarget: summary\ninputs: [ct, xray, labs]\nlayers: 2\nheads: 2\nwidth: 16\n"}};
  return parts;
}

// Two batch sizes, real studies, every input missing in turn, and all of them.
CaseInputs all_cases(const Model& model) {
  const std::vector<std::string> names = read_inputs(model);
  CaseInputs cases{{"one", example_inputs(model, 1, 3)},
                   {"five", example_inputs(model, 5, 4)},
                   {"studies", program_inputs(model, small_batch(0, 6))},
                   {"nothing", example_inputs(model, 3, 5, names)}};
  for (const std::string& name : names) cases["without_" + name] = example_inputs(model, 3, 6, {name});
  return cases;
}

TEST(ModelProgram, NamesInputsAndOutputs) {
  auto model = build_small(whole_model());
  const Program program = model_program(*model);
  ASSERT_EQ(program.inputs.size(), 12u);
  EXPECT_EQ(std::vector<std::string>(program.inputs.begin(), program.inputs.begin() + 3),
            (std::vector<std::string>{"ct", "ct_valid", "ct_where"}));
  EXPECT_EQ(program.outputs, (std::vector<std::string>{"embedding", "organs_logits", "report_memory", "report_memory_valid",
                                                       "signs_signs.logits", "signs_signs.probabilities"}));
  EXPECT_EQ(program.example.at(9).sizes(), (std::vector<int64_t>{2, 2, 1, 1, 32, 32}));  // two rows a study
}

TEST(ModelProgram, ABatchGivesWhatTheModelPredicts) {
  auto model = build_small(whole_model());
  const Program program = model_program(*model);
  const at::NoGradGuard no_gradient;
  const Batch batch = small_batch(0, 6);
  const std::vector<at::Tensor> outputs = program.run(program_inputs(*model, batch));
  Pass pass(*model, batch);
  const at::Tensor logits = model->tasks().front().task->predict(pass, batch).at("signs.logits");
  const auto place = std::find(program.outputs.begin(), program.outputs.end(), "signs_signs.logits") - program.outputs.begin();
  EXPECT_TRUE(at::allclose(outputs[static_cast<size_t>(place)], logits, 1e-5, 1e-5));
}

TEST(ModelProgram, AModelThatReadsNothingIsNotExported) {
  auto model = build_small(SmallModel{});
  EXPECT_THROW(model_program(*model), Error);
}

TEST(Export, ParityHoldsInEveryCase) {
  auto model = build_small(whole_model());
  const Program program = model_program(*model);
  torch::jit::Module traced = trace(*model, program);
  const Json parity = check_parity(*model, program, traced);
  ASSERT_EQ(parity.size(), 6u);
  EXPECT_EQ(parity[0].at("case"), "all inputs, 1 study");
  EXPECT_EQ(parity[3].at("case"), "without findings");
  for (const auto& item : parity) EXPECT_LE(item.at("max_abs_difference").get<double>(), 1e-5) << item.dump();
}

TEST(Export, ParityNamesTheOutputThatDiffers) {
  auto model = build_small(whole_model());
  const Program program = model_program(*model);
  torch::jit::Module traced = trace(*model, program);
  Program moved = program;
  moved.run = [&program](const std::vector<at::Tensor>& in) {
    std::vector<at::Tensor> out = program.run(in);
    if (in[0].size(0) == 3) out[1] = out[1] + 0.01;
    return out;
  };
  try {
    check_parity(*model, moved, traced);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("output 'organs_logits' differs by 0.0"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("'all inputs, 3 studies'"), std::string::npos) << error.what();
  }
}

TEST(Export, TorchScriptKeepsTheNamesOfWeightsAndIsReadBack) {
  const Scratch folder;
  auto model = build_small(whole_model());
  const Program program = model_program(*model);
  trace(*model, program).save((folder / "model.pt").string());
  torch::jit::Module read = torch::jit::load((folder / "model.pt").string());
  size_t weights = 0;
  for (const auto& item : read.named_parameters()) {
    ++weights;
    EXPECT_NE(model->named_parameters().find(item.name), nullptr) << item.name;
  }
  EXPECT_EQ(weights, model->named_parameters().size());
  const auto inputs = example_inputs(*model, 3, 2);
  const at::NoGradGuard no_gradient;
  EXPECT_TRUE(at::allclose(run_traced(read, inputs)[0], program.run(inputs)[0], 1e-5, 1e-5));
}

TEST(Export, AKeywordAsANameIsReadBack) {
  const Scratch folder;
  torch::nn::Module owner;
  auto inner = owner.register_module("in", std::make_shared<nn::Linear>(3, 2));
  Program program;
  program.name = "keyword";
  program.inputs = {"x"};
  program.outputs = {"y"};
  program.example = {at::ones({2, 3})};
  program.run = [inner](const std::vector<at::Tensor>& in) { return std::vector<at::Tensor>{inner->forward(in[0])}; };
  trace(owner, program).save((folder / "keyword.pt").string());
  torch::jit::Module read = torch::jit::load((folder / "keyword.pt").string());
  EXPECT_TRUE(at::equal(read.attr("in_").toModule().attr("weight").toTensor(), inner->weight));
  EXPECT_TRUE(at::allclose(run_traced(read, program.example)[0], inner->forward(program.example[0]), 1e-6, 1e-6));
}

TEST(Export, OnnxEqualsTheModel) {
  OnnxCases cases;
  auto model = build_small(whole_model());
  cases.add("model", *model, model_program(*model), all_cases(*model));
  SmallModel joint = whole_model();
  joint.fusion = "kind: joint\nlayers: 1\nheads: 2\ncheckpoint: true\n";
  joint.encoders["volume"] = "kind: volume_vit\npatch: [4, 4, 4]\nwidth: 16\ndepth: 1\nheads: 2\nstem: [4, 8]\n";
  joint.inputs["prior_ct"] = joint.inputs.at("ct");
  joint.encoder_of["prior_ct"] = "volume";
  auto other = build_small(joint);
  CaseInputs inputs{{"one", example_inputs(*other, 1, 3)}, {"four", example_inputs(*other, 4, 3)}};
  for (const std::string& name : read_inputs(*other)) inputs["without_" + name] = example_inputs(*other, 2, 6, {name});
  cases.add("shared_encoder", *other, model_program(*other), inputs);
  if (!OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

TEST(Export, AdaptedWeightsAreExported) {
  OnnxCases cases;
  SmallModel parts = whole_model();
  parts.tasks.resize(1);
  auto model = build_small(parts);
  for (auto& item : model->named_modules())
    if (auto* linear = dynamic_cast<nn::Linear*>(item.value().get())) {
      linear->adapt(2, 4.0);
      const at::NoGradGuard no_gradient;
      linear->lora_b.normal_();
    }
  cases.add("adapted", *model, model_program(*model), {{"three", example_inputs(*model, 3, 3)}});
  if (!OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

// Texts, tokens of the memory and the length of the past are free.
TEST(Export, TheDecoderStepIsExported) {
  OnnxCases cases;
  auto model = build_small(whole_model());
  const Program program = model->tasks()[2].task->programs().at(0);
  EXPECT_EQ(program.name, "decode");
  const auto inputs = [&](int64_t texts, int64_t tokens, int64_t past) {
    std::vector<int64_t> kept = program.example[4].sizes().vec();
    kept[0] = texts;
    kept[3] = past;
    at::Tensor valid = at::ones({texts, tokens}, at::kBool);
    valid[0][tokens - 1] = false;
    return std::vector<at::Tensor>{at::randint(5, 20, {texts}, at::kLong),
                                   at::full({texts}, past, at::kLong),
                                   at::randn({texts, tokens, model->width()}),
                                   valid,
                                   at::randn(kept),
                                   at::randn(kept)};
  };
  cases.add("decode", *model, program, {{"first", inputs(3, 5, 0)}, {"later", inputs(4, 6, 3)}, {"single", inputs(1, 2, 1)}});
  if (!OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

}  // namespace
}  // namespace chiasm
