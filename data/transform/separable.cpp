#include "data/transform/separable.h"

#include <algorithm>
#include <optional>

#include "core/base/threads.h"
#include "data/transform/clones.h"
#include "data/transform/gather.h"
#include "data/transform/large.h"
#include "data/transform/slice.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void add_scaled(const float* __restrict in, float weight, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] += weight * in[i];
}

CHIASM_CLONES void add_gathered(const float* __restrict row, const int32_t* __restrict first, const float* __restrict weights,
                                int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] += weights[i] * row[first[i]];
}

// The sum of two stored rows, rescaled.
CHIASM_CLONES void sum_two(const int16_t* __restrict a, const int16_t* __restrict b, float weight_a, float weight_b, float slope,
                           float intercept, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) {
    const float from_a = intercept + static_cast<float>(a[i]) * slope, from_b = intercept + static_cast<float>(b[i]) * slope;
    out[i] = weight_a * from_a + weight_b * from_b;
  }
}

CHIASM_CLONES void multiply(const float* __restrict by, int64_t count, float* __restrict values) {
  for (int64_t i = 0; i < count; ++i) values[i] *= by[i];
}

// Source indices that an axis reads.
IndexRange reach_of(const AxisWeights& axis) {
  const auto [low, high] = std::minmax_element(axis.first.begin(), axis.first.end());
  return {*low, *high + axis.taps - 1};
}

class SliceReducer {
 public:
  SliceReducer(const Volume& source, Plane plane, const AxisWeights& rows, const AxisWeights& columns)
      : source_(source), plane_(plane), rows_(rows), columns_(columns), row_reach_(reach_of(rows)), column_reach_(reach_of(columns)) {
    for (const int32_t first : columns.first) column_first_.push_back(first - static_cast<int32_t>(column_reach_.first));
    if (columns.taps == 2) two_columns_.emplace(column_first_);
    reduced_.resize(static_cast<size_t>(rows.count * columns.count));
    row_.resize(static_cast<size_t>(width() + GatherTwo::kBeyond));
  }

  // HW of the outputs.
  const std::vector<float>& reduce(int64_t k) {
    const int16_t* stored = plain_int16(k);
    if (!stored) load(k);
    for (int64_t y = 0; y < rows_.count; ++y) {
      if (stored)
        sum_stored(stored, y);
      else
        sum_rows(y);
      float* out = reduced_.data() + y * columns_.count;
      if (two_columns_) {
        (*two_columns_)(row_.data(), columns_.weights.data(), columns_.weights.data() + columns_.count, out);
        continue;
      }
      std::fill_n(out, columns_.count, 0.0F);
      for (int64_t t = 0; t < columns_.taps; ++t)
        add_gathered(row_.data() + t, column_first_.data(), columns_.weights.data() + t * columns_.count, columns_.count, out);
    }
    return reduced_;
  }

 private:
  int64_t width() const { return column_reach_.last - column_reach_.first + 1; }

  // A grey slice of 16-bit numbers that two rows each are taken of: read where it lies.
  const int16_t* plain_int16(int64_t k) const {
    const auto* voxels = std::get_if<std::vector<int16_t>>(&source_.voxels);
    if (!voxels || source_.channels != 1 || plane_ != Plane::values || rows_.taps != 2) return nullptr;
    return voxels->data() + k * source_.size[1] * source_.size[2];
  }

  void sum_stored(const int16_t* slice, int64_t y) {
    const int64_t first = rows_.first[static_cast<size_t>(y)], stride = source_.size[2];
    const int16_t* row = slice + first * stride + column_reach_.first;
    // The rows after the next: their distance keeps the processor from foreseeing them.
    if (y + 2 < rows_.count) {
      const int16_t* ahead = slice + static_cast<int64_t>(rows_.first[static_cast<size_t>(y + 2)]) * stride + column_reach_.first;
      for (int64_t i = 0; i < width(); i += 32) __builtin_prefetch(ahead + i), __builtin_prefetch(ahead + stride + i);
    }
    sum_two(row, row + stride, rows_.weights[static_cast<size_t>(y)], rows_.weights[static_cast<size_t>(rows_.count + y)],
            static_cast<float>(source_.slope), static_cast<float>(source_.intercept), width(), row_.data());
  }

  void load(int64_t k) {
    if (plane_ == Plane::valid) return read_valid(source_, k, row_reach_, column_reach_, slice_);
    read_slice(source_, k, row_reach_, column_reach_, slice_);
    if (plane_ == Plane::values) return;
    read_valid(source_, k, row_reach_, column_reach_, valid_);
    multiply(valid_.data(), static_cast<int64_t>(slice_.size()), slice_.data());
  }

  void sum_rows(int64_t y) {
    std::fill(row_.begin(), row_.end(), 0.0F);
    for (int64_t t = 0; t < rows_.taps; ++t) {
      const float weight = rows_.weights[static_cast<size_t>(t * rows_.count + y)];
      if (weight != 0)
        add_scaled(slice_.data() + (rows_.first[static_cast<size_t>(y)] + t - row_reach_.first) * width(), weight, width(), row_.data());
    }
  }

  const Volume& source_;
  Plane plane_;
  const AxisWeights &rows_, &columns_;
  IndexRange row_reach_, column_reach_;
  std::vector<int32_t> column_first_;
  std::optional<GatherTwo> two_columns_;
  std::vector<float> slice_, valid_, row_, reduced_;
};

// Slices [first, end) of the result.
void reduce_depth(SliceReducer& reducer, const AxisWeights& depth, int64_t area, int64_t first, int64_t end, float* out) {
  const auto [low, high] = std::minmax_element(depth.first.begin() + first, depth.first.begin() + end);
  for (int64_t k = *low; k <= *high + depth.taps - 1; ++k) {
    const std::vector<float>* reduced = nullptr;
    for (int64_t d = first; d < end; ++d) {
      const int64_t tap = k - depth.first[static_cast<size_t>(d)];
      if (tap < 0 || tap >= depth.taps) continue;
      const float weight = depth.weights[static_cast<size_t>(tap * depth.count + d)];
      if (weight == 0) continue;
      if (!reduced) reduced = &reducer.reduce(k);
      add_scaled(reduced->data(), weight, area, out + d * area);
    }
  }
}

}  // namespace

std::vector<float> weighted_block(const Volume& source, Plane plane, const std::array<AxisWeights, 3>& axes, int threads) {
  const AxisWeights& depth = axes[0];
  const int64_t area = axes[1].count * axes[2].count, parts = std::clamp<int64_t>(threads, 1, std::max<int64_t>(depth.count / 4, 1));
  std::vector<float> out = large_zeros(static_cast<size_t>(depth.count * area));
  parallel_for(parts, static_cast<int>(parts), [&](int64_t part) {
    SliceReducer reducer(source, plane, axes[1], axes[2]);
    reduce_depth(reducer, depth, area, depth.count * part / parts, depth.count * (part + 1) / parts, out.data());
  });
  return out;
}

}  // namespace chiasm::transform
