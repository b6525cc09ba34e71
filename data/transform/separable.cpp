#include "data/transform/separable.h"

#include <algorithm>
#include <optional>

#include "core/base/threads.h"
#include "data/transform/add_scaled.h"
#include "data/transform/clones.h"
#include "data/transform/gather.h"
#include "data/transform/slice.h"
#include "data/transform/stored_rows.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void scale(const float* __restrict in, float weight, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = weight * in[i];
}

CHIASM_CLONES void add_gathered(const float* __restrict row, const int32_t* __restrict first, const float* __restrict weights,
                                int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] += weights[i] * row[first[i]];
}

CHIASM_CLONES void multiply(const float* __restrict by, int64_t count, float* __restrict values) {
  for (int64_t i = 0; i < count; ++i) values[i] *= by[i];
}

// Source indices that an axis reads.
IndexRange reach_of(const AxisWeights& axis) {
  const auto [low, high] = std::minmax_element(axis.first.begin(), axis.first.end());
  return {*low, *high + axis.taps - 1};
}

// Weighted sums along rows and columns.
class PlaneReducer {
 public:
  PlaneReducer(const Volume& source, Plane plane, const AxisWeights& rows, const AxisWeights& columns)
      : source_(source),
        plane_(plane),
        rows_(rows),
        columns_(columns),
        row_reach_(reach_of(rows)),
        column_reach_(reach_of(columns)),
        stored_(plane == Plane::values ? StoredRows::of(source, rows, column_reach_) : std::nullopt) {
    for (const int32_t first : columns.first) column_first_.push_back(first - static_cast<int32_t>(column_reach_.first));
    if (columns.taps == 2) two_columns_.emplace(column_first_);
    row_.resize(static_cast<size_t>(width() + GatherTwo::kBeyond));
  }

  // HW of the outputs of one slice.
  const std::vector<float>& reduce(int64_t k) {
    reduced_.resize(static_cast<size_t>(rows_.count * columns_.count));
    if (!stored_) load(k);
    for (int64_t y = 0; y < rows_.count; ++y) {
      if (stored_)
        stored_->sum({k}, y, row_.data());
      else
        sum_rows(y);
      sum_columns(reduced_.data() + y * columns_.count);
    }
    return reduced_;
  }

  // Whether the sum of two slices costs less than two sums of one.
  bool takes_pairs() const { return stored_.has_value() && two_columns_.has_value(); }

  // HW of the sum of two slices whose weights sum to 1: their rows are summed before the columns are, and nothing in between is kept.
  void reduce(StoredRows::Slice first, StoredRows::Slice second, float* out) {
    for (int64_t y = 0; y < rows_.count; ++y) {
      if (second.weight == 0)
        stored_->sum(first, y, row_.data());
      else if (first.weight == 0)
        stored_->sum(second, y, row_.data());
      else
        stored_->sum(first, second, y, row_.data());
      sum_columns(out + y * columns_.count);
    }
  }

 private:
  int64_t width() const { return column_reach_.last - column_reach_.first + 1; }

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

  void sum_columns(float* out) const {
    if (two_columns_) return (*two_columns_)(row_.data(), columns_.weights.data(), columns_.weights.data() + columns_.count, out);
    std::fill_n(out, columns_.count, 0.0F);
    for (int64_t t = 0; t < columns_.taps; ++t)
      add_gathered(row_.data() + t, column_first_.data(), columns_.weights.data() + t * columns_.count, columns_.count, out);
  }

  const Volume& source_;
  Plane plane_;
  const AxisWeights &rows_, &columns_;
  IndexRange row_reach_, column_reach_;
  std::optional<StoredRows> stored_;
  std::vector<int32_t> column_first_;
  std::optional<GatherTwo> two_columns_;
  std::vector<float> slice_, valid_, row_, reduced_;
};

// Slices [first, end) of the result; each source slice is reduced once, for all outputs that it has part in.
void sum_slices(PlaneReducer& reducer, const AxisWeights& depth, int64_t area, int64_t first, int64_t end, float* out) {
  const auto [low, high] = std::minmax_element(depth.first.begin() + first, depth.first.begin() + end);
  std::vector<uint8_t> begun(static_cast<size_t>(end - first), 0);
  for (int64_t k = *low; k <= *high + depth.taps - 1; ++k) {
    const std::vector<float>* reduced = nullptr;
    for (int64_t d = first; d < end; ++d) {
      const int64_t tap = k - depth.first[static_cast<size_t>(d)];
      if (tap < 0 || tap >= depth.taps) continue;
      const float weight = depth.weights[static_cast<size_t>(tap * depth.count + d)];
      if (weight == 0) continue;
      if (!reduced) reduced = &reducer.reduce(k);
      uint8_t& has_values = begun[static_cast<size_t>(d - first)];
      (has_values ? add_scaled : scale)(reduced->data(), weight, area, out + d * area);
      has_values = 1;
    }
  }
}

void sum_pairs(PlaneReducer& reducer, const AxisWeights& depth, int64_t area, int64_t first, int64_t end, float* out) {
  for (int64_t d = first; d < end; ++d) {
    const auto n = static_cast<size_t>(d);
    const int32_t k = depth.first[n];
    reducer.reduce({k, depth.weights[n]}, {k + 1, depth.weights[static_cast<size_t>(depth.count) + n]}, out + d * area);
  }
}

// Whether every output is one source voxel, and neighbours stay neighbours.
bool is_copy(const AxisWeights& axis) {
  for (int64_t n = 0; n < axis.count; ++n) {
    const int64_t tap = axis.first[0] + n - axis.first[static_cast<size_t>(n)];
    if (tap < 0 || tap >= axis.taps) return false;
    for (int64_t t = 0; t < axis.taps; ++t)
      if (axis.weights[static_cast<size_t>(t * axis.count + n)] != (t == tap ? 1.0F : 0.0F)) return false;
  }
  return true;
}

void copy_slices(const Volume& source, const std::array<AxisWeights, 3>& axes, int64_t first, int64_t end, float* out) {
  const auto range = [](const AxisWeights& axis) { return IndexRange{axis.first[0], axis.first[0] + axis.count - 1}; };
  for (int64_t d = first; d < end; ++d)
    read_slice(source, axes[0].first[0] + d, range(axes[1]), range(axes[2]), out + d * axes[1].count * axes[2].count);
}

}  // namespace

Floats weighted_block(const Volume& source, Plane plane, const std::array<AxisWeights, 3>& axes, int threads) {
  const AxisWeights& depth = axes[0];
  const int64_t area = axes[1].count * axes[2].count, parts = std::clamp<int64_t>(threads, 1, std::max<int64_t>(depth.count / 4, 1));
  const IndexRange slices = reach_of(depth);
  const bool shared = depth.count > slices.last - slices.first + 1;  // finer than the source: most slices serve several outputs
  const bool copied = plane == Plane::values && std::all_of(axes.begin(), axes.end(), is_copy);
  Floats out(static_cast<size_t>(depth.count * area));
  parallel_for(parts, static_cast<int>(parts), [&](int64_t part) {
    const int64_t first = depth.count * part / parts, end = depth.count * (part + 1) / parts;
    if (copied) return copy_slices(source, axes, first, end, out.data());
    PlaneReducer reducer(source, plane, axes[1], axes[2]);
    const bool pairs = depth.taps == 2 && !shared && reducer.takes_pairs();
    (pairs ? sum_pairs : sum_slices)(reducer, depth, area, first, end, out.data());
  });
  return out;
}

}  // namespace chiasm::transform
