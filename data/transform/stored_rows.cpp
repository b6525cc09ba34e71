#include "data/transform/stored_rows.h"

#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void sum_two(const int16_t* __restrict a, int64_t stride, const float (&w)[2], float intercept, int64_t count,
                           float* __restrict out) {
  const int16_t* b = a + stride;
  for (int64_t i = 0; i < count; ++i) out[i] = intercept + (w[0] * static_cast<float>(a[i]) + w[1] * static_cast<float>(b[i]));
}

// Two neighbouring rows of each of two slices.
CHIASM_CLONES void sum_four(const int16_t* __restrict a, const int16_t* __restrict c, int64_t stride, const float (&w)[4], float intercept,
                            int64_t count, float* __restrict out) {
  const int16_t *b = a + stride, *d = c + stride;
  for (int64_t i = 0; i < count; ++i) {
    const float first = w[0] * static_cast<float>(a[i]) + w[1] * static_cast<float>(b[i]);
    const float second = w[2] * static_cast<float>(c[i]) + w[3] * static_cast<float>(d[i]);
    out[i] = intercept + (first + second);
  }
}

}  // namespace

std::optional<StoredRows> StoredRows::of(const Volume& source, const AxisWeights& rows, IndexRange columns) {
  const auto* voxels = std::get_if<std::vector<int16_t>>(&source.voxels);
  if (!voxels || source.channels != 1 || rows.taps != 2) return std::nullopt;
  return StoredRows(source, voxels->data() + columns.first, rows, columns);
}

StoredRows::StoredRows(const Volume& source, const int16_t* voxels, const AxisWeights& rows, IndexRange columns)
    : voxels_(voxels),
      rows_(rows),
      width_(columns.last - columns.first + 1),
      stride_(source.size[2]),
      area_(source.size[1] * source.size[2]),
      slope_(static_cast<float>(source.slope)),
      intercept_(static_cast<float>(source.intercept)) {}

const int16_t* StoredRows::row(int64_t slice, int64_t y) const {
  return voxels_ + slice * area_ + rows_.first[static_cast<size_t>(y)] * stride_;
}

// The rows after the next: their distance keeps the processor from foreseeing them.
void StoredRows::foresee(int64_t slice, int64_t y) const {
  if (y + 2 >= rows_.count) return;
  const int16_t* ahead = row(slice, y + 2);
  for (int64_t i = 0; i < width_; i += 32) __builtin_prefetch(ahead + i), __builtin_prefetch(ahead + stride_ + i);
}

void StoredRows::sum(Slice slice, int64_t y, float* out) const {
  foresee(slice.index, y);
  const auto n = static_cast<size_t>(y), second = static_cast<size_t>(rows_.count) + n;
  sum_two(row(slice.index, y), stride_, {slope_ * rows_.weights[n], slope_ * rows_.weights[second]}, intercept_, width_, out);
}

void StoredRows::sum(Slice first, Slice second, int64_t y, float* out) const {
  foresee(first.index, y), foresee(second.index, y);
  const auto n = static_cast<size_t>(y);
  const float upper = slope_ * rows_.weights[n], lower = slope_ * rows_.weights[static_cast<size_t>(rows_.count) + n];
  sum_four(row(first.index, y), row(second.index, y), stride_,
           {first.weight * upper, first.weight * lower, second.weight * upper, second.weight * lower}, intercept_, width_, out);
}

}  // namespace chiasm::transform
