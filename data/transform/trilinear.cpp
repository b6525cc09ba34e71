#include "data/transform/trilinear.h"

#include <array>

#include "data/transform/clones.h"
#include "data/transform/large.h"

namespace chiasm::transform {
namespace {

// One axis of a row of points: coordinate = start + n * step, kept within [0, last].
struct RowAxis {
  float start, step, last;
  int32_t highest;       // largest lower neighbour
  int32_t stride, next;  // floats to the next index; 0 for `next` on an axis of one voxel
};

RowAxis row_axis(double start, double step, int64_t size, int64_t stride) {
  const auto last = static_cast<int32_t>(size - 1);
  return {static_cast<float>(start), static_cast<float>(step),     static_cast<float>(last),
          last > 0 ? last - 1 : 0,   static_cast<int32_t>(stride), last > 0 ? static_cast<int32_t>(stride) : 0};
}

struct Neighbour {
  int32_t base;
  float fraction;
};

inline Neighbour neighbour(const RowAxis& axis, float at) {
  at = at > 0.0F ? at : 0.0F;
  at = at < axis.last ? at : axis.last;
  int32_t lower = static_cast<int32_t>(at);
  lower = lower < axis.highest ? lower : axis.highest;
  return {lower * axis.stride, at - static_cast<float>(lower)};
}

inline Neighbour neighbour(const RowAxis& axis, int32_t n) { return neighbour(axis, axis.start + axis.step * static_cast<float>(n)); }

// Unlike a + t (b - a), exact at both ends.
inline float mix(float a, float b, float t) { return a * (1.0F - t) + b * t; }

// The value between eight neighbours.
inline float between(const float* block, const RowAxis& ax, const RowAxis& ay, const RowAxis& az, Neighbour nx, Neighbour ny,
                     Neighbour nz) {
  const int32_t at = nx.base + ny.base + nz.base;
  const int32_t right = at + ax.next, up = at + ay.next, up_right = up + ax.next;
  const float low = mix(mix(block[at], block[right], nx.fraction), mix(block[up], block[up_right], nx.fraction), ny.fraction);
  const float high = mix(mix(block[at + az.next], block[right + az.next], nx.fraction),
                         mix(block[up + az.next], block[up_right + az.next], nx.fraction), ny.fraction);
  return mix(low, high, nz.fraction);
}

CHIASM_CLONES void sample_row(const float* __restrict block, const RowAxis& x, const RowAxis& y, const RowAxis& z, int64_t count,
                              float* __restrict out) {
  const RowAxis ax = x, ay = y, az = z;
  for (int32_t n = 0; n < static_cast<int32_t>(count); ++n) {
    const Neighbour nx = neighbour(ax, n), ny = neighbour(ay, n), nz = neighbour(az, n);
    out[n] = between(block, ax, ay, az, nx, ny, nz);
  }
}

CHIASM_CLONES void sample_points(const float* __restrict block, const RowAxis& x, const RowAxis& y, const RowAxis& z,
                                 const float* __restrict xs, const float* __restrict ys, const float* __restrict zs, int64_t count,
                                 float* __restrict out) {
  const RowAxis ax = x, ay = y, az = z;
  for (int64_t n = 0; n < count; ++n) out[n] = between(block, ax, ay, az, neighbour(ax, xs[n]), neighbour(ay, ys[n]), neighbour(az, zs[n]));
}

}  // namespace

std::vector<float> sample_trilinear(const std::vector<float>& block, const Size3& block_size, const Affine& to_block, const Size3& size) {
  std::vector<float> out = large_zeros(static_cast<size_t>(size[0] * size[1] * size[2]));
  const std::array<int64_t, 3> strides{1, block_size[2], block_size[1] * block_size[2]};
  for (int64_t k = 0; k < size[0]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      const std::array<double, 3> start = chiasm::apply(to_block, {0, static_cast<double>(j), static_cast<double>(k)});
      const RowAxis x = row_axis(start[0], to_block[0], block_size[2], strides[0]);
      const RowAxis y = row_axis(start[1], to_block[4], block_size[1], strides[1]);
      const RowAxis z = row_axis(start[2], to_block[8], block_size[0], strides[2]);
      sample_row(block.data(), x, y, z, size[2], out.data() + (k * size[1] + j) * size[2]);
    }
  }
  return out;
}

std::vector<float> sample_trilinear(const std::vector<float>& block, const Size3& block_size, const Affine& to_block, const Size3& size,
                                    const Elastic& elastic) {
  std::vector<float> out = large_zeros(static_cast<size_t>(size[0] * size[1] * size[2]));
  const RowAxis x = row_axis(0, 0, block_size[2], 1), y = row_axis(0, 0, block_size[1], block_size[2]),
                z = row_axis(0, 0, block_size[0], block_size[1] * block_size[2]);
  PointRows rows(to_block, size, &elastic);
  for (int64_t k = 0; k < size[0]; ++k)
    for (int64_t j = 0; j < size[1]; ++j) {
      const auto& at = rows.row(k, j);
      sample_points(block.data(), x, y, z, at[0].data(), at[1].data(), at[2].data(), size[2], out.data() + (k * size[1] + j) * size[2]);
    }
  return out;
}

}  // namespace chiasm::transform
