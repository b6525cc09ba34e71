#include "data/transform/trilinear.h"

#include <array>

#include "data/transform/trilinear_row.h"

namespace chiasm::transform {

Floats sample_trilinear(const Floats& block, const Size3& block_size, const Affine& to_block, const Size3& size) {
  Floats out(static_cast<size_t>(size[0] * size[1] * size[2]));
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

Floats sample_trilinear(const Floats& block, const Size3& block_size, const Affine& to_block, const Size3& size, const Elastic& elastic) {
  Floats out(static_cast<size_t>(size[0] * size[1] * size[2]));
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
