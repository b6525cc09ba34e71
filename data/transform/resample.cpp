#include "data/transform/resample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "core/base/error.h"
#include "data/transform/points.h"
#include "data/transform/separable.h"
#include "data/transform/spline.h"
#include "data/transform/trilinear.h"

namespace chiasm::transform {
namespace {

constexpr double same_place = 1e-3;  // voxels: closer points are the same point

// For each source axis (i, j, k) the new axis that runs along it; nothing when the map is not axis-aligned within `same_place`.
std::optional<std::array<int, 3>> aligned_axes(const Affine& to_source, const Size3& size) {
  std::array<int, 3> axes{-1, -1, -1};
  for (int source = 0; source < 3; ++source) {
    for (int axis = 0; axis < 3; ++axis) {
      const auto steps = static_cast<double>(std::max<int64_t>(size[static_cast<size_t>(2 - axis)] - 1, 1));
      if (std::abs(to_source[static_cast<size_t>(4 * source + axis)]) * steps < same_place) continue;
      if (axes[static_cast<size_t>(source)] >= 0) return std::nullopt;
      axes[static_cast<size_t>(source)] = axis;
    }
  }
  if (axes[0] == axes[1] || axes[1] == axes[2] || axes[0] == axes[2] || std::min({axes[0], axes[1], axes[2]}) < 0) return std::nullopt;
  return axes;
}

IndexRange readable(const Box& content, int source_axis, int64_t length) {
  const auto axis = static_cast<size_t>(source_axis);
  const auto first = static_cast<int64_t>(std::ceil(content.low[axis] - same_place));
  const auto last = static_cast<int64_t>(std::floor(content.high[axis] + same_place));
  const int64_t start = std::clamp<int64_t>(first, 0, length - 1);
  return {start, std::clamp<int64_t>(last, start, length - 1)};
}

double smoothing(double step) { return step > largest_plain_step ? step : 0; }

// What is read of the source, and how the new grid lies in it.
struct Plan {
  std::array<AxisWeights, 3> weights;         // D, H, W of the source
  std::array<IndexRange, 3> ranges;           // D, H, W: what may be read
  std::optional<std::array<int, 3>> aligned;  // block axis i, j, k -> new axis
  Affine to_block{};                          // otherwise
};

Plan aligned_plan(const std::array<int, 3>& axes, const Volume& source, const Affine& to_source, const Size3& size, const Box& content,
                  Interpolation interpolation) {
  Plan plan;
  plan.aligned = axes;
  for (int a = 0; a < 3; ++a) {
    const int axis = axes[static_cast<size_t>(a)];
    const double step = to_source[static_cast<size_t>(4 * a + axis)];
    const IndexRange range = readable(content, a, source.size[static_cast<size_t>(2 - a)]);
    plan.weights[static_cast<size_t>(2 - a)] = axis_weights(size[static_cast<size_t>(2 - axis)], to_source[static_cast<size_t>(4 * a + 3)],
                                                            step, smoothing(std::abs(step)), range, interpolation);
    plan.ranges[static_cast<size_t>(2 - a)] = range;
  }
  return plan;
}

// Least and greatest source coordinate of the new grid along a source axis, a deformation included.
std::array<double, 2> extent(const Affine& to_source, const Size3& size, int source_axis, const Elastic* elastic) {
  const double start = to_source[static_cast<size_t>(4 * source_axis + 3)];
  std::array<double, 2> out{start, start};
  for (int axis = 0; axis < 3; ++axis) {
    const double along =
        to_source[static_cast<size_t>(4 * source_axis + axis)] * static_cast<double>(size[static_cast<size_t>(2 - axis)] - 1);
    out[along < 0 ? 0 : 1] += along;
    if (!elastic) continue;
    const double move = std::abs(to_source[static_cast<size_t>(4 * source_axis + axis)]) * elastic->largest(static_cast<size_t>(axis));
    out[0] -= move, out[1] += move;
  }
  return out;
}

// A block on the source's axes around the new grid, thinned where the new grid is coarse so that a plain step of 1.5 remains.
Plan oblique_plan(const Volume& source, const Affine& to_source, const Size3& size, const Box& content, const Sampling& how) {
  Plan plan;
  plan.to_block = to_source;
  for (int a = 0; a < 3; ++a) {
    const auto row = static_cast<size_t>(4 * a);
    const double coarseness = std::hypot(to_source[row], to_source[row + 1], to_source[row + 2]);
    const double width = smoothing(coarseness), step = width > 0 ? width / largest_plain_step : 1;
    const IndexRange range = readable(content, a, source.size[static_cast<size_t>(2 - a)]);
    const auto [low, high] = extent(to_source, size, a, how.elastic);
    const double margin = how.interpolation == Interpolation::cubic ? static_cast<double>(spline_margin) * step : 0;
    const double first = std::clamp(std::floor(low - margin), static_cast<double>(range.first), static_cast<double>(range.last));
    const double last = std::clamp(std::ceil(high + margin), first, static_cast<double>(range.last));
    const auto count = static_cast<int64_t>(std::ceil((last - first) / step - same_place)) + 1;
    plan.weights[static_cast<size_t>(2 - a)] = axis_weights(count, first, step, width, range);
    for (size_t column = 0; column < 4; ++column)
      plan.to_block[row + column] = (to_source[row + column] - (column == 3 ? first : 0)) / step;
  }
  return plan;
}

// The block's axes in the new order.
Floats reordered(Floats block, const Plan& plan, const Size3& size) {
  const std::array<int, 3>& axes = *plan.aligned;
  if (axes == std::array<int, 3>{0, 1, 2}) return block;
  const std::array<int64_t, 3> block_strides{1, plan.weights[2].count, plan.weights[2].count * plan.weights[1].count};
  std::array<int64_t, 3> strides{};  // of the new axes i, j, k in the block
  for (size_t a = 0; a < 3; ++a) strides[static_cast<size_t>(axes[a])] = block_strides[a];
  Floats out(block.size());
  float* next = out.data();
  for (int64_t k = 0; k < size[0]; ++k)
    for (int64_t j = 0; j < size[1]; ++j)
      for (int64_t i = 0; i < size[2]; ++i) *next++ = block[static_cast<size_t>(k * strides[2] + j * strides[1] + i * strides[0])];
  return out;
}

Floats run(const Plan& plan, const Volume& source, Plane plane, const Size3& size, const Sampling& how) {
  Size3 block_size{plan.weights[0].count, plan.weights[1].count, plan.weights[2].count};
  if (block_size[0] * block_size[1] * block_size[2] > std::numeric_limits<int32_t>::max())
    throw InputError("an image needs more than 2^31 voxels at once; choose a smaller view");
  const bool cubic = how.interpolation == Interpolation::cubic;
  if (plan.aligned && cubic) return reordered(spline_block(source, plan.weights, plan.ranges, how.threads), plan, size);
  Floats block = weighted_block(source, plane, plan.weights, how.threads);
  if (plan.aligned) return reordered(std::move(block), plan, size);
  if (cubic) {
    spline_coefficients(block, block_size);
    return sample_tricubic(block, block_size, plan.to_block, size, how.elastic);
  }
  if (how.elastic) return sample_trilinear(block, block_size, plan.to_block, size, *how.elastic);
  return sample_trilinear(block, block_size, plan.to_block, size);
}

// Where the volume marks its own padding: only valid voxels are averaged, and a voxel counts when half of what it shows is valid.
void weigh_by_valid(Sampled& sampled, const Floats& share) {
  for (size_t n = 0; n < share.size(); ++n) {
    if (share[n] > 0) sampled.values[n] /= share[n];
    if (share[n] < 0.5F) sampled.valid[n] = 0;
  }
}

std::vector<uint8_t> inside_deformed(const Affine& to_source, const Size3& size, const Box& content, const Elastic& elastic) {
  std::vector<uint8_t> out(static_cast<size_t>(size[0] * size[1] * size[2]), 1);
  PointRows rows(to_source, size, &elastic);
  uint8_t* row = out.data();
  for (int64_t k = 0; k < size[0]; ++k)
    for (int64_t j = 0; j < size[1]; ++j, row += size[2]) {
      const auto& at = rows.row(k, j);
      for (size_t a = 0; a < 3; ++a) {
        const auto low = static_cast<float>(content.low[a] - same_place), high = static_cast<float>(content.high[a] + same_place);
        for (size_t n = 0; n < static_cast<size_t>(size[2]); ++n) row[n] &= at[a][n] >= low && at[a][n] <= high;
      }
    }
  return out;
}

}  // namespace

Box whole_box(const Size3& size) {
  Box box;
  for (size_t axis = 0; axis < 3; ++axis) {
    box.low[axis] = -0.5;
    box.high[axis] = static_cast<double>(size[2 - axis]) - 0.5;
  }
  return box;
}

std::vector<uint8_t> inside(const Affine& to_source, const Size3& size, const Box& content, const Elastic* elastic) {
  if (elastic && !elastic->none()) return inside_deformed(to_source, size, content, *elastic);
  std::vector<uint8_t> out(static_cast<size_t>(size[0] * size[1] * size[2]), 0);
  for (int64_t k = 0; k < size[0]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      // The points of a row that lie between two planes are one interval.
      const std::array<double, 3> start = chiasm::apply(to_source, {0, static_cast<double>(j), static_cast<double>(k)});
      double from = 0, to = static_cast<double>(size[2] - 1);
      for (size_t a = 0; a < 3; ++a) {
        const double step = to_source[4 * a], low = content.low[a] - same_place - start[a], high = content.high[a] + same_place - start[a];
        if (std::abs(step) * static_cast<double>(size[2]) < same_place * 1e-3) {
          if (low > 0 || high < 0) to = -1;
          continue;
        }
        from = std::max(from, std::min(low / step, high / step));
        to = std::min(to, std::max(low / step, high / step));
      }
      const auto first = static_cast<int64_t>(std::ceil(from)), last = static_cast<int64_t>(std::floor(to));
      if (first <= last) std::fill_n(out.begin() + (k * size[1] + j) * size[2] + first, last - first + 1, uint8_t{1});
    }
  }
  return out;
}

Sampled sample_image(const Volume& source, const Affine& to_source, const Size3& size, const Box& content, const Sampling& asked) {
  Sampling how = asked;
  if (how.elastic && how.elastic->none()) how.elastic = nullptr;
  if (!source.valid.empty()) how.interpolation = Interpolation::linear;
  const auto axes = how.elastic ? std::nullopt : aligned_axes(to_source, size);
  const Plan plan =
      axes ? aligned_plan(*axes, source, to_source, size, content, how.interpolation) : oblique_plan(source, to_source, size, content, how);
  Sampled out;
  out.valid = inside(to_source, size, content, how.elastic);
  out.values = run(plan, source, source.valid.empty() ? Plane::values : Plane::masked, size, how);
  if (!source.valid.empty()) weigh_by_valid(out, run(plan, source, Plane::valid, size, how));
  return out;
}

}  // namespace chiasm::transform
