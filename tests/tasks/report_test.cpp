// The text decoder: one step with a cache equals the whole text at once, also traced; a trained task writes what it learned.
#include "tasks/report.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "tests/support/scratch.h"
#include "tests/tasks/small_run.h"

namespace chiasm {
namespace {

TextDecoderConfig small_decoder() {
  TextDecoderConfig config;
  config.vocabulary = 11;
  config.length = 8;
  config.layers = 2;
  config.heads = 2;
  config.width = 8;
  config.memory_width = 6;
  return config;
}

// Weights large enough that texts matter to each other.
std::shared_ptr<TextDecoder> loud_decoder() {
  torch::manual_seed(3);
  auto decoder = std::make_shared<TextDecoder>(small_decoder());
  torch::NoGradGuard no_gradient;
  for (at::Tensor& parameter : decoder->parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  decoder->eval();
  return decoder;
}

Tokens some_memory(int64_t texts) {
  Tokens memory{at::randn({texts, 4, 6}), at::ones({texts, 4}, at::kBool)};
  memory.valid[0][3] = false;
  return memory;
}

TEST(TextDecoder, StepsWithACacheEqualTheWholeText) {
  torch::NoGradGuard no_gradient;
  const auto decoder = loud_decoder();
  const Tokens tokens = some_memory(3);
  const at::Tensor ids = at::randint(5, 11, {3, 7}, at::kLong);
  const at::Tensor whole = decoder->forward(ids, tokens);
  const TextDecoder::Memory memory = decoder->read(tokens);
  TextDecoder::Past past = decoder->no_past(3, whole.options());
  for (int64_t t = 0; t < 7; ++t) {
    const at::Tensor next = decoder->step(ids.select(1, t), at::full({3}, t, at::kLong), memory, past);
    EXPECT_TRUE(at::allclose(next, whole.select(1, t), 1e-4, 1e-5)) << "place " << t;
    EXPECT_EQ(past.keys.sizes(), (std::vector<int64_t>{3, 2, 2, t + 1, 4}));
  }
}

TEST(TextDecoder, LaterIdsAndInvalidMemoryChangeNothing) {
  torch::NoGradGuard no_gradient;
  const auto decoder = loud_decoder();
  Tokens tokens = some_memory(2);
  at::Tensor ids = at::randint(5, 11, {2, 6}, at::kLong);
  const at::Tensor before = decoder->forward(ids, tokens);
  ids.narrow(1, 4, 2).fill_(7);
  tokens.values[0][3].fill_(99.0);
  const at::Tensor after = decoder->forward(ids, tokens);
  EXPECT_TRUE(at::allclose(before.narrow(1, 0, 4), after.narrow(1, 0, 4), 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(before.narrow(1, 4, 2), after.narrow(1, 4, 2), 1e-3, 1e-3));
}

struct ReportRun {
  test::SmallRun run = test::small_run();
  std::shared_ptr<Task> task;
  ReportRun() {
    ReportConfig config;
    config.target = "report";
    config.writer.layers = 1;
    config.writer.heads = 2;
    config.writer.width = 16;
    config.writer.dropout = 0.0;
    config.writer.detectors = 4;
    config.decode.beams = 3;
    task = build(config, run.context);
  }
};

TEST(Report, TheDecodeProgramTracesForAnyNumberOfTextsAndLengthOfPast) {
  ReportRun r;
  torch::NoGradGuard no_gradient;
  r.task->eval();
  const Program program = r.task->programs().at(0);
  EXPECT_EQ(program.name, "decode");
  torch::jit::Module traced = trace(*r.task, program);
  for (const int64_t past : {1, 4}) {
    const std::vector<at::Tensor> inputs{at::randint(5, 20, {3}, at::kLong), at::full({3}, past, at::kLong), at::randn({3, 5, 16}),
                                         at::ones({3, 5}, at::kBool),        at::randn({3, 1, 2, past, 8}),  at::randn({3, 1, 2, past, 8})};
    const auto expected = program.run(inputs), got = run_traced(traced, inputs);
    ASSERT_EQ(got.size(), program.outputs.size());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::allclose(got[i], expected[i], 1e-4, 1e-5)) << program.outputs[i];
  }
  const Scratch folder;
  EXPECT_NO_THROW(write_onnx(folder / "decode.onnx", traced, program));
}

TEST(Report, WritesWhatItLearned) {
  ReportRun r;
  r.run.model->add_task({"report", 1.0, r.task});
  const Batch batch = test::small_batch({0, 1, 3});
  r.run.model->train();
  torch::optim::Adam optimizer(r.run.model->parameters(), torch::optim::AdamOptions(1e-2));
  for (int step = 0; step < 60; ++step) {
    optimizer.zero_grad();
    Pass pass(*r.run.model, batch);
    (r.task->losses(pass, batch).at("tokens") / r.task->counts(batch).at("tokens")).backward();
    optimizer.step();
  }
  r.run.model->eval();
  torch::NoGradGuard no_gradient;
  Pass pass(*r.run.model, batch);
  const Finding found = r.task->find(pass, batch);
  ASSERT_EQ(found.texts.size(), 3u);
  for (const auto& text : found.texts) {
    EXPECT_EQ(text.ids, text.reference) << "study " << text.study;
    EXPECT_FALSE(text.reference.empty());
    EXPECT_EQ(text.target, "report");
  }
  EXPECT_NE(found.texts[0].ids, found.texts[1].ids);
  const auto accuracy = r.task->measure(pass, batch).at("token_accuracy");
  EXPECT_GT(accuracy.first / accuracy.second, 0.95);
}

TEST(Report, ReferencesOfUnknownTextsAreEmpty) {
  ReportRun r;
  Batch batch = test::small_batch({0, 1});
  batch.targets["report"].known[1].zero_();
  torch::NoGradGuard no_gradient;
  Pass pass(*r.run.model, batch);
  const Finding found = r.task->find(pass, batch);
  EXPECT_FALSE(found.texts[0].reference.empty());
  EXPECT_TRUE(found.texts[1].reference.empty());
}

}  // namespace
}  // namespace chiasm
