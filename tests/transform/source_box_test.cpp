// What a grid shows is in its source box: sampling the part gives what sampling the whole gives.
#include "data/transform/source_box.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"
#include "data/transform/grid.h"
#include "data/view.h"

namespace chiasm {
namespace {

Volume noise(const Size3& size, const Affine& affine, uint64_t key) {
  Volume volume;
  volume.modality = "ct";
  volume.size = size;
  volume.affine = affine;
  Random random(key);
  std::vector<int16_t> voxels(static_cast<size_t>(size[0] * size[1] * size[2]));
  for (int16_t& voxel : voxels) voxel = static_cast<int16_t>(random.integer(1800) - 900);
  volume.voxels = std::move(voxels);
  return volume;
}

Volume cut(const Volume& whole, const VoxelBox& box) {
  Volume part = whole;
  part.size = box.size;
  std::vector<int16_t> voxels;
  const auto& all = std::get<std::vector<int16_t>>(whole.voxels);
  for (int64_t d = 0; d < box.size[0]; ++d)
    for (int64_t h = 0; h < box.size[1]; ++h) {
      const int64_t row = ((box.first[0] + d) * whole.size[1] + box.first[1] + h) * whole.size[2] + box.first[2];
      voxels.insert(voxels.end(), all.begin() + row, all.begin() + row + box.size[2]);
    }
  part.voxels = std::move(voxels);
  const auto corner =
      apply(whole.affine, {static_cast<double>(box.first[2]), static_cast<double>(box.first[1]), static_cast<double>(box.first[0])});
  for (size_t axis = 0; axis < 3; ++axis) part.affine[4 * axis + 3] = corner[axis];
  return part;
}

// A rotation about all axes times the spacings, around the given middle of the volume.
Affine turned(Random& random, const Spacing3& spacing, double angle, const std::array<double, 3>& move) {
  const double a = random.uniform(-angle, angle), b = random.uniform(-angle, angle), c = random.uniform(-angle, angle);
  const double ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b), cc = std::cos(c), sc = std::sin(c);
  const double r[9] = {
      cb * cc, sa * sb * cc - ca * sc, ca * sb * cc + sa * sc, cb * sc, sa * sb * sc + ca * cc, ca * sb * sc - sa * cc, -sb, sa * cb,
      ca * cb};
  Affine out{};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) out[4 * row + column] = r[3 * row + column] * spacing[2 - column];
    out[4 * row + 3] = move[row];
  }
  return out;
}

TEST(SourceBox, HoldsAllThatAGridShows) {
  Random random(17);
  int64_t smaller = 0, shown = 0;
  for (int n = 0; n < 300; ++n) {
    const Size3 size{6 + random.integer(40), 6 + random.integer(40), 6 + random.integer(40)};
    const bool oblique = n % 3 == 0;
    const Volume whole = noise(size, turned(random, {1.5, 0.8, 1.1}, oblique ? 0.4 : 0, {5, -7, 9}), static_cast<uint64_t>(n));
    Preparation preparation{"ct", {}};
    preparation.view.sample = "crop";
    preparation.view.size = {8, 10, 9};
    const double spacing = std::exp(random.uniform(std::log(0.4), std::log(5)));  // both finer and coarser than the source
    preparation.view.spacing_mm = {spacing, spacing, spacing};
    const std::array<double, 3> at{random.uniform(-0.2, 1.2) * static_cast<double>(size[2]),
                                   random.uniform(-0.2, 1.2) * static_cast<double>(size[1]),
                                   random.uniform(-0.2, 1.2) * static_cast<double>(size[0])};
    const auto middle = apply(whole.affine, at);
    Affine grid = transform::model_grid(whole, preparation.view, &middle);
    if (n % 2) grid = compose(grid, turned(random, {1, 1, 1}, 0.3, {0.2, -0.4, 0.1}));
    transform::Elastic elastic;
    if (n % 5 == 1) elastic = transform::draw_elastic({2, 2, 2}, {1.2, 1.2, 1}, preparation.view.size, random);
    if (n % 4 == 3) preparation.view.interpolation = "cubic";
    const bool cubic = n % 4 == 3;
    const transform::Shown grid_shown{transform::to_source(grid, whole.affine, false), preparation.view.size, &elastic};
    const VoxelBox box = transform::source_box(grid_shown, size, cubic);
    for (size_t axis = 0; axis < 3; ++axis) {
      ASSERT_GE(box.first[axis], 0);
      ASSERT_GE(box.size[axis], 2);
      ASSERT_LE(box.first[axis] + box.size[axis], size[axis]);
    }
    const Prepared expected = transform::prepare_on(whole, preparation, grid),
                   part = transform::prepare_on(cut(whole, box), preparation, grid);
    EXPECT_EQ(part.valid, expected.valid) << n;
    // [-1, 1] stands for 2,000 HU. The part's coordinates are smaller, so they round differently: up to 1e-5 of a voxel.
    for (size_t v = 0; v < expected.values.size(); ++v) ASSERT_NEAR(part.values[v], expected.values[v], 5e-5) << n << " " << v;
    smaller += box.size != size;
    for (const uint8_t valid : expected.valid) shown += valid;
  }
  EXPECT_GT(smaller, 150);
  EXPECT_GT(shown, 50000);
}

}  // namespace
}  // namespace chiasm
