#include "core/rows.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>

namespace chiasm {
namespace {

constexpr double lowest = -1e9;

struct Slots {
  std::vector<int64_t> of_row;  // study * most + (number of earlier rows of that study)
  int64_t most;
};

Slots slots(const std::vector<int64_t>& rows, int64_t studies) {
  std::vector<int64_t> seen(static_cast<size_t>(studies), 0);
  Slots out{std::vector<int64_t>(rows.size()), 1};
  for (size_t r = 0; r < rows.size(); ++r) out.of_row[r] = seen[static_cast<size_t>(rows[r])]++;
  for (const int64_t count : seen) out.most = std::max(out.most, count);
  for (size_t r = 0; r < rows.size(); ++r) out.of_row[r] += rows[r] * out.most;
  return out;
}

// R... -> BS..., filled with `empty` where a study has fewer rows.
at::Tensor by_study(const at::Tensor& rows_first, const std::vector<int64_t>& rows, int64_t studies, double empty) {
  if (const int64_t each = rows_per_study(rows, studies); each > 0) return rows_first.unflatten(0, {-1, each});
  const Slots at_slots = slots(rows, studies);
  std::vector<int64_t> shape = rows_first.sizes().vec();
  shape[0] = studies * at_slots.most;
  const at::Tensor index = at::tensor(at_slots.of_row, at::kLong).to(rows_first.device());
  return at::full(shape, empty, rows_first.options()).index_copy(0, index, rows_first).unflatten(0, {studies, at_slots.most});
}

}  // namespace

int64_t rows_per_study(const std::vector<int64_t>& rows, int64_t studies) {
  if (studies == 0 || rows.empty() || static_cast<int64_t>(rows.size()) % studies != 0) return 0;
  const int64_t each = static_cast<int64_t>(rows.size()) / studies;
  for (size_t r = 0; r < rows.size(); ++r)
    if (rows[r] != static_cast<int64_t>(r) / each) return 0;
  return each;
}

at::Tensor real_rows(const Input& input) {
  if (!input.valid.defined()) return at::ones_like(input.values.flatten(1).select(1, 0), at::kBool);
  return input.valid.flatten(1).to(at::kFloat).amax(1) > 0.5;
}

at::Tensor rows_to_studies(const at::Tensor& rows_first, const std::vector<int64_t>& rows, int64_t studies) {
  return by_study(rows_first, rows, studies, 0.0).flatten(1, 2);
}

at::Tensor max_over_rows(const at::Tensor& values, const at::Tensor& real, const std::vector<int64_t>& rows, int64_t studies) {
  const at::Tensor hidden = values.masked_fill(real.logical_not().unsqueeze(-1), lowest);
  const at::Tensor best = by_study(hidden, rows, studies, lowest).amax(1);
  return best.masked_fill(best <= lowest, 0.0);
}

at::Tensor any_over_rows(const at::Tensor& flags, const std::vector<int64_t>& rows, int64_t studies) {
  return by_study(flags.to(at::kFloat), rows, studies, 0.0).amax(1) > 0.5;
}

}  // namespace chiasm
