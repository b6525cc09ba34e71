#include "tests/tasks/small_run.h"

#include <torch/torch.h>

#include "core/base/random.h"
#include "encoders/image_cnn.h"
#include "encoders/table.h"
#include "encoders/text.h"
#include "encoders/volume_cnn.h"
#include "encoders/volume_vit.h"
#include "fusion/joint.h"
#include "tasks/captioning.h"
#include "tasks/classify.h"
#include "tasks/contrastive.h"
#include "tasks/masked_image.h"
#include "tasks/matching.h"
#include "tasks/report.h"
#include "tasks/segment.h"

namespace chiasm::test {
namespace {

constexpr int64_t pieces = 20, text_length = 10;

InputSpec image(std::array<int64_t, 3> size, int64_t rows) {
  InputSpec spec;
  spec.size = size;
  spec.max_rows = rows;
  return spec;
}

InputSpecs small_inputs() {
  InputSpecs inputs;
  inputs["ct"] = image({8, 8, 8}, 1);
  inputs["xray"] = image({1, 8, 8}, 2);
  inputs["labs"].form = Form::table;
  inputs["labs"].columns = {"crp", "age"};
  InputSpec& findings = inputs["findings"];
  findings.form = Form::text;
  findings.vocabulary = pieces;
  findings.length = text_length;
  findings.after_reading = true;
  return inputs;
}

TargetSpecs small_targets() {
  TargetSpecs targets;
  TargetSpec &disease = targets["disease"], &organs = targets["organs"], &report = targets["report"];
  disease.classes = {"nodule", "effusion", "fracture"};
  disease.priors = {0.3, 0.5, 0.01};
  organs.kind = TargetKind::mask;
  organs.classes = {"lung", "heart"};
  organs.on = "ct";
  organs.priors = {0.3, 0.1};
  report.kind = TargetKind::text;
  report.vocabulary = pieces;
  report.length = text_length;
  disease.derived_from = report.derived_from = {"findings"};
  return targets;
}

std::shared_ptr<Encoder> ct_encoder(bool vit, const InputSpec& input) {
  if (!vit) {
    VolumeCnnConfig config;
    config.cnn.channels = {4, 8};
    return build(config, input);
  }
  VolumeVitConfig config;
  config.patch = {4, 4, 4};
  config.vit.width = 16;
  config.vit.depth = 1;
  config.vit.heads = 2;
  return build(config, input);
}

// Rows of one input, and the stand-in where no study has it.
struct Rows {
  std::vector<at::Tensor> values, valid;
  std::vector<int64_t> studies;
  void add(int64_t study, const at::Tensor& value, const at::Tensor& real) {
    studies.push_back(study);
    values.push_back(value);
    valid.push_back(real);
  }
  Input input(const at::Tensor& like, const at::Tensor& like_valid) {
    if (studies.empty()) add(0, at::zeros_like(like), at::zeros_like(like_valid));
    Input out;
    out.values = at::stack(values);
    out.valid = at::stack(valid);
    out.rows = studies;
    out.where = at::zeros({static_cast<int64_t>(studies.size()), 5});
    return out;
  }
};

at::Tensor noise(int64_t number, const std::string& what, at::IntArrayRef shape) {
  Random random(hash_key(static_cast<uint64_t>(number), what));
  std::vector<float> values(static_cast<size_t>(c10::multiply_integers(shape)));
  for (float& value : values) value = static_cast<float>(random.normal());
  return at::tensor(values).reshape(shape);
}

// begin, pieces, end, padding.
at::Tensor text_of(int64_t number, const std::string& what) {
  Random random(hash_key(static_cast<uint64_t>(number), what));
  std::vector<int64_t> ids(text_length, TextIds::pad);
  const int64_t last = 3 + random.integer(text_length - 3);
  for (int64_t i = 1; i < last; ++i) ids[static_cast<size_t>(i)] = 5 + random.integer(pieces - 5);
  ids.front() = TextIds::begin;
  ids[static_cast<size_t>(last)] = TextIds::end;
  return at::tensor(ids, at::kLong);
}

void add_inputs(Batch& batch, const std::vector<int64_t>& numbers) {
  Rows ct, xray, labs, findings;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const int64_t n = numbers[i], b = static_cast<int64_t>(i);
    at::Tensor real = at::ones({8, 8, 8}, at::kBool);
    if (n % 2 == 0) real.narrow(0, 6, 2).zero_();
    if (n % 4 != 3) ct.add(b, noise(n, "ct", {1, 8, 8, 8}) * real, real);
    for (int64_t r = 0; r < n % 3; ++r) xray.add(b, noise(n, "xray" + std::to_string(r), {1, 1, 8, 8}), at::ones({1, 8, 8}, at::kBool));
    labs.add(b, at::cat({noise(n, "labs", {1}), at::ones({1}), noise(n, "age", {1}), at::ones({1})}), at::ones({4}, at::kBool));
    const at::Tensor text = text_of(n, "findings");
    if (n % 5 != 2) findings.add(b, text, text != TextIds::pad);
  }
  batch.inputs["ct"] = ct.input(at::zeros({1, 8, 8, 8}), at::zeros({8, 8, 8}, at::kBool));
  batch.inputs["xray"] = xray.input(at::zeros({1, 1, 8, 8}), at::zeros({1, 8, 8}, at::kBool));
  batch.inputs["labs"] = labs.input(at::zeros({4}), at::zeros({4}, at::kBool));
  batch.inputs["findings"] = findings.input(at::zeros({text_length}, at::kLong), at::zeros({text_length}, at::kBool));
}

void add_targets(Batch& batch, const std::vector<int64_t>& numbers) {
  std::vector<at::Tensor> labels, known, texts;
  for (const int64_t n : numbers) {
    labels.push_back((noise(n, "labels", {3}) > 0).to(at::kFloat));
    known.push_back(noise(n, "known", {3}) > -0.5);
    texts.push_back(text_of(n, "report"));
  }
  batch.targets["disease"] = {at::stack(labels), at::stack(known), {}, {}};
  batch.targets["report"] = {at::stack(texts), at::ones({static_cast<int64_t>(numbers.size()), text_length}, at::kBool), {}, {}};
  const Input& ct = batch.inputs.at("ct");
  const at::Tensor bright = ct.values.select(1, 0);
  batch.targets["organs"] = {(bright > 0.3).to(at::kLong) + (bright > 1.0).to(at::kLong), ct.valid.clone(), {}, "ct"};
}

}  // namespace

SmallRun small_run(bool vit, uint64_t seed) {
  torch::manual_seed(seed);
  ModelParts parts;
  parts.inputs = small_inputs();
  parts.width = 16;
  parts.encoders["ct"] = ct_encoder(vit, parts.inputs.at("ct"));
  ImageCnnConfig image;
  image.cnn.channels = {4, 8};
  parts.encoders["xray"] = build(image, parts.inputs.at("xray"));
  TableConfig table;
  table.width = 16;
  parts.encoders["labs"] = build(table, parts.inputs.at("labs"));
  TextConfig text;
  text.width = 16;
  text.depth = 1;
  parts.encoders["findings"] = build(text, parts.inputs.at("findings"));
  FusionContext fusion{parts.width, {}};
  for (const auto& [name, spec] : parts.inputs) {
    parts.encoder_of[name] = name;
    fusion.inputs.push_back(name);
  }
  JointConfig joint;
  joint.layers = 1;
  parts.fusion = build(joint, fusion);
  SmallRun run;
  run.model = std::make_shared<Model>(parts);
  run.context.name = "task";
  run.context.inputs = parts.inputs;
  run.context.targets = small_targets();
  run.context.width = parts.width;
  run.context.visible = {"ct", "xray", "labs"};
  for (const auto& entry : parts.inputs) {
    run.context.shapes[entry.first] = run.model->encoder(entry.first).shape();
    run.context.grids[entry.first] = run.model->encoder(entry.first).grid();
  }
  run.model->eval();
  return run;
}

Batch small_batch(const std::vector<int64_t>& numbers) {
  Batch batch;
  for (const int64_t n : numbers) {
    batch.study_ids.push_back(std::to_string(n));
    batch.keys.push_back(hash_key(static_cast<uint64_t>(n), "key"));
  }
  add_inputs(batch, numbers);
  add_targets(batch, numbers);
  return batch;
}

Batch in_double(Batch batch) {
  for (auto& [name, input] : batch.inputs) {
    if (input.values.is_floating_point()) input.values = input.values.to(at::kDouble);
    input.where = input.where.to(at::kDouble);
  }
  for (auto& [name, target] : batch.targets)
    if (target.values.is_floating_point()) target.values = target.values.to(at::kDouble);
  return batch;
}

std::vector<std::pair<std::string, std::shared_ptr<Task>>> all_tasks(const TaskContext& context) {
  TextWriterConfig writer;
  writer.layers = 2;
  writer.heads = 2;
  writer.width = 16;
  writer.detectors = 3;
  writer.smoothing = 0.1;
  MaskedImageConfig masked;
  masked.inputs = {"ct", "xray"};
  masked.block = 4;
  masked.depth = 1;
  masked.width = 12;
  masked.heads = 2;
  ContrastiveConfig contrastive;
  contrastive.pair = {"ct+xray", "findings"};
  contrastive.width = 8;
  MatchingConfig matching;
  matching.pair = {"ct", "findings"};
  CaptioningConfig captioning;
  captioning.inputs = {"ct", "labs"};
  captioning.target = "report";
  captioning.writer = writer;
  ClassifyConfig classify;
  classify.targets = {"disease"};
  classify.detectors = 3;
  SegmentConfig segment;
  segment.target = "organs";
  segment.width = 8;
  ReportConfig report;
  report.target = "report";
  report.writer = writer;
  report.decode.beams = 2;
  report.decode.max_tokens = 5;
  return {{"masked_image", build(masked, context)},   {"contrastive", build(contrastive, context)}, {"matching", build(matching, context)},
          {"captioning", build(captioning, context)}, {"classify", build(classify, context)},       {"segment", build(segment, context)},
          {"report", build(report, context)}};
}

}  // namespace chiasm::test
