#include "data/collate.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/check.h"

namespace chiasm {
namespace {

constexpr uint8_t unknown_class = 255;

at::TensorOptions as(at::ScalarType type) { return at::TensorOptions().dtype(type); }

// One row of one input, with its study in the batch.
struct Row {
  const SampleRows* rows;
  size_t row;
  int64_t study;
};

std::vector<Row> rows_of(const std::vector<Sample>& samples, const std::string& input) {
  std::vector<Row> out;
  for (size_t n = 0; n < samples.size(); ++n) {
    const auto found = samples[n].inputs.find(input);
    if (found == samples[n].inputs.end()) continue;
    for (size_t row = 0; row < found->second.where.size(); ++row) out.push_back({&found->second, row, static_cast<int64_t>(n)});
  }
  return out;
}

// R D H W of an image input; at least one row.
std::vector<int64_t> grid_of(const InputSpec& spec, int64_t rows) {
  return {std::max<int64_t>(rows, 1), spec.size[0], spec.size[1], spec.size[2]};
}

void fill_images(Input& input, const InputSpec& spec, const std::vector<Row>& rows) {
  check(spec.channels == 1, "views deliver one channel");
  const std::vector<int64_t> grid = grid_of(spec, static_cast<int64_t>(rows.size()));
  input.values = at::zeros({grid[0], 1, grid[1], grid[2], grid[3]}, as(at::kFloat));
  input.valid = at::zeros(grid, as(at::kBool));
  const auto voxels = static_cast<size_t>(grid[1] * grid[2] * grid[3]);
  for (size_t r = 0; r < rows.size(); ++r) {
    const Prepared& image = rows[r].rows->images[rows[r].row];
    check(image.values.size() == voxels, "an image has the size of its view");
    std::memcpy(input.values.data_ptr<float>() + r * voxels, image.values.data(), voxels * sizeof(float));
    std::memcpy(input.valid.data_ptr<bool>() + r * voxels, image.valid.data(), voxels);
  }
}

// Writes one text into a row of ids and validity that was filled with padding.
void put_text(const std::vector<int64_t>& ids, at::Tensor& values, at::Tensor& valid, size_t row) {
  const auto length = static_cast<size_t>(values.size(1));
  check(ids.size() <= length, "a text is cut to its length");
  std::copy(ids.begin(), ids.end(), values.data_ptr<int64_t>() + row * length);
  std::fill_n(valid.data_ptr<bool>() + row * length, ids.size(), true);
}

// Tokens a row, for a longest text of `longest` tokens.
int64_t padded_length(int64_t longest, int64_t full, bool short_texts) {
  constexpr int64_t step = 16;  // few different shapes
  return short_texts ? std::min(full, (std::max<int64_t>(longest, 1) + step - 1) / step * step) : full;
}

void fill_texts(Input& input, const InputSpec& spec, const std::vector<Row>& rows, bool short_texts) {
  const auto count = std::max<int64_t>(static_cast<int64_t>(rows.size()), 1);
  size_t longest = 0;
  for (const Row& row : rows) longest = std::max(longest, row.rows->texts[row.row].size());
  const int64_t length = padded_length(static_cast<int64_t>(longest), spec.length, short_texts);
  input.values = at::full({count, length}, TextIds::pad, as(at::kLong));
  input.valid = at::zeros({count, length}, as(at::kBool));
  for (size_t r = 0; r < rows.size(); ++r) put_text(rows[r].rows->texts[rows[r].row], input.values, input.valid, r);
}

void fill_tables(Input& input, const InputSpec& spec, const std::vector<Row>& rows, const std::vector<std::array<double, 2>>& scales) {
  const auto count = std::max<int64_t>(static_cast<int64_t>(rows.size()), 1);
  const auto columns = static_cast<int64_t>(spec.columns.size());
  check(static_cast<int64_t>(scales.size()) == columns, "a table has one scale a column");
  input.values = at::zeros({count, 2 * columns}, as(at::kFloat));
  input.valid = at::zeros({count, 2 * columns}, as(at::kBool));
  for (size_t r = 0; r < rows.size(); ++r) {
    float* value = input.values.data_ptr<float>() + static_cast<int64_t>(r) * 2 * columns;
    bool* valid = input.valid.data_ptr<bool>() + static_cast<int64_t>(r) * 2 * columns;
    const std::vector<double>& table = rows[r].rows->tables[rows[r].row];
    for (size_t c = 0; c < table.size(); ++c) {
      if (std::isnan(table[c])) continue;
      value[2 * c] = static_cast<float>((table[c] - scales[c][0]) / scales[c][1]);
      value[2 * c + 1] = 1;
      valid[2 * c] = valid[2 * c + 1] = true;
    }
  }
}

Input make_input(const std::vector<Sample>& samples, const std::string& name, const Layout& layout) {
  const InputSpec& spec = layout.inputs.at(name);
  const std::vector<Row> rows = rows_of(samples, name);
  Input out;
  if (spec.form == Form::image) fill_images(out, spec, rows);
  if (spec.form == Form::text) fill_texts(out, spec, rows, layout.short_texts);
  if (spec.form == Form::table) fill_tables(out, spec, rows, layout.table_scales.at(name));
  out.where = at::zeros({std::max<int64_t>(static_cast<int64_t>(rows.size()), 1), 5}, as(at::kFloat));
  for (size_t r = 0; r < rows.size(); ++r) {
    const std::array<float, 5>& where = rows[r].rows->where[rows[r].row];
    std::copy(where.begin(), where.end(), out.where.data_ptr<float>() + 5 * r);
    out.rows.push_back(rows[r].study);
  }
  if (rows.empty()) out.rows.push_back(0);
  return out;
}

Target make_labels(const std::vector<Sample>& samples, const std::string& name, const TargetSpec& spec) {
  const auto classes = spec.classes.size();
  Target out;
  out.values = at::zeros({static_cast<int64_t>(samples.size()), static_cast<int64_t>(classes)}, as(at::kFloat));
  out.known = at::zeros_like(out.values, as(at::kBool));
  for (size_t n = 0; n < samples.size(); ++n) {
    const auto found = samples[n].labels.find(name);
    if (found == samples[n].labels.end()) continue;
    for (size_t c = 0; c < classes; ++c) {
      if (std::isnan(found->second[c])) continue;
      out.values.data_ptr<float>()[n * classes + c] = static_cast<float>(found->second[c]);
      out.known.data_ptr<bool>()[n * classes + c] = true;
    }
  }
  return out;
}

// Only the first row of a study's input carries its mask.
Target make_mask(const std::vector<Sample>& samples, const std::string& name, const TargetSpec& spec, const InputSpec& on) {
  const std::vector<Row> rows = rows_of(samples, spec.on);
  const std::vector<int64_t> grid = grid_of(on, static_cast<int64_t>(rows.size()));
  Target out;
  out.on = spec.on;
  out.values = at::zeros(grid, as(at::kLong));
  out.known = at::zeros(grid, as(at::kBool));
  const auto voxels = static_cast<size_t>(grid[1] * grid[2] * grid[3]);
  for (size_t r = 0; r < rows.size(); ++r) {
    const Sample& sample = samples[static_cast<size_t>(rows[r].study)];
    const auto mask = sample.masks.find(name);
    if (rows[r].row != 0 || mask == sample.masks.end()) continue;
    const std::vector<uint8_t>& valid = rows[r].rows->images[0].valid;
    int64_t* values = out.values.data_ptr<int64_t>() + r * voxels;
    bool* known = out.known.data_ptr<bool>() + r * voxels;
    for (size_t v = 0; v < voxels; ++v) {
      known[v] = mask->second[v] != unknown_class && valid[v];
      values[v] = known[v] ? mask->second[v] : 0;
    }
  }
  return out;
}

Target make_text(const std::vector<Sample>& samples, const std::string& name, const TargetSpec& spec, bool short_texts) {
  Target out;
  size_t longest = 0;
  for (const Sample& sample : samples)
    if (const auto found = sample.texts.find(name); found != sample.texts.end()) longest = std::max(longest, found->second.size());
  const int64_t length = padded_length(static_cast<int64_t>(longest), spec.length, short_texts);
  out.values = at::full({static_cast<int64_t>(samples.size()), length}, TextIds::pad, as(at::kLong));
  out.known = at::zeros_like(out.values, as(at::kBool));
  for (size_t n = 0; n < samples.size(); ++n)
    if (const auto found = samples[n].texts.find(name); found != samples[n].texts.end()) put_text(found->second, out.values, out.known, n);
  return out;
}

}  // namespace

Batch collate(const std::vector<Sample>& samples, const Layout& layout) {
  check(!samples.empty(), "a batch has a study");
  Batch out;
  for (const auto& entry : layout.inputs) out.inputs[entry.first] = make_input(samples, entry.first, layout);
  for (const auto& [name, spec] : layout.targets) {
    if (spec.kind == TargetKind::labels) out.targets[name] = make_labels(samples, name, spec);
    if (spec.kind == TargetKind::mask) out.targets[name] = make_mask(samples, name, spec, layout.inputs.at(spec.on));
    if (spec.kind == TargetKind::text) out.targets[name] = make_text(samples, name, spec, layout.short_texts);
  }
  for (const Sample& sample : samples) {
    out.study_ids.push_back(sample.study);
    out.keys.push_back(sample.key);
  }
  return out;
}

namespace {

template <class Visit>
void for_each_tensor(Batch& batch, const Visit& visit) {
  for (auto& [name, input] : batch.inputs)
    for (at::Tensor* tensor : {&input.values, &input.valid, &input.where, &input.keep}) visit(*tensor);
  for (auto& [name, target] : batch.targets)
    for (at::Tensor* tensor : {&target.values, &target.known, &target.weight}) visit(*tensor);
}

}  // namespace

int64_t bytes_of(const Batch& batch) {
  int64_t bytes = 0;
  Batch shared = batch;  // the tensors themselves are not copied
  for_each_tensor(shared, [&](const at::Tensor& tensor) { bytes += tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0; });
  return bytes;
}

Batch pinned(Batch batch) {
  for_each_tensor(batch, [](at::Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.pin_memory();
  });
  return batch;
}

}  // namespace chiasm
