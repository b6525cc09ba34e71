#include "data/deface/grid_mask.h"

#include <algorithm>
#include <array>
#include <utility>

namespace chiasm::face {

namespace {

// The offsets of the neighbours of a voxel that lie on the grid.
struct Neighbours {
  explicit Neighbours(const Size3& size) : size_(size), stride_{size[1] * size[2], size[2], 1} {}

  template <class Body>
  void each(int64_t voxel, const Body& body) const {
    const std::array<int64_t, 3> at{voxel / stride_[0], voxel / stride_[1] % size_[1], voxel % size_[2]};
    for (size_t axis = 0; axis < 3; ++axis) {
      if (at[axis] > 0) body(voxel - stride_[axis]);
      if (at[axis] + 1 < size_[axis]) body(voxel + stride_[axis]);
    }
  }

 private:
  Size3 size_;
  std::array<int64_t, 3> stride_;
};

// Voxels of `value` spread into the others.
Mask spread(Mask mask, const Size3& size, int steps, uint8_t value) {
  const Neighbours neighbours(size);
  std::vector<int64_t> front, next;
  for (int64_t voxel = 0; voxel < std::ssize(mask); ++voxel)
    if (mask[static_cast<size_t>(voxel)] == value) front.push_back(voxel);
  for (int step = 0; step < steps; ++step, front = std::exchange(next, {}))
    for (const int64_t voxel : front)
      neighbours.each(voxel, [&](int64_t to) {
        if (mask[static_cast<size_t>(to)] == value) return;
        mask[static_cast<size_t>(to)] = value;
        next.push_back(to);
      });
  return mask;
}

}  // namespace

Mask eroded(Mask mask, const Size3& size, int steps) { return spread(std::move(mask), size, steps, 0); }
Mask dilated(Mask mask, const Size3& size, int steps) { return spread(std::move(mask), size, steps, 1); }

Mask largest_piece(const Mask& mask, const Size3& size) {
  const Neighbours neighbours(size);
  Mask open = mask, result(mask.size(), 0);
  std::vector<int64_t> piece, largest;
  for (int64_t start = 0; start < std::ssize(mask); ++start) {
    if (open[static_cast<size_t>(start)] == 0) continue;
    piece = {start};
    open[static_cast<size_t>(start)] = 0;
    for (size_t n = 0; n < piece.size(); ++n)
      neighbours.each(piece[n], [&](int64_t to) {
        if (open[static_cast<size_t>(to)] == 0) return;
        open[static_cast<size_t>(to)] = 0;
        piece.push_back(to);
      });
    if (piece.size() > largest.size()) std::swap(piece, largest);
  }
  for (const int64_t voxel : largest) result[static_cast<size_t>(voxel)] = 1;
  return result;
}

int64_t count(const Mask& mask) { return std::count(mask.begin(), mask.end(), uint8_t{1}); }

}  // namespace chiasm::face
