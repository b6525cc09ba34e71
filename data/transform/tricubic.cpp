// sample_tricubic of spline.h.
#include "data/transform/clones.h"
#include "data/transform/spline.h"

namespace chiasm::transform {
namespace {

struct Axis {
  float last;
  int32_t end, stride;  // end: largest index
};

struct Taps {
  int32_t at[4];
  float weight[4];
};

inline int32_t mirrored(int32_t index, int32_t end) {
  index = index < 0 ? -index : index;
  index = index > end ? 2 * end - index : index;
  return index < 0 ? 0 : index;  // an axis of one voxel
}

inline Taps taps(const Axis& axis, float at) {
  at = at > 0.0F ? at : 0.0F;
  at = at < axis.last ? at : axis.last;
  const auto lower = static_cast<int32_t>(at);
  const float t = at - static_cast<float>(lower), r = 1.0F - t, sixth = 1.0F / 6.0F;
  Taps out;
  for (int32_t n = 0; n < 4; ++n) out.at[n] = mirrored(lower - 1 + n, axis.end) * axis.stride;
  out.weight[0] = r * r * r * sixth;
  out.weight[1] = (4.0F - 6.0F * t * t + 3.0F * t * t * t) * sixth;
  out.weight[2] = (4.0F - 6.0F * r * r + 3.0F * r * r * r) * sixth;
  out.weight[3] = t * t * t * sixth;
  return out;
}

CHIASM_CLONES void sample_row(const float* __restrict block, const Axis& x, const Axis& y, const Axis& z, const float* __restrict xs,
                              const float* __restrict ys, const float* __restrict zs, int64_t count, float* __restrict out) {
  const Axis ax = x, ay = y, az = z;
  for (int64_t n = 0; n < count; ++n) {
    const Taps i = taps(ax, xs[n]), j = taps(ay, ys[n]), k = taps(az, zs[n]);
    float sum = 0;
    for (int c = 0; c < 4; ++c) {
      float slice = 0;
      for (int b = 0; b < 4; ++b) {
        const float* row = block + k.at[c] + j.at[b];
        slice += j.weight[b] *
                 ((i.weight[0] * row[i.at[0]] + i.weight[1] * row[i.at[1]]) + (i.weight[2] * row[i.at[2]] + i.weight[3] * row[i.at[3]]));
      }
      sum += k.weight[c] * slice;
    }
    out[n] = sum;
  }
}

Axis axis_of(int64_t size, int64_t stride) {
  return {static_cast<float>(size - 1), static_cast<int32_t>(size - 1), static_cast<int32_t>(stride)};
}

}  // namespace

Floats sample_tricubic(const Floats& coefficients, const Size3& block_size, const Affine& to_block, const Size3& size,
                       const Elastic* elastic) {
  Floats out(static_cast<size_t>(size[0] * size[1] * size[2]));
  const Axis x = axis_of(block_size[2], 1), y = axis_of(block_size[1], block_size[2]),
             z = axis_of(block_size[0], block_size[1] * block_size[2]);
  PointRows rows(to_block, size, elastic);
  for (int64_t k = 0; k < size[0]; ++k)
    for (int64_t j = 0; j < size[1]; ++j) {
      const auto& at = rows.row(k, j);
      sample_row(coefficients.data(), x, y, z, at[0].data(), at[1].data(), at[2].data(), size[2], out.data() + (k * size[1] + j) * size[2]);
    }
  return out;
}

}  // namespace chiasm::transform
