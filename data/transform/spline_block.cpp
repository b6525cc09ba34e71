// spline_block of spline.h. Slice by slice: rows are filtered and summed, the small result turned so that columns become rows, and the same
// again; then along the slices. So every loop runs over neighbouring floats.
#include <algorithm>

#include "core/base/threads.h"
#include "data/transform/add_scaled.h"
#include "data/transform/clones.h"
#include "data/transform/slice.h"
#include "data/transform/spline.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void sum_four(const float* __restrict in, int64_t stride, const float* __restrict w, int64_t count, float* __restrict out) {
  const float *a = in, *b = in + stride, *c = in + 2 * stride, *d = in + 3 * stride;
  for (int64_t i = 0; i < count; ++i) out[i] = (w[0] * a[i] + w[1] * b[i]) + (w[2] * c[i] + w[3] * d[i]);
}

// Output n of the axis from lines that start at source index `start`.
void sum_lines(const float* in, int64_t stride, int64_t start, const AxisWeights& axis, int64_t n, int64_t run, float* out) {
  const float* first = in + (axis.first[static_cast<size_t>(n)] - start) * stride;
  const auto weight = [&](int64_t t) { return axis.weights[static_cast<size_t>(t * axis.count + n)]; };
  if (axis.taps == 4) {
    const float weights[4] = {weight(0), weight(1), weight(2), weight(3)};
    return sum_four(first, stride, weights, run, out);
  }
  std::fill_n(out, run, 0.0F);
  for (int64_t t = 0; t < axis.taps; ++t)
    if (weight(t) != 0) add_scaled(first + t * stride, weight(t), run, out);
}

// out[column][row] = in[row][column]; in tiles, so that both sides stay in the cache.
void turn(const float* in, int64_t rows, int64_t columns, float* out) {
  constexpr int64_t tile = 16;
  for (int64_t y = 0; y < rows; y += tile)
    for (int64_t x = 0; x < columns; x += tile)
      for (int64_t i = x; i < std::min(columns, x + tile); ++i)
        for (int64_t j = y; j < std::min(rows, y + tile); ++j) out[i * rows + j] = in[j * columns + i];
}

IndexRange with_margin(const AxisWeights& axis, IndexRange range) {
  const auto [low, high] = std::minmax_element(axis.first.begin(), axis.first.end());
  return {std::max<int64_t>(range.first, *low - spline_margin), std::min<int64_t>(range.last, *high + axis.taps - 1 + spline_margin)};
}

int64_t length(IndexRange range) { return range.last - range.first + 1; }

struct Plan {
  const Volume& source;
  const std::array<AxisWeights, 3>& axes;
  std::array<IndexRange, 3> read;  // D, H, W
  int64_t area() const { return axes[1].count * axes[2].count; }
};

constexpr int64_t strip = 128;  // columns at once: what is filtered stays in the cache

struct Scratch {
  std::vector<float> slice, rows, turned;
};

void reduce_slice(const Plan& plan, int64_t k, Scratch& scratch, float* out) {
  const int64_t height = length(plan.read[1]), width = length(plan.read[2]);
  const AxisWeights &rows = plan.axes[1], &columns = plan.axes[2];
  scratch.rows.resize(static_cast<size_t>(rows.count * width));
  scratch.turned.resize(scratch.rows.size());
  for (int64_t x = 0; x < width; x += strip) {
    const int64_t run = std::min(strip, width - x), first = plan.read[2].first + x;
    read_slice(plan.source, k, plan.read[1], {first, first + run - 1}, scratch.slice);
    spline_coefficients(scratch.slice.data(), height, run, run);
    for (int64_t y = 0; y < rows.count; ++y)
      sum_lines(scratch.slice.data(), run, plan.read[1].first, rows, y, run, scratch.rows.data() + y * width + x);
  }
  turn(scratch.rows.data(), rows.count, width, scratch.turned.data());
  spline_coefficients(scratch.turned.data(), width, rows.count, rows.count);
  scratch.rows.resize(static_cast<size_t>(std::max(rows.count * width, plan.area())));
  for (int64_t x = 0; x < columns.count; ++x)
    sum_lines(scratch.turned.data(), rows.count, plan.read[2].first, columns, x, rows.count, scratch.rows.data() + x * rows.count);
  turn(scratch.rows.data(), columns.count, rows.count, out);
}

}  // namespace

Floats spline_block(const Volume& source, const std::array<AxisWeights, 3>& axes, const std::array<IndexRange, 3>& ranges, int threads) {
  Plan plan{source, axes, {}};
  for (size_t a = 0; a < 3; ++a) plan.read[a] = with_margin(axes[a], ranges[a]);
  const int64_t area = plan.area(), depth = length(plan.read[0]), wanted = axes[0].count;
  Floats stack(static_cast<size_t>(depth * area)), out(static_cast<size_t>(wanted * area));
  std::vector<Scratch> scratch(static_cast<size_t>(threads));
  parallel_for(threads, threads, [&](int64_t t) {
    for (int64_t n = t; n < depth; n += threads)
      reduce_slice(plan, plan.read[0].first + n, scratch[static_cast<size_t>(t)], stack.data() + n * area);
  });
  parallel_for((area + strip - 1) / strip, threads, [&](int64_t c) {
    const int64_t at = c * strip, run = std::min(strip, area - at);
    spline_coefficients(stack.data() + at, depth, area, run);
    for (int64_t d = 0; d < wanted; ++d)
      sum_lines(stack.data() + at, area, plan.read[0].first, axes[0], d, run, out.data() + d * area + at);
  });
  return out;
}

}  // namespace chiasm::transform
