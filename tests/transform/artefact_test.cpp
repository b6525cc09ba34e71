// Low resolution, ghosts, motion and cut-out against closed forms.
#include <gtest/gtest.h>

#include <complex>
#include <numbers>
#include <numeric>

#include "data/transform/intensity.h"
#include "data/transform/trilinear.h"
#include "tests/transform/volumes.h"

namespace chiasm::transform {
namespace {

using test::at;
using test::diagonal;

struct Values {
  Size3 size{6, 10, 12};
  Floats values;
  std::vector<uint8_t> valid;
  explicit Values(Size3 asked = {6, 10, 12}, uint64_t key = 1) : size(asked) {
    Random random(key);
    for (int64_t n = 0; n < size[0] * size[1] * size[2]; ++n) values.push_back(static_cast<float>(random.uniform(-1, 1)));
    valid.assign(values.size(), 1);
  }
  Picture picture() { return {values, valid, size}; }
};

// Line of voxel n along an axis: index of the element `step` further, circular.
size_t shifted(const Size3& size, size_t n, int axis, int64_t step) {
  std::array<int64_t, 3> p{static_cast<int64_t>(n) / size[2] / size[1], static_cast<int64_t>(n) / size[2] % size[1],
                           static_cast<int64_t>(n) % size[2]};
  const auto a = static_cast<size_t>(axis);
  p[a] = ((p[a] + step) % size[a] + size[a]) % size[a];
  return at(size, p[0], p[1], p[2]);
}

// The definition: each pose's lines of the discrete Fourier transform along the axis, by the plain double sum.
Floats mixed_by_definition(const std::vector<Floats>& poses, const std::vector<int>& pose_of_line, const Size3& size, int axis) {
  const auto length = static_cast<int64_t>(pose_of_line.size());
  Floats out(poses[0].size());
  for (size_t n = 0; n < out.size(); ++n) {
    std::complex<double> sum = 0;
    for (int64_t line = 0; line < length; ++line)
      for (int64_t d = 0; d < length; ++d) {
        // F(k) e^(2 pi i k x / N) with F(k) = sum over x' of f(x') e^(-2 pi i k x' / N), x' = x + d.
        const double turn = -2 * std::numbers::pi * static_cast<double>((line - length / 2) * d) / static_cast<double>(length);
        sum += static_cast<double>(poses[static_cast<size_t>(pose_of_line[static_cast<size_t>(line)])][shifted(size, n, axis, d)]) *
               std::polar(1.0, turn);
      }
    out[n] = static_cast<float>(sum.real() / static_cast<double>(length));
  }
  return out;
}

TEST(LowResolution, FullZoomAndConstantsStay) {
  Values v;
  const Floats before = v.values;
  low_resolution(v.picture(), {1, 1, 1});
  EXPECT_EQ(v.values, before);
  std::fill(v.values.begin(), v.values.end(), 0.7F);
  low_resolution(v.picture(), {0.5, 0.3, 0.6});
  for (const float value : v.values) EXPECT_FLOAT_EQ(value, 0.7F);
}

TEST(LowResolution, HalfZoomMovesARampByHalfAVoxel) {
  // Coarse voxel m takes fine voxel 2m + 1, and fine voxel n lies at coarse (n + 0.5) / 2 - 0.5: its value is n + 0.5.
  Values v;
  for (size_t n = 0; n < v.values.size(); ++n) v.values[n] = static_cast<float>(n % 12);
  low_resolution(v.picture(), {1, 1, 0.5});
  for (size_t n = 0; n < v.values.size(); ++n) {
    const double column = static_cast<double>(n % 12);
    EXPECT_FLOAT_EQ(v.values[n], static_cast<float>(std::clamp(column + 0.5, 1.0, 11.0)));
  }
}

TEST(Ghosting, IsAWeightedSumOfShiftedCopies) {
  // Every n-th line by 1 - a, n a divisor of N, DC too: f - a / n * sum of n copies N / n apart.
  for (int axis = 0; axis < 3; ++axis) {
    Values v({6, 12, 18});
    const Floats before = v.values;
    const int64_t length = v.size[static_cast<size_t>(axis)], every = 3;
    add_ghosts(v.picture(), axis, every, 0.6, 0);
    for (size_t n = 0; n < before.size(); ++n) {
      double copies = 0;
      for (int64_t c = 0; c < every; ++c) copies += before[shifted(v.size, n, axis, c * length / every)];
      ASSERT_NEAR(v.values[n], before[n] - 0.6 / 3 * copies, 1e-5) << axis;
    }
  }
}

TEST(Ghosting, KeepsTheMeanOfEveryLineWhenTheCentreIsKept) {
  Values v({2, 11, 4});
  std::vector<double> sums(8, 0.0), after(8, 0.0);
  for (size_t n = 0; n < v.values.size(); ++n) sums[n / 44 * 4 + n % 4] += v.values[n];
  const Floats before = v.values;
  add_ghosts(v.picture(), 1, 2, 0.7, 0.1);
  for (size_t n = 0; n < v.values.size(); ++n) after[n / 44 * 4 + n % 4] += v.values[n];
  for (size_t n = 0; n < sums.size(); ++n) EXPECT_NEAR(sums[n], after[n], 1e-5);
  EXPECT_NE(before, v.values);
}

TEST(Motion, StandingStillChangesNothingAndOnePoseForAllLinesIsThatPose) {
  const Affine still = diagonal(1, 1, 1), moved = diagonal(1, 1, 1, {0.5, -1, 0.25});
  Values v;
  const Floats before = v.values;
  add_motion(v.picture(), 1, {{0.6, still}, {0.8, still}});
  for (size_t n = 0; n < before.size(); ++n) ASSERT_NEAR(v.values[n], before[n], 1e-5);
  v.values = before;
  add_motion(v.picture(), 2, {{0, moved}});
  const Floats wanted = sample_trilinear(before, v.size, moved, v.size);
  for (size_t n = 0; n < before.size(); ++n) ASSERT_NEAR(v.values[n], wanted[n], 1e-5);
}

TEST(Motion, MixesLinesOfKSpace) {
  const Affine one = diagonal(1, 1, 1, {1, 0.5, 0}), two = test::oblique(1, 1, 1, {-0.5, 1, 0});
  for (int axis = 0; axis < 3; ++axis) {
    Values v({5, 8, 9});
    const auto length = static_cast<int64_t>(v.size[static_cast<size_t>(axis)]);
    const std::vector<Floats> poses{v.values, sample_trilinear(v.values, v.size, one, v.size),
                                    sample_trilinear(v.values, v.size, two, v.size)};
    std::vector<int> pose_of_line;
    for (int64_t n = 0; n < length; ++n) {
      const auto line = static_cast<double>(n);
      pose_of_line.push_back(line >= std::round(0.8 * static_cast<double>(length)) ? 2
                                                                                   : line >= std::round(0.6 * static_cast<double>(length)));
    }
    const Floats wanted = mixed_by_definition(poses, pose_of_line, v.size, axis);
    add_motion(v.picture(), axis, {{0.6, one}, {0.8, two}});
    for (size_t n = 0; n < wanted.size(); ++n) ASSERT_NEAR(v.values[n], wanted[n], 1e-5) << axis;
  }
}

TEST(CutOut, FillsItsBoxWithTheMeanAndLeavesTheRest) {
  Values v;
  for (size_t n = 0; n < 50; ++n) v.valid[n * 3] = 0;
  const Floats before = v.values;
  double sum = 0, count = 0;
  for (size_t n = 0; n < before.size(); ++n)
    if (v.valid[n]) sum += before[n], count += 1;
  cut_out(v.picture(), {0.5, 0.5, 0}, {1.0 / 3, 0.4, 0.5});  // slices 2, 3; rows 3 to 6; columns 0 to 2
  for (int64_t d = 0; d < 6; ++d)
    for (int64_t h = 0; h < 10; ++h)
      for (int64_t w = 0; w < 12; ++w) {
        const bool cut = (d == 2 || d == 3) && h >= 3 && h <= 6 && w <= 2;
        ASSERT_FLOAT_EQ(v.values[at(v.size, d, h, w)], cut ? static_cast<float>(sum / count) : before[at(v.size, d, h, w)]);
      }
}

}  // namespace
}  // namespace chiasm::transform
