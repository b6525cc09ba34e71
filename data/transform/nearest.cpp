// sample_nearest of resample.h.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "data/transform/clones.h"
#include "data/transform/points.h"
#include "data/transform/resample.h"

namespace chiasm::transform {
namespace {

constexpr double tie = 1e-6;     // points half-way between two voxels belong to the lower one, whatever rounding did
constexpr double border = 1e-3;  // voxels: points so close to the grid still lie on it

// -1 outside.
int64_t nearest_index(double at, int64_t size) {
  if (at < -0.5 - border || at > static_cast<double>(size) - 0.5 + border) return -1;
  return std::clamp(static_cast<int64_t>(at + 0.5 - tie), int64_t{0}, size - 1);  // the sum is above -1: truncation is floor or 0
}

struct Grid {
  const uint8_t* classes;
  const Size3& size;
  uint8_t outside;
};

// The source's own row from a voxel on, where the new row is that; nullptr otherwise. Indices run evenly, so that both ends tell.
const uint8_t* same_row(const Grid& grid, const std::array<double, 3>& start, const std::array<double, 3>& step, int64_t count) {
  int64_t offset = 0;
  for (size_t a = 3; a-- > 0;) {
    const int64_t size = grid.size[2 - a], first = nearest_index(start[a], size);
    const int64_t last = nearest_index(start[a] + static_cast<double>(count - 1) * step[a], size);
    if (first < 0 || last < 0 || last - first != (a == 0 ? count - 1 : 0)) return nullptr;
    offset = offset * size + first;
  }
  return grid.classes + offset;
}

struct RowAxis {
  double start, step, limit;  // limit: greatest coordinate on the grid
  int32_t last, stride;
};

// Index in the grid of each point of the row, -1 outside: nearest_index of all three axes without branches.
CHIASM_CLONES void row_indices(const RowAxis& x, const RowAxis& y, const RowAxis& z, int32_t count, int32_t* __restrict out) {
  const RowAxis axes[3] = {x, y, z};
  constexpr double lowest = -0.5 - border;
  for (int32_t n = 0; n < count; ++n) {
    int32_t index = 0, outside = 0;
    for (const RowAxis& axis : axes) {
      const double at = axis.start + static_cast<double>(n) * axis.step;
      const double kept = at < lowest ? lowest : at > axis.limit ? axis.limit : at;
      outside |= kept != at;
      int32_t nearest = static_cast<int32_t>(kept + 0.5 - tie);
      nearest = nearest > axis.last ? axis.last : nearest;
      index += nearest * axis.stride;
    }
    out[n] = outside ? -1 : index;
  }
}

void sample_row(const Grid& grid, const std::array<double, 3>& start, const std::array<double, 3>& step, std::vector<int32_t>& indices,
                uint8_t* out) {
  const std::array<int64_t, 3> strides{1, grid.size[2], grid.size[1] * grid.size[2]};
  RowAxis axes[3];
  for (size_t a = 0; a < 3; ++a) {
    const int64_t size = grid.size[2 - a];
    axes[a] = {start[a], step[a], static_cast<double>(size) - 0.5 + border, static_cast<int32_t>(size - 1),
               static_cast<int32_t>(strides[a])};
  }
  row_indices(axes[0], axes[1], axes[2], static_cast<int32_t>(indices.size()), indices.data());
  for (size_t n = 0; n < indices.size(); ++n) out[n] = indices[n] < 0 ? grid.outside : grid.classes[indices[n]];
}

std::vector<uint8_t> deformed(const Grid& grid, const Affine& to_source, const Size3& size, const Elastic& elastic) {
  std::vector<uint8_t> out(static_cast<size_t>(size[0] * size[1] * size[2]));
  PointRows rows(to_source, size, &elastic);
  uint8_t* next = out.data();
  for (int64_t k = 0; k < size[0]; ++k)
    for (int64_t j = 0; j < size[1]; ++j) {
      const auto& at = rows.row(k, j);
      for (size_t n = 0; n < static_cast<size_t>(size[2]); ++n) {
        const int64_t i = nearest_index(at[0][n], grid.size[2]), row = nearest_index(at[1][n], grid.size[1]),
                      slice = nearest_index(at[2][n], grid.size[0]);
        *next++ = i < 0 || row < 0 || slice < 0 ? grid.outside : grid.classes[(slice * grid.size[1] + row) * grid.size[2] + i];
      }
    }
  return out;
}

}  // namespace

std::vector<uint8_t> sample_nearest(const std::vector<uint8_t>& source, const Size3& source_size, const Affine& to_source,
                                    const Size3& size, uint8_t outside, const Elastic* elastic) {
  if (elastic && !elastic->none()) return deformed({source.data(), source_size, outside}, to_source, size, *elastic);
  std::vector<uint8_t> out(static_cast<size_t>(size[0] * size[1] * size[2]));
  if (static_cast<int64_t>(source.size()) > std::numeric_limits<int32_t>::max()) throw InputError("a mask has more than 2^31 voxels");
  const Grid grid{source.data(), source_size, outside};
  std::vector<int32_t> indices(static_cast<size_t>(size[2]));
  const std::array<double, 3> step{to_source[0], to_source[4], to_source[8]};
  for (int64_t k = 0; k < size[0]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      const std::array<double, 3> start = chiasm::apply(to_source, {0, static_cast<double>(j), static_cast<double>(k)});
      uint8_t* row = out.data() + (k * size[1] + j) * size[2];
      if (const uint8_t* same = same_row(grid, start, step, size[2]))
        std::copy_n(same, size[2], row);
      else
        sample_row(grid, start, step, indices, row);
    }
  }
  return out;
}

}  // namespace chiasm::transform
