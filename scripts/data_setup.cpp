#include "scripts/data_setup.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/loader_specs.h"

namespace chiasm {
namespace {

std::vector<std::string> part(const Split& split, const std::string& name, const std::string& file) {
  const auto found = split.parts.find(name);
  if (found == split.parts.end()) {
    std::vector<std::string> known;
    for (const auto& entry : split.parts) known.push_back(entry.first);
    throw UsageError(file + ": the split has no part '" + name + "'" + did_you_mean(name, known));
  }
  std::vector<std::string> studies = found->second;
  std::sort(studies.begin(), studies.end());
  return studies;
}

std::vector<std::string> all_but(const std::vector<std::vector<std::string>>& folds, size_t left_out) {
  std::vector<std::string> out;
  for (size_t i = 0; i < folds.size(); ++i)
    if (i != left_out) out.insert(out.end(), folds[i].begin(), folds[i].end());
  std::sort(out.begin(), out.end());
  return out;
}

void choose_parts(RunData& data, const DataSection& section) {
  if (section.fold < 0) {
    data.train = part(data.split, section.part, section.split);
    if (data.split.parts.count("val")) data.val = part(data.split, "val", section.split);
  } else {
    if (section.fold >= static_cast<int64_t>(data.split.folds.size()))
      throw UsageError("data.fold is " + std::to_string(section.fold) + ", but " + section.split + " has " +
                       std::to_string(data.split.folds.size()) + " folds");
    data.train = all_but(data.split.folds, static_cast<size_t>(section.fold));
    data.val = data.split.folds[static_cast<size_t>(section.fold)];
    std::sort(data.val.begin(), data.val.end());
  }
  if (data.split.parts.count("test")) data.test = part(data.split, "test", section.split);
  if (data.train.empty()) throw UsageError(section.split + ": part '" + section.part + "' is empty; nothing can be trained");
}

void check_inputs(const RunConfig& config, const StoreSchema& schema) {
  std::vector<std::string> known;
  for (const auto& entry : schema.inputs) known.push_back(entry.first);
  for (const std::string& name : run_inputs(config))
    if (!schema.inputs.count(name)) throw UsageError("the store has no input '" + name + "'" + did_you_mean(name, known));
  for (const auto& [name, view] : config.views)
    if (!schema.inputs.count(name)) throw UsageError("views: the store has no input '" + name + "'" + did_you_mean(name, known));
}

}  // namespace

RunData open_data(const RunConfig& config) {
  RunData data;
  data.store = std::make_shared<StoreReader>(config.data.store);
  check_inputs(config, data.store->schema());
  data.split = load_split(config.data.split, *data.store);
  choose_parts(data, config.data);
  for (int64_t i = 0; i < data.store->size(); ++i) data.patient_of[data.store->entry(i).study] = data.store->entry(i).patient;
  if (!config.data.tokenizer.empty()) data.tokenizer = std::make_shared<Tokenizer>(Tokenizer::load(config.data.tokenizer));
  return data;
}

namespace {

// How the inputs of a run are prepared, once views and scales are known.
LoaderOptions described(const RunConfig& config, const Preprocess& preprocess, bool texts) {
  LoaderOptions options;
  options.inputs = run_inputs(config);
  for (const auto& entry : preprocess.schema.targets) options.targets.push_back(entry.first);
  for (const auto& [name, input] : preprocess.schema.inputs)
    if (input.form == Form::text && texts) options.targets.push_back(name);
  options.preparations = preprocess.preparations;
  options.table_scales = preprocess.table_scales;
  options.text_lengths = preprocess.text_lengths;
  return options;
}

// What comes from the earlier run, the schema and the file; views and scales that must be fitted are left out.
Preprocess unfitted(const RunConfig& config, const StoreSchema& schema, const Tokenizer* tokenizer) {
  Preprocess out;
  if (!config.from.empty()) out = preprocess_from_json(read_json(fs::path(config.from) / "preprocess.json"));
  out.schema = schema;
  for (const auto& [name, input] : schema.inputs)
    if (input.form == Form::text && tokenizer != nullptr) out.text_lengths[name] = config.text.length;
  for (const std::string& name : run_inputs(config)) {
    const StoredInput& input = schema.inputs.at(name);
    if (input.form == Form::text && tokenizer == nullptr)
      throw UsageError("input '" + name + "' is text; name the model file of `chiasm tokenizer` under data.tokenizer");
    if (input.form == Form::image && !out.preparations.count(name) && !config.views.count(name))
      throw UsageError("image input '" + name + "' has no view; add it under 'views:'");
  }
  return out;
}

}  // namespace

Preprocess sketch_preprocess(const RunConfig& config, const StoreSchema& schema, const Tokenizer* tokenizer) {
  Preprocess out = unfitted(config, schema, tokenizer);
  for (const std::string& name : run_inputs(config)) {
    const StoredInput& input = schema.inputs.at(name);
    if (input.form == Form::table) out.table_scales.try_emplace(name, input.columns.size(), std::array<double, 2>{0.0, 1.0});
    if (input.form != Form::image) continue;
    const auto [place, fresh] = out.preparations.try_emplace(name);
    if (!fresh) continue;
    place->second = {input.modality, config.views.at(name), 0.0, 1.0};
    for (double& spacing : place->second.view.spacing_mm) spacing = spacing > 0 ? spacing : 1.0;
  }
  const LoaderOptions options = described(config, out, tokenizer != nullptr);
  out.inputs = input_specs(schema, options, tokenizer);
  out.targets = target_shapes(schema, options, tokenizer);
  return out;
}

Preprocess make_preprocess(const RunConfig& config, const RunData& data) {
  Preprocess out = unfitted(config, data.store->schema(), data.tokenizer.get());
  for (const std::string& name : run_inputs(config)) {
    const Form form = out.schema.inputs.at(name).form;
    if (form == Form::table && !out.table_scales.count(name)) out.table_scales[name] = fit_table_scale(*data.store, data.train, name);
    if (form == Form::image && !out.preparations.count(name))
      out.preparations[name] = fit_preparation(*data.store, data.train, name, config.views.at(name));
  }
  const LoaderOptions options = described(config, out, data.tokenizer != nullptr);
  out.inputs = input_specs(out.schema, options, data.tokenizer.get());
  out.targets = target_specs(*data.store, data.train, options, data.tokenizer.get());
  return out;
}

LoaderOptions loader_options(const RunConfig& config, const Preprocess& preprocess, const std::vector<std::string>& targets,
                             const dist::Group& group, bool training, int64_t batch) {
  LoaderOptions options;
  options.inputs = run_inputs(config);
  options.targets = targets;
  options.preparations = preprocess.preparations;
  options.table_scales = preprocess.table_scales;
  options.text_lengths = preprocess.text_lengths;
  options.augment = config.augment;
  options.training = training;
  options.batch = batch;
  options.require = config.inputs.required;
  options.require_targets = targets;
  if (training) options.balance = config.data.balance;
  if (training) options.sampling = config.data.sampling;
  options.most_unreadable = config.data.most_unreadable;
  options.budget_bytes = config.data.budget_mib << 20;
  options.seed = static_cast<uint64_t>(config.train.seed);
  options.rank = group.rank();
  options.ranks = group.size();
  options.threads = std::max(1, available_cores() / std::max(1, group.size()));
  return options;
}

}  // namespace chiasm
