#include "data/volume.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace chiasm {
namespace {

double column_length(const Affine& a, size_t column) { return std::hypot(a[column], a[4 + column], a[8 + column]); }

// The permutation of the world axes that lies nearest to the columns: row of column 0, 1, 2.
std::array<size_t, 3> nearest_rows(const Affine& a) {
  std::array<size_t, 3> rows{0, 1, 2}, best = rows;
  double best_sum = -1;
  do {
    double sum = 0;
    for (size_t column = 0; column < 3; ++column)
      sum += std::abs(a[rows[column] * 4 + column]) / std::max(column_length(a, column), 1e-300);
    if (sum > best_sum + 1e-12) {
      best_sum = sum;
      best = rows;
    }
  } while (std::next_permutation(rows.begin(), rows.end()));
  return best;
}

}  // namespace

int64_t voxel_count(const Volume& volume) { return volume.channels * volume.size[0] * volume.size[1] * volume.size[2]; }

Spacing3 spacing_mm(const Volume& volume) {
  return {column_length(volume.affine, 2), column_length(volume.affine, 1), column_length(volume.affine, 0)};
}

std::vector<float> values(const Volume& volume) {
  return std::visit(
      [&](const auto& voxels) {
        std::vector<float> result(voxels.size());
        for (size_t n = 0; n < voxels.size(); ++n) result[n] = static_cast<float>(voxels[n] * volume.slope + volume.intercept);
        return result;
      },
      volume.voxels);
}

Affine inverse(const Affine& a) {
  // Cofactors of the 3x3 part.
  const double c00 = a[5] * a[10] - a[6] * a[9], c01 = a[6] * a[8] - a[4] * a[10], c02 = a[4] * a[9] - a[5] * a[8];
  const double determinant = a[0] * c00 + a[1] * c01 + a[2] * c02;
  const double scale = column_length(a, 0) * column_length(a, 1) * column_length(a, 2);
  if (!std::isfinite(determinant) || std::abs(determinant) <= 1e-12 * scale)
    throw InputError("the affine is singular: its three axes must span space; correct it at its source");
  Affine inverted{c00, a[2] * a[9] - a[1] * a[10], a[1] * a[6] - a[2] * a[5], 0,  //
                  c01, a[0] * a[10] - a[2] * a[8], a[2] * a[4] - a[0] * a[6], 0,  //
                  c02, a[1] * a[8] - a[0] * a[9],  a[0] * a[5] - a[1] * a[4], 0};
  for (double& value : inverted) value /= determinant;
  for (size_t row = 0; row < 3; ++row)
    inverted[row * 4 + 3] = -(inverted[row * 4] * a[3] + inverted[row * 4 + 1] * a[7] + inverted[row * 4 + 2] * a[11]);
  return inverted;
}

std::array<double, 3> apply(const Affine& affine, const std::array<double, 3>& ijk) {
  std::array<double, 3> point{};
  for (size_t row = 0; row < 3; ++row)
    point[row] = affine[row * 4] * ijk[0] + affine[row * 4 + 1] * ijk[1] + affine[row * 4 + 2] * ijk[2] + affine[row * 4 + 3];
  return point;
}

Affine compose(const Affine& outer, const Affine& inner) {
  Affine product{};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 4; ++column)
      for (size_t k = 0; k < 3; ++k) product[row * 4 + column] += outer[row * 4 + k] * inner[k * 4 + column];
    product[row * 4 + 3] += outer[row * 4 + 3];
  }
  return product;
}

std::string axis_codes(const Affine& affine) {
  static constexpr const char* codes[3] = {"LR", "PA", "IS"};
  const std::array<size_t, 3> rows = nearest_rows(affine);
  std::string result;
  for (size_t column = 0; column < 3; ++column) result += codes[rows[column]][affine[rows[column] * 4 + column] > 0 ? 1 : 0];
  return result;
}

}  // namespace chiasm
