#include "tasks/text_writer.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "tasks/losses.h"

namespace chiasm {

void fields(config::Visitor& v, TextWriterConfig& c) {
  v.field("layers", c.layers, "Blocks of the decoder.", {.at_least = 1, .at_most = 48});
  v.field("heads", c.heads, "Attention heads of the decoder.", {.at_least = 1, .at_most = 64});
  v.field("width", c.width, "Width of the decoder.", {.at_least = 8, .at_most = 8192});
  v.field("dropout", c.dropout, "Dropout in the decoder.", {.at_least = 0, .below = 1});
  v.field("smoothing", c.smoothing, "Label smoothing: share of the target spread over all pieces.", {.at_least = 0, .below = 1});
  v.field("detectors", c.detectors, "Detectors per encoder map whose evidence the decoder reads beside the fused tokens; 0: none.",
          {.at_least = 0, .at_most = 1024});
  v.require(c.heads > 0 && c.width % c.heads == 0, "'width' must be a multiple of 'heads'");
}

TextWriter::TextWriter(const TextWriterConfig& config, const std::string& target, std::vector<std::string> inputs,
                       const TaskContext& context)
    : smoothing_(config.smoothing), target_(target), inputs_(std::move(inputs)) {
  const TargetSpec& spec = context.targets.at(target);
  TextDecoderConfig decoder;
  decoder.vocabulary = spec.vocabulary;
  decoder.length = spec.length;
  decoder.layers = config.layers;
  decoder.heads = config.heads;
  decoder.width = config.width;
  decoder.memory_width = context.width;
  decoder.dropout = config.dropout;
  decoder_ = register_module("decoder", std::make_shared<TextDecoder>(decoder));
  if (config.detectors == 0) return;
  for (const std::string& name : inputs_with_maps(inputs_, context)) {
    const auto evidence =
        std::make_shared<ImageEvidence>(context.inputs.at(name), context.shapes.at(name), config.detectors, context.width);
    evidence_[name] = register_module("evidence_" + name, evidence);
  }
}

Tokens TextWriter::memory(Pass& pass) {
  const Tokens& fused = pass.fuse(inputs_);
  std::vector<at::Tensor> values{fused.values}, valid{fused.valid};
  for (const auto& [name, evidence] : evidence_) {
    values.push_back(study_evidence(*evidence, pass, name, inputs_).unsqueeze(1).to(fused.values.scalar_type()));
    valid.push_back(pass.shown(name, inputs_).unsqueeze(1));
  }
  return {at::cat(values, 1), at::cat(valid, 1)};
}

TextWriter::Lesson TextWriter::lesson(const Batch& batch) const {
  const auto found = batch.targets.find(target_);
  if (found == batch.targets.end()) {
    const at::Tensor none = at::full({batch.studies(), 1}, TextIds::pad, at::kLong);
    return {none, none, at::zeros({batch.studies(), 1}, at::kBool)};
  }
  const at::Tensor &ids = found->second.values, &known = found->second.known;
  const int64_t length = ids.size(1) - 1;
  const at::Tensor wanted = ids.narrow(1, 1, length);
  return {ids.narrow(1, 0, length), wanted, known.narrow(1, 1, length).logical_and(wanted != TextIds::pad)};
}

double TextWriter::count(const Batch& batch) const { return lesson(batch).counts.sum().item<double>(); }

at::Tensor TextWriter::loss(Pass& pass, const Batch& batch) {
  const Tokens read = memory(pass);
  const Lesson now = lesson(batch);
  const at::Device device = read.values.device();
  return token_entropy_sum(decoder_->forward(now.given.to(device), read), now.wanted.to(device), now.counts.to(device), smoothing_);
}

std::pair<double, double> TextWriter::accuracy(Pass& pass, const Batch& batch) {
  const Tokens read = memory(pass);
  const Lesson now = lesson(batch);
  const at::Device device = read.values.device();
  const at::Tensor guessed = decoder_->forward(now.given.to(device), read).argmax(-1);
  const at::Tensor counts = now.counts.to(device);
  const at::Tensor right = (guessed == now.wanted.to(device)).logical_and(counts);
  return {right.sum().item<double>(), counts.sum().item<double>()};
}

}  // namespace chiasm
