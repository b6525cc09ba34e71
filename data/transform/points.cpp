#include "data/transform/points.h"

#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void straight(float start, float step, int64_t count, float* __restrict out) {
  for (int32_t n = 0; n < static_cast<int32_t>(count); ++n) out[n] = start + step * static_cast<float>(n);
}

CHIASM_CLONES void add_moves(const float* __restrict x, const float* __restrict y, const float* __restrict z, float a, float b, float c,
                             int64_t count, float* __restrict out) {
  for (int64_t n = 0; n < count; ++n) out[n] += a * x[n] + b * y[n] + c * z[n];
}

}  // namespace

PointRows::PointRows(const Affine& to_source, const Size3& size, const Elastic* elastic) : to_source_(to_source), size_(size) {
  if (elastic) elastic_.emplace_back(*elastic, size);
  for (auto& axis : points_) axis.resize(static_cast<size_t>(size[2]));
}

const std::array<std::vector<float>, 3>& PointRows::row(int64_t k, int64_t j) {
  const std::array<double, 3> start = chiasm::apply(to_source_, {0, static_cast<double>(j), static_cast<double>(k)});
  if (!elastic_.empty()) elastic_[0].row(k, j, moves_);
  for (size_t a = 0; a < 3; ++a) {
    straight(static_cast<float>(start[a]), static_cast<float>(to_source_[4 * a]), size_[2], points_[a].data());
    if (elastic_.empty()) continue;
    add_moves(moves_[0].data(), moves_[1].data(), moves_[2].data(), static_cast<float>(to_source_[4 * a]),
              static_cast<float>(to_source_[4 * a + 1]), static_cast<float>(to_source_[4 * a + 2]), size_[2], points_[a].data());
  }
  return points_;
}

}  // namespace chiasm::transform
