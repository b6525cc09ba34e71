#include "data/mask_grid.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {

namespace {

constexpr double kSameMm = 1e-3;

bool same_affine(const Affine& a, const Affine& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= kSameMm)) return false;
  return true;
}

// Where the axes (i, j, k) of one grid lie in another: axis and direction.
struct AxisMap {
  std::array<size_t, 3> axis;
  std::array<bool, 3> flipped;
};

// Sizes in axis order i, j, k = W, H, D.
std::array<int64_t, 3> extents(const Volume& volume) { return {volume.size[2], volume.size[1], volume.size[0]}; }

// Nearest signed permutation; nothing is said yet of whether it fits.
AxisMap nearest_axes(const Volume& volume, const Volume& like) {
  const Affine map = compose(inverse(like.affine), volume.affine);
  AxisMap axes{};
  for (size_t column = 0; column < 3; ++column)
    for (size_t row = 1; row < 3; ++row)
      if (std::abs(map[row * 4 + column]) > std::abs(map[axes.axis[column] * 4 + column])) axes.axis[column] = row;
  for (size_t column = 0; column < 3; ++column) axes.flipped[column] = map[axes.axis[column] * 4 + column] < 0;
  return axes;
}

// The affine and extents that `volume` has once its axes are laid out as in `axes`.
Affine reordered_affine(const Volume& volume, const AxisMap& axes) {
  const auto size = extents(volume);
  Affine result = volume.affine;
  for (size_t row = 0; row < 3; ++row)
    for (size_t column = 0; column < 3; ++column) {
      const double step = volume.affine[row * 4 + column];
      result[row * 4 + axes.axis[column]] = axes.flipped[column] ? -step : step;
      if (axes.flipped[column]) result[row * 4 + 3] += step * static_cast<double>(size[column] - 1);
    }
  return result;
}

template <class T>
std::vector<T> reordered(const std::vector<T>& voxels, const Volume& volume, const Volume& like, const AxisMap& axes) {
  const auto from = extents(volume), to = extents(like);
  const std::array<int64_t, 3> strides{1, to[0], to[0] * to[1]};
  std::vector<T> result(voxels.size());
  size_t source = 0;
  for (int64_t channel = 0; channel < volume.channels; ++channel)
    for (int64_t k = 0; k < from[2]; ++k)
      for (int64_t j = 0; j < from[1]; ++j)
        for (int64_t i = 0; i < from[0]; ++i) {
          const std::array<int64_t, 3> index{i, j, k};
          int64_t place = channel * to[0] * to[1] * to[2];
          for (size_t a = 0; a < 3; ++a) place += strides[axes.axis[a]] * (axes.flipped[a] ? from[a] - 1 - index[a] : index[a]);
          result[static_cast<size_t>(place)] = voxels[source++];
        }
  return result;
}

}  // namespace

Volume on_grid(const Volume& volume, const Volume& like) {
  Volume result = volume;
  if (volume.size == like.size && same_affine(volume.affine, like.affine)) {
    result.affine = like.affine;
    return result;
  }
  const AxisMap axes = nearest_axes(volume, like);
  const auto from = extents(volume), to = extents(like);
  std::array<bool, 3> used{};
  bool fits = true;
  for (size_t a = 0; a < 3; ++a) {
    fits = fits && !used[axes.axis[a]] && from[a] == to[axes.axis[a]];
    used[axes.axis[a]] = true;
  }
  if (!fits || !same_affine(reordered_affine(volume, axes), like.affine))
    throw Refused("GRID_MISMATCH", "a mask does not lie on the grid of its image");
  std::visit([&](const auto& voxels) { result.voxels = reordered(voxels, volume, like, axes); }, volume.voxels);
  if (!volume.valid.empty()) throw Refused("GRID_MISMATCH", "a mask with padding in another axis order");
  result.size = like.size;
  result.affine = like.affine;
  return result;
}

Volume nearest_on_grid(const Volume& mask, const Volume& like) {
  const Affine to_mask = compose(inverse(mask.affine), like.affine);
  const auto& from = std::get<std::vector<uint8_t>>(mask.voxels);
  const auto size = extents(mask), to = extents(like);
  std::vector<uint8_t> result(static_cast<size_t>(to[0] * to[1] * to[2]), 0);
  size_t place = 0;
  for (int64_t k = 0; k < to[2]; ++k)
    for (int64_t j = 0; j < to[1]; ++j)
      for (int64_t i = 0; i < to[0]; ++i, ++place) {
        const auto at = apply(to_mask, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        std::array<int64_t, 3> voxel;
        bool there = true;
        for (size_t a = 0; a < 3; ++a) {
          there = there && at[a] > -0.5 && at[a] < static_cast<double>(size[a]) - 0.5;
          voxel[a] = there ? std::llround(at[a]) : 0;
        }
        if (there) result[place] = from[static_cast<size_t>((voxel[2] * size[1] + voxel[1]) * size[0] + voxel[0])];
      }
  Volume out = mask;
  out.size = like.size;
  out.affine = like.affine;
  out.voxels = std::move(result);
  return out;
}

namespace {

// Class index of each stored value 0..255; -1 where there is none.
std::array<int, 256> class_table(const std::vector<std::string>& classes, const std::map<std::string, std::string>& values) {
  std::array<int, 256> table;
  table.fill(-1);
  table[0] = 0;
  table[255] = 255;
  for (size_t i = 0; values.empty() && i < classes.size(); ++i) table[i + 1] = static_cast<int>(i) + 1;
  for (const auto& [value, name] : values) {
    const auto number = parse_integer(value);
    const auto place = std::find(classes.begin(), classes.end(), name);
    if (number && *number >= 0 && *number < 256 && place != classes.end())
      table[static_cast<size_t>(*number)] = static_cast<int>(place - classes.begin()) + 1;
  }
  return table;
}

}  // namespace

Volume to_classes(const Volume& mask, const std::vector<std::string>& classes, const std::map<std::string, std::string>& codes) {
  const std::array<int, 256> table = class_table(classes, codes);
  const std::vector<float> numbers = values(mask);
  std::vector<uint8_t> indices(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float value = numbers[i];
    const bool whole = value >= 0 && value < 256 && value == std::floor(value);
    const int index = whole ? table[static_cast<size_t>(value)] : -1;
    if (index < 0) throw Refused("BAD_VALUE", "a mask holds a value that stands for no class");
    indices[i] = static_cast<uint8_t>(index);
  }
  Volume result = mask;
  result.modality = "mask";
  result.voxels = std::move(indices);
  result.slope = 1;
  result.intercept = 0;
  result.facts.clear();
  return result;
}

}  // namespace chiasm
