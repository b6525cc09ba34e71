// Trilinear interpolation at the points of one row: the inner loop of trilinear.h.
#pragma once

#include <cstdint>

namespace chiasm::transform {

// One axis of the block that is read. A coordinate is kept within [0, last].
struct RowAxis {
  float start, step, last;  // of evenly spaced points: coordinate = start + n * step
  int32_t highest;          // largest lower neighbour
  int32_t stride, next;     // floats to the next index; 0 for `next` on an axis of one voxel
};
RowAxis row_axis(double start, double step, int64_t size, int64_t stride);

// `count` values. x runs along the block's rows (stride 1). With AVX-512 both neighbours along x come by one look-up; the same bits.
void sample_row(const float* block, const RowAxis& x, const RowAxis& y, const RowAxis& z, int64_t count, float* out);
// The same at coordinates xs, ys, zs; start and step of the axes are not used.
void sample_points(const float* block, const RowAxis& x, const RowAxis& y, const RowAxis& z, const float* xs, const float* ys,
                   const float* zs, int64_t count, float* out);

}  // namespace chiasm::transform
