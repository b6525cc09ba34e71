#include "tasks/report.h"

#include <ATen/Functions.h>

#include <algorithm>

#include "core/infer/text_search.h"
#include "tasks/leakage.h"

namespace chiasm {
namespace {

class Report : public Task {
 public:
  Report(const DecodeConfig& decode, std::shared_ptr<TextWriter> writer, int64_t memory_width)
      : decode_(decode), memory_width_(memory_width), writer_(register_module("writer", std::move(writer))) {}

  std::vector<std::string> reads() const override { return writer_->inputs(); }
  std::vector<std::string> needs() const override { return {writer_->target()}; }
  std::map<std::string, double> counts(const Batch& batch) const override { return {{"tokens", writer_->count(batch)}}; }
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override { return {{"tokens", writer_->loss(pass, batch)}}; }
  std::map<std::string, std::pair<double, double>> measure(Pass& pass, const Batch& batch) override {
    return {{"token_accuracy", writer_->accuracy(pass, batch)}};
  }
  std::map<std::string, at::Tensor> predict(Pass& pass, const Batch&) override {
    const Tokens memory = writer_->memory(pass);
    return {{"memory", memory.values}, {"memory_valid", memory.valid}};
  }
  bool writes_text() const override { return true; }
  Finding find(Pass& pass, const Batch& batch) override;
  std::vector<Program> programs() const override;

 private:
  infer::SearchRules rules() const;
  std::vector<infer::Generated> write(Pass& pass, int64_t studies);
  DecodeConfig decode_;
  int64_t memory_width_;
  std::shared_ptr<TextWriter> writer_;
};

infer::SearchRules Report::rules() const {
  infer::SearchRules rules;
  rules.begin = TextIds::begin;
  rules.end = TextIds::end;
  rules.max_tokens = std::min(decode_.max_tokens, writer_->decoder().config().length - 1);
  rules.no_repeat = decode_.no_repeat;
  rules.never = {TextIds::pad, TextIds::unknown, TextIds::begin, TextIds::mask};
  return rules;
}

std::vector<infer::Generated> Report::write(Pass& pass, int64_t studies) {
  const Tokens read = writer_->memory(pass);
  TextDecoder& decoder = writer_->decoder();
  const TextDecoder::Memory memory = decoder.read(read);
  const TextDecoder::Past none = decoder.no_past(studies, memory.keys.options());
  const infer::StepFunction step = [&](const at::Tensor& ids, int64_t place, std::vector<at::Tensor>& state) {
    TextDecoder::Past past{state[3], state[4]};
    const at::Tensor logits = decoder.step(ids, at::full_like(ids, place), {state[0], state[1], state[2]}, past);
    state[3] = past.keys;
    state[4] = past.values;
    return logits;
  };
  infer::BeamOptions beams;
  beams.beams = decode_.beams;
  beams.length_penalty = decode_.length_penalty;
  return infer::beam_search(step, {memory.keys, memory.values, memory.valid, none.keys, none.values}, studies, rules(), beams,
                            read.values.device());
}

// Ids of a known text without begin, end and padding.
std::vector<int64_t> reference_ids(const Batch& batch, const std::string& target, int64_t study) {
  const auto found = batch.targets.find(target);
  std::vector<int64_t> out;
  if (found == batch.targets.end() || !found->second.known[study].any().item<bool>()) return out;
  const at::Tensor ids = found->second.values[study].cpu().contiguous();
  for (int64_t i = 0; i < ids.size(0); ++i) {
    const int64_t id = ids.data_ptr<int64_t>()[i];
    if (id == TextIds::end) break;
    if (id != TextIds::begin && id != TextIds::pad) out.push_back(id);
  }
  return out;
}

Finding Report::find(Pass& pass, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  const bool was_training = is_training();
  eval();
  const std::vector<infer::Generated> texts = write(pass, batch.studies());
  train(was_training);
  Finding out;
  for (int64_t b = 0; b < batch.studies(); ++b)
    out.texts.push_back({b, writer_->target(), texts[static_cast<size_t>(b)].ids, reference_ids(batch, writer_->target(), b)});
  return out;
}

// One step of the decoder, for programs in other languages: they loop, and keep the past as a value.
std::vector<Program> Report::programs() const {
  const TextDecoderConfig& c = writer_->decoder().config();
  constexpr int64_t texts = 2, tokens = 3, past = 2;
  const at::Tensor kept = at::zeros({texts, c.layers, c.heads, past, c.width / c.heads});
  Program program;
  program.name = "decode";
  program.inputs = {"ids", "place", "memory", "memory_valid", "past_keys", "past_values"};
  program.outputs = {"logits", "keys", "values"};
  program.example = {at::full({texts}, TextIds::begin, at::kLong),
                     at::full({texts}, past, at::kLong),
                     at::zeros({texts, tokens, memory_width_}),
                     at::ones({texts, tokens}, at::kBool),
                     kept,
                     kept.clone()};
  program.input_axes = {{{0, "texts"}},
                        {{0, "texts"}},
                        {{0, "texts"}, {1, "tokens"}},
                        {{0, "texts"}, {1, "tokens"}},
                        {{0, "texts"}, {3, "past"}},
                        {{0, "texts"}, {3, "past"}}};
  program.output_axes = {{{0, "texts"}}, {{0, "texts"}, {3, "now"}}, {{0, "texts"}, {3, "now"}}};
  program.run = [writer = writer_](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    TextDecoder::Past so_far{in[4], in[5]};
    const TextDecoder::Memory memory = writer->decoder().read({in[2], in[3]});
    const at::Tensor logits = writer->decoder().step(in[0], in[1], memory, so_far);
    return {logits, so_far.keys, so_far.values};
  };
  return {program};
}

}  // namespace

void fields(config::Visitor& v, DecodeConfig& c) {
  v.field("beams", c.beams, "Texts kept at each step of the search; 1: nearly greedy.", {.at_least = 1, .at_most = 64});
  v.field("max_tokens", c.max_tokens, "Pieces written at most.", {.at_least = 1, .at_most = 8192});
  v.field("no_repeat", c.no_repeat, "No run of so many pieces is written twice; 0: any may.", {.at_least = 0, .at_most = 64});
  v.field("length_penalty", c.length_penalty, "Texts are ranked by log probability / length ^ this.", {.at_least = 0, .at_most = 4});
}

void fields(config::Visitor& v, ReportConfig& c) {
  v.field("target", c.target, "The text target that it writes.", {.required = true});
  v.field("inputs", c.inputs, "Inputs it reads; all visible ones when empty.");
  fields(v, c.writer);
  v.field("decode", c.decode, "How texts are searched.");
}

std::shared_ptr<Task> build(const ReportConfig& config, const TaskContext& context) {
  find_target(config.target, TargetKind::text, context);
  const std::vector<std::string> inputs = chosen_inputs(config.inputs, context);
  refuse_leakage(inputs, config.target, Purpose::supervised, context);
  return std::make_shared<Report>(config.decode, std::make_shared<TextWriter>(config.writer, config.target, inputs, context),
                                  context.width);
}

}  // namespace chiasm
