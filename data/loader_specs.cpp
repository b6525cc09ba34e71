// What the model must know of inputs and targets.
#include "data/loader_specs.h"

#include <cmath>

#include "core/base/check.h"
#include "core/base/error.h"
#include "data/dataset.h"

namespace chiasm {
namespace {

constexpr size_t most_masks = 16;  // masks read for a prior

InputSpec input_spec(const std::string& name, const StoredInput& stored, const LoaderOptions& options, const Tokenizer* tokenizer) {
  InputSpec spec;
  spec.form = stored.form;
  spec.modality = stored.modality;
  spec.columns = stored.columns;
  spec.max_rows = stored.max_rows;
  spec.after_reading = stored.after_reading;
  if (stored.form == Form::image) {
    spec.size = options.preparations.at(name).view.size;
    spec.spacing_mm = options.preparations.at(name).view.spacing_mm;
  }
  if (stored.form == Form::text) {
    check(tokenizer != nullptr, "texts need a tokenizer");
    spec.vocabulary = tokenizer->vocabulary();
    spec.length = options.text_lengths.at(name);
  }
  return spec;
}

// With one positive and one negative study added, so that no rate is 0 or 1.
std::vector<double> label_rates(const StoreReader& store, const std::vector<int64_t>& studies, const std::string& target, size_t classes) {
  std::vector<double> positive(classes, 1), known(classes, 2);
  for (const int64_t index : studies) {
    const auto found = store.entry(index).labels.find(target);
    if (found == store.entry(index).labels.end()) continue;
    for (size_t c = 0; c < classes; ++c) {
      if (std::isnan(found->second[c])) continue;
      positive[c] += found->second[c];
      known[c] += 1;
    }
  }
  for (size_t c = 0; c < classes; ++c) positive[c] /= known[c];
  return positive;
}

// With one voxel of each class and of background added.
std::vector<double> voxel_shares(const StoreReader& store, const std::vector<int64_t>& studies, const std::string& target, size_t classes) {
  std::vector<int64_t> with_mask;
  for (const int64_t index : studies)
    for (const std::string& mask : store.entry(index).masks)
      if (mask == target) with_mask.push_back(index);
  std::vector<double> counts(classes + 1, 1);
  const size_t used = std::min(with_mask.size(), most_masks);
  for (size_t n = 0; n < used; ++n) {
    const StudyRecord record = store.read(with_mask[n * with_mask.size() / used], {target});
    for (const uint8_t value : std::get<std::vector<uint8_t>>(record.masks.at(target).voxels))
      if (value <= classes) ++counts[value];
  }
  double total = 0;
  for (const double count : counts) total += count;
  std::vector<double> shares;
  for (size_t c = 1; c <= classes; ++c) shares.push_back(counts[c] / total);
  return shares;
}

}  // namespace

InputSpecs input_specs(const StoreSchema& schema, const LoaderOptions& options, const Tokenizer* tokenizer) {
  InputSpecs specs;
  for (const std::string& name : options.inputs) specs[name] = input_spec(name, schema.inputs.at(name), options, tokenizer);
  return specs;
}

TargetSpecs target_shapes(const StoreSchema& schema, const LoaderOptions& options, const Tokenizer* tokenizer) {
  TargetSpecs specs;
  for (const std::string& name : options.targets) {
    TargetSpec& spec = specs[name];
    const auto stored = schema.targets.find(name);
    if (stored == schema.targets.end()) {
      check(tokenizer != nullptr, "texts need a tokenizer");
      spec.kind = TargetKind::text;
      spec.vocabulary = tokenizer->vocabulary();
      spec.length = options.text_lengths.at(name);
    } else {
      spec.kind = stored->second.kind;
      spec.classes = stored->second.classes;
      spec.on = stored->second.on;
      spec.derived_from = stored->second.derived_from;
    }
  }
  return specs;
}

TargetSpecs target_specs(const StoreReader& store, const std::vector<std::string>& studies, const LoaderOptions& options,
                         const Tokenizer* tokenizer) {
  TargetSpecs specs = target_shapes(store.schema(), options, tokenizer);
  const std::vector<int64_t> indices = store_indices(store, studies);
  for (auto& [name, spec] : specs) {
    if (spec.kind == TargetKind::labels) spec.priors = label_rates(store, indices, name, spec.classes.size());
    if (spec.kind == TargetKind::mask) spec.priors = voxel_shares(store, indices, name, spec.classes.size());
  }
  return specs;
}

}  // namespace chiasm
