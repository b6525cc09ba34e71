#include "data/perceptual_hash.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace chiasm {

namespace {

// Cells along superior, anterior, right (D, H, W), and the frequencies kept of each.
struct Grid {
  Size3 cells, kept;
};
constexpr Grid volume_grid{{16, 16, 16}, {8, 8, 8}}, picture_grid{{1, 64, 64}, {1, 22, 22}};
constexpr Grid volume_detail{{24, 24, 24}, {}}, picture_detail{{1, 96, 96}, {}};

// A stored axis as it lies in the patient.
struct Along {
  size_t world;   // 0 superior, 1 anterior, 2 right
  bool reversed;  // the index grows the other way
};

// Of D, H, W.
std::array<Along, 3> orientation(const Volume& volume) {
  std::array<Along, 3> out{{{0, false}, {1, false}, {2, false}}};
  if (volume.size[0] == 1) return out;
  const std::string codes = axis_codes(volume.affine);
  constexpr std::array<std::array<char, 2>, 3> towards{{{'S', 'I'}, {'A', 'P'}, {'R', 'L'}}};
  for (size_t axis = 0; axis < 3; ++axis)
    for (size_t world = 0; world < 3; ++world)
      for (size_t way = 0; way < 2; ++way)
        if (codes[2 - axis] == towards[world][way]) out[axis] = {world, way == 1};
  return out;
}

// First and last-plus-one cell that each index of an axis is added to: more than one where the axis has fewer indices than cells.
std::vector<std::array<int64_t, 2>> cells_of(int64_t indices, int64_t cells, bool reversed) {
  std::vector<std::array<int64_t, 2>> out(static_cast<size_t>(indices));
  for (int64_t n = 0; n < indices; ++n) {
    const int64_t first = n * cells / indices, last = std::max(first + 1, (n + 1) * cells / indices);
    out[static_cast<size_t>(reversed ? indices - 1 - n : n)] = {first, last};
  }
  return out;
}

// Mean of the first channel in each cell, DHW of the grid. What is not valid is left out; a cell without any has the least mean.
template <class T>
std::vector<double> cell_means(const Volume& volume, const std::vector<T>& voxels, const Grid& grid) {
  const std::array<Along, 3> along = orientation(volume);
  std::array<std::vector<std::array<int64_t, 2>>, 3> places;
  for (size_t axis = 0; axis < 3; ++axis) places[axis] = cells_of(volume.size[axis], grid.cells[along[axis].world], along[axis].reversed);
  std::array<int64_t, 3> steps{};
  const std::array<int64_t, 3> strides{grid.cells[1] * grid.cells[2], grid.cells[2], 1};
  for (size_t axis = 0; axis < 3; ++axis) steps[axis] = strides[along[axis].world];
  const auto count = static_cast<size_t>(grid.cells[0] * grid.cells[1] * grid.cells[2]);
  std::vector<double> sums(count), counts(count);
  size_t at = 0;
  for (const auto& [first_d, end_d] : places[0])
    for (const auto& [first_h, end_h] : places[1])
      for (const auto& [first_w, end_w] : places[2]) {
        const size_t voxel = at++;
        if (!volume.valid.empty() && !volume.valid[voxel]) continue;
        const double value = static_cast<double>(voxels[voxel]);
        for (int64_t d = first_d; d < end_d; ++d)
          for (int64_t h = first_h; h < end_h; ++h)
            for (int64_t w = first_w; w < end_w; ++w) {
              const auto cell = static_cast<size_t>(d * steps[0] + h * steps[1] + w * steps[2]);
              sums[cell] += value;
              counts[cell] += 1;
            }
      }
  double least = 0;
  bool any = false;
  for (size_t cell = 0; cell < count; ++cell) {
    if (counts[cell] == 0) continue;
    sums[cell] /= counts[cell];
    least = any ? std::min(least, sums[cell]) : sums[cell];
    any = true;
  }
  for (size_t cell = 0; cell < count; ++cell)
    if (counts[cell] == 0) sums[cell] = least;
  return sums;
}

// Ranks around zero; equal values share their mean rank.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  const double middle = static_cast<double>(values.size() - 1) / 2;
  for (size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (size_t n = first; n < end; ++n) out[order[n]] = static_cast<double>(first + end - 1) / 2 - middle;
  }
  return out;
}

// Empty when all cells are equal, or a voxel is no number.
std::vector<double> ranked_means(const Volume& volume, const Grid& grid) {
  std::vector<double> cells = std::visit([&](const auto& voxels) { return cell_means(volume, voxels, grid); }, volume.voxels);
  if (volume.slope < 0)
    for (double& value : cells) value = -value;
  const bool finite = std::all_of(cells.begin(), cells.end(), [](double value) { return std::isfinite(value); });
  if (!finite || std::all_of(cells.begin(), cells.end(), [&](double value) { return value == cells.front(); })) return {};
  return ranks(cells);
}

// DCT-II along the last axis of (rest, cells), its first `kept` frequencies moved to the front: three calls go through D, H and W.
std::vector<double> cosines(const std::vector<double>& values, int64_t cells, int64_t kept) {
  const int64_t rest = static_cast<int64_t>(values.size()) / cells;
  std::vector<double> out(static_cast<size_t>(rest * kept));
  for (int64_t k = 0; k < kept; ++k)
    for (int64_t n = 0; n < cells; ++n) {
      const double wave = std::cos(std::numbers::pi / static_cast<double>(cells) * (static_cast<double>(n) + 0.5) * static_cast<double>(k));
      for (int64_t r = 0; r < rest; ++r) out[static_cast<size_t>(k * rest + r)] += wave * values[static_cast<size_t>(r * cells + n)];
    }
  return out;
}

}  // namespace

Detail detail(const Volume& volume) {
  const Grid& grid = volume.size[0] == 1 ? picture_detail : volume_detail;
  const std::vector<double> cells = ranked_means(volume, grid);
  if (cells.empty()) return {};
  const auto [D, H, W] = grid.cells;
  Detail out;
  double sum = 0, squares = 0;
  for (int64_t d = 0; d < D; ++d)
    for (int64_t h = 0; h < H; ++h)
      for (int64_t w = 0; w < W; ++w) {
        double around = 0, count = 0;
        for (int64_t z = std::max<int64_t>(d - 2, 0); z < std::min(d + 3, D); ++z)
          for (int64_t y = std::max<int64_t>(h - 2, 0); y < std::min(h + 3, H); ++y)
            for (int64_t x = std::max<int64_t>(w - 2, 0); x < std::min(w + 3, W); ++x, ++count)
              around += cells[static_cast<size_t>((z * H + y) * W + x)];
        const double value = cells[static_cast<size_t>((d * H + h) * W + w)] - around / count;
        sum += value;
        squares += value * value;
        out.cells.push_back(static_cast<float>(value));
      }
  const double mean = sum / static_cast<double>(out.cells.size());
  const double length = std::sqrt(squares - mean * sum);
  if (!(length > 0)) return {};
  for (float& value : out.cells) value = static_cast<float>((value - mean) / length);
  return out;
}

double likeness(const Detail& a, const Detail& b) {
  if (a.cells.size() != b.cells.size()) return 0;
  return std::inner_product(a.cells.begin(), a.cells.end(), b.cells.begin(), 0.0);
}

PerceptualHash perceptual_hash(const Volume& volume) {
  const Grid& grid = volume.size[0] == 1 ? picture_grid : volume_grid;
  if (volume.size[0] * volume.size[1] * volume.size[2] < grid.kept[0] * grid.kept[1] * grid.kept[2]) return {};
  std::vector<double> waves = ranked_means(volume, grid);
  if (waves.empty()) return {};
  for (size_t axis = 3; axis-- > 0;) waves = cosines(waves, grid.cells[axis], grid.kept[axis]);
  PerceptualHash hash;
  for (size_t n = 1; n < waves.size(); ++n, ++hash.used)  // the first is their sum, which is zero
    if (waves[n] > 0) hash.bits[n / 64] |= uint64_t{1} << (n % 64);
  return hash;
}

double distance(const PerceptualHash& a, const PerceptualHash& b) {
  if (a.used == 0 || a.used != b.used) return 1;
  int different = 0;
  for (size_t n = 0; n < a.bits.size(); ++n) different += std::popcount(a.bits[n] ^ b.bits[n]);
  return static_cast<double>(different) / static_cast<double>(a.used);
}

}  // namespace chiasm
