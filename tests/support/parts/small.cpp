#include "tests/support/parts/small.h"

#include <algorithm>

#include "core/base/random.h"
#include "encoders/encoders.h"
#include "fusion/fusions.h"
#include "tasks/tasks.h"

namespace chiasm::test {
namespace {

constexpr int64_t vocabulary = 24;

at::Generator generator_of(uint64_t study, const std::string& use) {
  return at::detail::createCPUGenerator(hash_key(hash_key({11, study}), use));
}

std::vector<int64_t> row_shape(const InputSpec& spec) {
  if (spec.form == Form::image) return {spec.channels, spec.size[0], spec.size[1], spec.size[2]};
  return {spec.form == Form::text ? spec.length : 2 * static_cast<int64_t>(spec.columns.size())};
}

// begin, pieces, end, then pad.
at::Tensor random_text(int64_t length, int64_t used, at::Generator generator) {
  at::Tensor ids = at::zeros({length}, at::kLong);
  ids.narrow(0, 0, used).copy_(at::randint(5, vocabulary, {used}, generator, at::kLong));
  ids[0] = TextIds::begin;
  ids[used - 1] = TextIds::end;
  return ids;
}

at::Tensor row_values(const InputSpec& spec, int64_t study, int64_t row, const std::string& name) {
  const auto generator = generator_of(static_cast<uint64_t>(study), name + std::to_string(row));
  if (spec.form == Form::text) return random_text(spec.length, spec.length - study % 4, generator);
  at::Tensor values = at::randn(row_shape(spec), generator);
  if (spec.form == Form::image) {
    const at::Tensor blob = values.narrow(1, spec.size[0] / 2, 1).narrow(2, 0, spec.size[1] / 2);
    blob.add_(study % 2 == 0 ? 2.0 : -1.0);  // shows the first sign
  } else {
    values.unflatten(0, {-1, 2}).select(1, 1).fill_(1.0);  // every column is known
  }
  return values;
}

at::Tensor row_validity(const InputSpec& spec, const at::Tensor& values, int64_t study) {
  if (spec.form == Form::text) return values != TextIds::pad;
  at::Tensor valid = at::ones_like(spec.form == Form::image ? values.select(0, 0) : values, at::kBool);
  if (spec.form == Form::image && study % 3 == 0) valid.narrow(-1, spec.size[2] - 4, 4).fill_(false);
  return valid;
}

at::Tensor where_of(const InputSpec& spec, double days, double view) {
  return at::tensor({spec.spacing_mm[0], spec.spacing_mm[1], spec.spacing_mm[2], days, view}, at::kFloat);
}

int64_t rows_of(const InputSpec& spec, const std::string& name, int64_t study, const SmallStudies& how) {
  if (how.without.count(name)) return 0;
  if (!how.whole && (study + static_cast<int64_t>(name.size())) % 3 == 1) return 0;
  return study % 2 == 1 ? spec.max_rows : 1;
}

Input make_input(const std::string& name, const InputSpec& spec, int64_t first, int64_t studies, const SmallStudies& how) {
  Input out;
  std::vector<at::Tensor> values, valid, where;
  for (int64_t b = 0; b < studies; ++b)
    for (int64_t r = 0; r < rows_of(spec, name, first + b, how); ++r) {
      values.push_back(row_values(spec, first + b, r, name));
      valid.push_back(row_validity(spec, values.back(), first + b));
      where.push_back(where_of(spec, -30.0 * static_cast<double>(r), static_cast<double>(r)));
      out.rows.push_back(b);
    }
  if (out.rows.empty()) {
    const Input row = random_rows(spec, 1, 1);
    return {at::zeros_like(row.values), at::zeros_like(row.valid), {0}, row.where, {}};
  }
  out.values = at::stack(values);
  out.valid = at::stack(valid);
  out.where = at::stack(where);
  return out;
}

Target make_labels(int64_t first, int64_t studies) {
  Target out;
  out.values = at::zeros({studies, 2});
  out.known = at::ones({studies, 2}, at::kBool);
  for (int64_t b = 0; b < studies; ++b) {
    out.values[b][0] = (first + b) % 2 == 0;
    out.values[b][1] = (first + b) % 3 == 0;
    if ((first + b) % 5 == 4) out.known[b][1] = false;
  }
  return out;
}

Target make_mask(const Input& ct) {
  const at::Tensor values = ct.values.select(1, 0);
  return {(values > 0.8).to(at::kLong) + (values < -0.8).to(at::kLong) * 2, ct.valid, {}, "ct"};
}

Target make_text(const TargetSpec& spec, int64_t first, int64_t studies) {
  std::vector<at::Tensor> rows;
  for (int64_t b = 0; b < studies; ++b)
    rows.push_back(random_text(spec.length, spec.length - (first + b) % 3, generator_of(static_cast<uint64_t>(first + b), "summary")));
  const at::Tensor ids = at::stack(rows);
  return {ids, at::ones_like(ids, at::kBool), {}, ""};
}

}  // namespace

InputSpecs small_inputs() {
  InputSpec ct, xray, findings, labs;
  ct.modality = "ct";
  ct.size = {16, 16, 16};
  ct.spacing_mm = {2, 2, 2};
  xray.modality = "xray";
  xray.size = {1, 32, 32};
  xray.max_rows = 2;
  findings.form = Form::text;
  findings.modality = "text";
  findings.vocabulary = vocabulary;
  findings.length = 10;
  labs.form = Form::table;
  labs.modality = "table";
  labs.columns = {"age", "crp", "d_dimer", "lactate"};
  return {{"ct", ct}, {"xray", xray}, {"findings", findings}, {"labs", labs}};
}

TargetSpecs small_targets() {
  TargetSpec signs, organs, summary;
  signs.classes = {"effusion", "nodule"};
  signs.priors = {0.5, 0.3};
  organs.kind = TargetKind::mask;
  organs.classes = {"lung", "heart"};
  organs.on = "ct";
  organs.priors = {0.2, 0.2};
  summary.kind = TargetKind::text;
  summary.vocabulary = vocabulary;
  summary.length = 8;
  return {{"signs", signs}, {"organs", organs}, {"summary", summary}};
}

Batch small_batch(int64_t first, int64_t studies, const SmallStudies& how) {
  Batch batch;
  for (int64_t b = 0; b < studies; ++b) {
    batch.study_ids.push_back("study" + std::to_string(first + b));
    batch.keys.push_back(hash_key({5, static_cast<uint64_t>(first + b)}));
  }
  for (const auto& [name, spec] : small_inputs()) batch.inputs[name] = make_input(name, spec, first, studies, how);
  batch.targets["signs"] = make_labels(first, studies);
  batch.targets["organs"] = make_mask(batch.inputs.at("ct"));
  batch.targets["summary"] = make_text(small_targets().at("summary"), first, studies);
  return batch;
}

Input random_rows(const InputSpec& spec, int64_t count, uint64_t seed) {
  std::vector<at::Tensor> values, where;
  for (int64_t r = 0; r < count; ++r) {
    const auto generator = generator_of(seed, "row" + std::to_string(r));
    at::Tensor row = spec.form == Form::text ? random_text(spec.length, spec.length, generator) : at::randn(row_shape(spec), generator);
    if (spec.form == Form::table) row.unflatten(0, {-1, 2}).select(1, 1).fill_(1.0);
    values.push_back(row);
    where.push_back(where_of(spec, 0.0, 0.0));
  }
  Input out;
  out.values = at::stack(values);
  out.valid = at::ones_like(spec.form == Form::image ? out.values.select(1, 0) : out.values, at::kBool);
  out.where = at::stack(where);
  for (int64_t r = 0; r < count; ++r) out.rows.push_back(r);
  return out;
}

std::map<std::string, std::string> SmallModel::narrow_encoders() {
  return {{"volume", "kind: volume_cnn\nchannels: [4, 8, 8]\n"},
          {"image", "kind: image_cnn\nchannels: [4, 8, 8, 8]\n"},
          {"text", "kind: text\nwidth: 16\ndepth: 1\nheads: 2\n"},
          {"table", "kind: table\nwidth: 16\nheads: 2\n"}};
}

std::map<std::string, std::string> SmallModel::own_encoders() {
  return {{"ct", "volume"}, {"xray", "image"}, {"findings", "text"}, {"labs", "table"}};
}

TaskContext small_context(Model& model, const std::string& name) {
  TaskContext context;
  context.name = name;
  context.inputs = model.inputs();
  context.targets = small_targets();
  context.width = model.width();
  for (const auto& entry : model.inputs()) {
    context.shapes[entry.first] = model.encoder(entry.first).shape();
    context.grids[entry.first] = model.encoder(entry.first).grid();
    context.visible.push_back(entry.first);
  }
  return context;
}

std::shared_ptr<Model> build_small(const SmallModel& small, uint64_t seed) {
  torch::manual_seed(seed);
  ModelParts parts;
  parts.width = small.width;
  parts.modality_dropout = small.modality_dropout;
  parts.encoder_of = small.encoder_of;
  std::vector<std::string> names;
  for (const auto& [input, encoder] : small.encoder_of) {
    parts.inputs[input] = small.inputs.at(input);
    names.push_back(input);
    if (!parts.encoders.count(encoder))
      parts.encoders[encoder] = build_part(encoders(), small.encoders.at(encoder), small.inputs.at(input));
  }
  parts.fusion = build_part(fusions(), small.fusion, FusionContext{small.width, names});
  auto model = std::make_shared<Model>(parts);
  for (const auto& [name, yaml] : small.tasks) model->add_task({name, 1.0, build_part(tasks(), yaml, small_context(*model, name))});
  return model;
}

Batch part_of(const Batch& batch, int64_t start, int64_t count) {
  Batch out;
  out.study_ids.assign(batch.study_ids.begin() + start, batch.study_ids.begin() + start + count);
  out.keys.assign(batch.keys.begin() + start, batch.keys.begin() + start + count);
  std::map<std::string, at::Tensor> rows_taken;
  for (const auto& [name, input] : batch.inputs) {
    std::vector<int64_t> rows, studies;
    for (size_t r = 0; r < input.rows.size(); ++r)
      if (input.rows[r] >= start && input.rows[r] < start + count) {
        rows.push_back(static_cast<int64_t>(r));
        studies.push_back(input.rows[r] - start);
      }
    const bool none = rows.empty();
    if (none) rows = studies = {0};
    const at::Tensor index = rows_taken[name] = at::tensor(rows, at::kLong);
    Input& part = out.inputs[name];
    part = {input.values.index_select(0, index), input.valid.index_select(0, index), studies, input.where.index_select(0, index), {}};
    if (none) part = {at::zeros_like(part.values), at::zeros_like(part.valid), {0}, part.where, {}};
  }
  for (const auto& [name, target] : batch.targets) {
    const at::Tensor index = target.on.empty() ? at::arange(start, start + count) : rows_taken.at(target.on);
    at::Tensor known = target.known.index_select(0, index);
    if (!target.on.empty()) known = known.logical_and(out.inputs.at(target.on).valid);
    out.targets[name] = {target.values.index_select(0, index), known, {}, target.on};
  }
  return out;
}

}  // namespace chiasm::test
