#include "core/export/model_program.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "core/base/check.h"

namespace chiasm {
namespace {

constexpr int64_t where_columns = 5;

// Shape of one row's values and of its validity.
std::vector<int64_t> row_shape(const InputSpec& spec) {
  switch (spec.form) {
    case Form::image:
      return {spec.channels, spec.size[0], spec.size[1], spec.size[2]};
    case Form::text:
      return {spec.length};
    default:
      return {2 * static_cast<int64_t>(spec.columns.size())};
  }
}

std::vector<int64_t> valid_shape(const InputSpec& spec) {
  return spec.form == Form::image ? std::vector<int64_t>{spec.size[0], spec.size[1], spec.size[2]} : row_shape(spec);
}

std::vector<int64_t> batched(int64_t studies, const InputSpec& spec, std::vector<int64_t> row) {
  if (spec.max_rows > 1) row.insert(row.begin(), spec.max_rows);
  row.insert(row.begin(), studies);
  return row;
}

std::vector<int64_t> fixed_rows(int64_t studies, int64_t each) {
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < studies * each; ++r) rows.push_back(r / each);
  return rows;
}

Batch batch_of(const Model& model, const std::vector<std::string>& names, const std::vector<at::Tensor>& tensors) {
  Batch batch;
  const int64_t studies = tensors.front().size(0);
  for (int64_t b = 0; b < studies; ++b) batch.study_ids.push_back(std::to_string(b));
  for (size_t i = 0; i < names.size(); ++i) {
    const InputSpec& spec = model.inputs().at(names[i]);
    const bool several = spec.max_rows > 1;
    const auto rows_of = [&](const at::Tensor& t) { return several ? t.flatten(0, 1) : t; };
    Input& input = batch.inputs[names[i]];
    input.values = rows_of(tensors[3 * i]);
    input.valid = rows_of(tensors[3 * i + 1]);
    input.where = rows_of(tensors[3 * i + 2]);
    input.rows = fixed_rows(studies, spec.max_rows);
  }
  return batch;
}

std::map<std::string, at::Tensor> predictions(Model& model, const Batch& batch, const std::vector<std::string>& names) {
  Pass pass(model, batch);
  std::map<std::string, at::Tensor> out;
  for (const TaskSlot& slot : model.tasks())
    for (const auto& [name, value] : slot.task->predict(pass, batch)) out[slot.name + "_" + name] = value;
  const Tokens& fused = pass.fuse(names);
  const at::Tensor weight = fused.valid.to(at::kFloat).unsqueeze(-1);
  out["embedding"] = (fused.values * weight).sum(1) / weight.sum(1).clamp_min(1.0);
  return out;
}

}  // namespace

std::vector<std::string> read_inputs(const Model& model) {
  std::set<std::string> names;
  for (const TaskSlot& slot : model.tasks())
    for (const std::string& name : slot.task->reads()) names.insert(name);
  return {names.begin(), names.end()};
}

std::vector<at::Tensor> example_inputs(const Model& model, int64_t studies, uint64_t seed, const std::vector<std::string>& absent) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  std::vector<at::Tensor> out;
  for (const std::string& name : read_inputs(model)) {
    const InputSpec& spec = model.inputs().at(name);
    const bool missing = std::find(absent.begin(), absent.end(), name) != absent.end();
    at::Tensor values = spec.form == Form::text ? at::randint(5, std::max<int64_t>(6, spec.vocabulary),
                                                              batched(studies, spec, row_shape(spec)), generator, at::kLong)
                                                : at::randn(batched(studies, spec, row_shape(spec)), generator);
    at::Tensor valid = at::ones(batched(studies, spec, valid_shape(spec)), at::kBool);
    if (missing) {
      values.zero_();
      valid.zero_();
    }
    at::Tensor where = at::zeros(batched(studies, spec, {where_columns}));
    if (spec.form == Form::image)
      for (int64_t d = 0; d < 3; ++d) where.select(-1, d).fill_(spec.spacing_mm[static_cast<size_t>(d)]);
    out.insert(out.end(), {values, valid, where});
  }
  return out;
}

Program model_program(Model& model) {
  Program program;
  program.name = "model";
  const std::vector<std::string> names = read_inputs(model);
  check(!names.empty(), "a model whose tasks read nothing cannot be exported");
  program.example = example_inputs(model, 2, 1);
  for (const std::string& name : names)
    for (const char* suffix : {"", "_valid", "_where"}) {
      program.inputs.push_back(name + suffix);
      program.input_axes.push_back({{0, "studies"}});
    }
  {
    at::NoGradGuard no_gradient;
    model.eval();
    for (const auto& entry : predictions(model, batch_of(model, names, program.example), names)) {
      program.outputs.push_back(entry.first);
      program.output_axes.push_back({{0, "studies"}});
    }
  }
  program.run = [&model, names](const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> out;
    for (const auto& entry : predictions(model, batch_of(model, names, tensors), names)) out.push_back(entry.second);
    return out;
  };
  return program;
}

std::vector<at::Tensor> program_inputs(const Model& model, const Batch& batch) {
  std::vector<at::Tensor> out;
  const int64_t studies = batch.studies();
  for (const std::string& name : read_inputs(model)) {
    const InputSpec& spec = model.inputs().at(name);
    const Input& input = batch.inputs.at(name);
    const auto filled = [&](const at::Tensor& rows_first, std::vector<int64_t> row) {
      at::Tensor all = at::zeros(batched(studies, spec, std::move(row)), rows_first.options());
      at::Tensor flat = spec.max_rows > 1 ? all.flatten(0, 1) : all;
      std::vector<int64_t> used(static_cast<size_t>(studies), 0);
      for (size_t r = 0; r < input.rows.size(); ++r) {
        const int64_t study = input.rows[r], place = used[static_cast<size_t>(study)]++;
        if (place < spec.max_rows) flat[study * spec.max_rows + place].copy_(rows_first[static_cast<int64_t>(r)]);
      }
      return all;
    };
    std::vector<int64_t> whole = valid_shape(spec);
    whole.insert(whole.begin(), input.values.size(0));
    const at::Tensor valid = input.valid.defined() ? input.valid : at::ones(whole, at::kBool);
    out.push_back(filled(input.values, row_shape(spec)));
    out.push_back(filled(valid, valid_shape(spec)));
    out.push_back(filled(input.where.defined() ? input.where : at::zeros({input.values.size(0), where_columns}), {where_columns}));
  }
  return out;
}

}  // namespace chiasm
