#include "core/feature_memory.h"

#include <ATen/Functions.h>

#include <vector>

namespace chiasm {
namespace {

int64_t bytes_of(const Features& features) {
  int64_t bytes = static_cast<int64_t>(features.tokens.values.nbytes() + features.tokens.valid.nbytes());
  for (const at::Tensor& map : features.maps) bytes += static_cast<int64_t>(map.nbytes());
  return bytes;
}

// Rows of the parts one after another.
Features joined(const std::vector<Features>& parts) {
  std::vector<at::Tensor> values, valid;
  for (const Features& part : parts) {
    values.push_back(part.tokens.values);
    valid.push_back(part.tokens.valid);
  }
  Features out{{at::cat(values), at::cat(valid)}, {}};
  for (size_t level = 0; level < parts.front().maps.size(); ++level) {
    std::vector<at::Tensor> maps;
    for (const Features& part : parts) maps.push_back(part.maps[level]);
    out.maps.push_back(at::cat(maps));
  }
  return out;
}

}  // namespace

Input rows_of_study(const Input& input, int64_t first, int64_t count) {
  Input out = input;
  out.rows.assign(static_cast<size_t>(count), 0);
  for (at::Tensor* part : {&out.values, &out.valid, &out.where, &out.keep})
    if (part->defined()) *part = part->narrow(0, first, count);
  return out;
}

Features FeatureMemory::of_study(const Key& key, Encoder& encoder, const Input& rows) {
  const auto found = kept_.find(key);
  if (found != kept_.end()) return found->second;
  const Features made = encoder.encode(rows);
  const int64_t bytes = bytes_of(made);
  if (bytes > left_) return made;
  left_ -= bytes;
  return kept_.emplace(key, made).first->second;
}

Features FeatureMemory::features(const std::string& name, Encoder& encoder, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  const Input& input = batch.inputs.at(name);
  const auto rows = static_cast<int64_t>(input.rows.size());
  std::vector<Features> parts;
  for (int64_t first = 0, end = 0; first < rows; first = end) {
    const int64_t study = input.rows[static_cast<size_t>(first)];
    while (end < rows && input.rows[static_cast<size_t>(end)] == study) ++end;
    parts.push_back(of_study({name, batch.study_ids[static_cast<size_t>(study)]}, encoder, rows_of_study(input, first, end - first)));
  }
  return joined(parts);
}

}  // namespace chiasm
