// Rows read and sampled by the fast loops have the values of the plain formulas.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "data/transform/range.h"
#include "data/transform/separable.h"
#include "data/transform/trilinear_row.h"

namespace chiasm::transform {
namespace {

Volume random_volume(const Size3& size, uint64_t key) {
  Random random(key);
  std::vector<int16_t> voxels;
  for (int64_t n = 0; n < size[0] * size[1] * size[2]; ++n) voxels.push_back(static_cast<int16_t>(random.integer(4096) - 1024));
  Volume out;
  out.size = size;
  out.slope = 0.5;
  out.intercept = -100;
  out.voxels = std::move(voxels);
  return out;
}

// The same numbers as float32, which take the general path.
Volume as_floats(const Volume& volume) {
  Volume out = volume;
  const auto& stored = std::get<std::vector<int16_t>>(volume.voxels);
  out.voxels = std::vector<float>(stored.begin(), stored.end());
  return out;
}

double value_at(const Volume& volume, int64_t k, int64_t j, int64_t i) {
  const auto at = static_cast<size_t>((k * volume.size[1] + j) * volume.size[2] + i);
  return std::get<std::vector<int16_t>>(volume.voxels)[at] * volume.slope + volume.intercept;
}

// The weighted sum in double precision.
double by_definition(const Volume& volume, const std::array<AxisWeights, 3>& axes, const std::array<size_t, 3>& n) {
  double sum = 0;
  const auto weight = [&](size_t a, int64_t t) {
    return static_cast<double>(axes[a].weights[static_cast<size_t>(t * axes[a].count) + n[a]]);
  };
  for (int64_t z = 0; z < axes[0].taps; ++z)
    for (int64_t y = 0; y < axes[1].taps; ++y)
      for (int64_t x = 0; x < axes[2].taps; ++x)
        sum += weight(0, z) * weight(1, y) * weight(2, x) *
               value_at(volume, axes[0].first[n[0]] + z, axes[1].first[n[1]] + y, axes[2].first[n[2]] + x);
  return sum;
}

void expect_sums(const Volume& volume, const std::array<AxisWeights, 3>& axes) {
  const Floats out = weighted_block(volume, Plane::values, axes);
  EXPECT_EQ(out, weighted_block(volume, Plane::values, axes, 3));
  const Floats general = weighted_block(as_floats(volume), Plane::values, axes);
  size_t at = 0;
  for (size_t z = 0; z < static_cast<size_t>(axes[0].count); ++z)
    for (size_t y = 0; y < static_cast<size_t>(axes[1].count); ++y)
      for (size_t x = 0; x < static_cast<size_t>(axes[2].count); ++x, ++at) {
        // A few roundings of numbers up to 1600.
        ASSERT_NEAR(out[at], by_definition(volume, axes, {z, y, x}), 1e-3);
        ASSERT_NEAR(general[at], out[at], 1e-3);
      }
}

TEST(WeightedBlock, EqualsTheDefinitionOnEveryPath) {
  const Volume volume = random_volume({12, 21, 45}, 3);
  for (const double step : {0.3, 1.0, 1.5, 2.2})
    for (const double width : {0.0, 2.2})
      for (const int64_t columns : {3, 19}) {
        SCOPED_TRACE(testing::Message() << step << " " << width << " " << columns);
        expect_sums(volume, {axis_weights(5, 0.25, step, width, {0, 11}), axis_weights(9, 0.5, 2.1, width, {0, 20}),
                             axis_weights(columns, 0, 2.3, 0, {0, 44})});
        expect_sums(volume, {axis_weights(12, 11, -1, 0, {0, 11}), axis_weights(6, 19.5, -step, 0, {0, 20}),
                             axis_weights(columns, 44, -2.3, width, {0, 44})});
      }
}

TEST(WeightedBlock, WholeStepsCopyVoxels) {
  const Volume volume = random_volume({6, 9, 20}, 4);
  const std::array<AxisWeights, 3> axes{axis_weights(4, 2, 1, 0, {0, 5}), axis_weights(9, 0, 1, 0, {0, 8}),
                                        axis_weights(17, 3, 1, 0, {0, 19})};
  for (const Volume& source : {volume, as_floats(volume)}) {
    const Floats out = weighted_block(source, Plane::values, axes);
    for (size_t n = 0; n < out.size(); ++n) {
      const auto at = static_cast<int64_t>(n);
      ASSERT_EQ(out[n], value_at(volume, 2 + at / 153, at / 17 % 9, 3 + at % 17));
    }
  }
}

TEST(WeightedBlock, WhatIsNoNumberReadsAsZero) {
  Volume volume = as_floats(random_volume({2, 3, 20}, 5));
  auto& voxels = std::get<std::vector<float>>(volume.voxels);
  voxels[7] = NAN, voxels[8] = INFINITY, voxels[9] = -INFINITY;
  const Floats out = weighted_block(
      volume, Plane::values, {axis_weights(2, 0, 1, 0, {0, 1}), axis_weights(3, 0, 1, 0, {0, 2}), axis_weights(20, 0, 1, 0, {0, 19})});
  for (size_t n = 7; n < 10; ++n) EXPECT_EQ(out[n], -100);
}

float mixed(float a, float b, float t) { return a * (1.0F - t) + b * t; }

// One point, in the order of operations that the header's loops have.
float point(const std::vector<float>& block, const std::array<int64_t, 3>& size, std::array<float, 3> at) {
  std::array<int64_t, 3> low{}, next{};
  const std::array<int64_t, 3> strides{1, size[0], size[0] * size[1]};
  int64_t base = 0;
  for (size_t a = 0; a < 3; ++a) {
    at[a] = std::clamp(at[a], 0.0F, static_cast<float>(size[a] - 1));
    low[a] = std::min(static_cast<int64_t>(at[a]), std::max<int64_t>(size[a] - 2, 0));
    at[a] -= static_cast<float>(low[a]);
    next[a] = size[a] > 1 ? strides[a] : 0;
    base += low[a] * strides[a];
  }
  const auto along_x = [&](int64_t from) {
    return mixed(block[static_cast<size_t>(from)], block[static_cast<size_t>(from + next[0])], at[0]);
  };
  const auto plane = [&](int64_t from) { return mixed(along_x(from), along_x(from + next[1]), at[1]); };
  return mixed(plane(base), plane(base + next[2]), at[2]);
}

TEST(TrilinearRow, EveryPointHasTheBitsOfTheFormula) {
  Random random(9);
  for (const std::array<int64_t, 3>& size : {std::array<int64_t, 3>{40, 30, 20}, {2, 2, 2}, {1, 5, 7}, {17, 1, 1}, {9, 12, 1}}) {
    std::vector<float> block(static_cast<size_t>(size[0] * size[1] * size[2]));
    for (float& value : block) value = static_cast<float>(random.uniform(-3, 3));
    for (const int64_t count : {1, 15, 16, 17, 40, 128}) {
      std::array<RowAxis, 3> axes{};
      std::array<std::vector<float>, 3> at;
      for (size_t a = 0; a < 3; ++a) {
        const int64_t stride = a == 0 ? 1 : a == 1 ? size[0] : size[0] * size[1];
        axes[a] = row_axis(random.uniform(-3, static_cast<double>(size[a])), random.uniform(-0.6, 0.6), size[a], stride);
        for (int64_t n = 0; n < count; ++n) at[a].push_back(axes[a].start + axes[a].step * static_cast<float>(n));
      }
      std::vector<float> row(static_cast<size_t>(count) + 1, 7), points = row;
      sample_row(block.data(), axes[0], axes[1], axes[2], count, row.data());
      sample_points(block.data(), axes[0], axes[1], axes[2], at[0].data(), at[1].data(), at[2].data(), count, points.data());
      for (size_t n = 0; n < static_cast<size_t>(count); ++n) {
        const float wanted = point(block, size, {at[0][n], at[1][n], at[2][n]});
        ASSERT_EQ(row[n], wanted) << size[0] << " " << count << " " << n;
        ASSERT_EQ(points[n], wanted) << size[0] << " " << count << " " << n;
      }
      EXPECT_EQ(row.back(), 7);
      EXPECT_EQ(points.back(), 7);
    }
  }
}

TEST(Range, CountsValidValuesOnly) {
  Random random(2);
  for (const size_t count : {1, 5, 16, 31, 1000}) {
    Floats values(count);
    std::vector<uint8_t> valid(count);
    float low = INFINITY, high = -INFINITY;
    double sum = 0, squares = 0, number = 0;
    for (size_t n = 0; n < count; ++n) {
      valid[n] = random.chance(0.7) || n == 0 ? 1 : 0;
      values[n] = static_cast<float>(random.uniform(2, 5)) * (valid[n] ? 1 : 100);
      if (!valid[n]) continue;
      low = std::min(low, values[n]), high = std::max(high, values[n]);
      sum += values[n], squares += static_cast<double>(values[n]) * values[n], number += 1;
    }
    const Picture picture{values, valid, {1, 1, static_cast<int64_t>(count)}};
    EXPECT_EQ(valid_range(picture), (std::array<float, 2>{low, high}));
    EXPECT_NEAR(valid_moments(picture).mean, sum / number, 1e-12 * number);
    EXPECT_NEAR(valid_moments(picture).deviation, std::sqrt(std::max(0.0, squares / number - sum / number * (sum / number))), 1e-6);
    set_outside(values, valid, -9);
    for (size_t n = 0; n < count; ++n) EXPECT_EQ(values[n] == -9, !valid[n]);
  }
  Floats values{3, 4};
  const std::vector<uint8_t> none(2, 0);
  EXPECT_EQ(valid_range({values, none, {1, 1, 2}}), (std::array<float, 2>{0, 0}));
  EXPECT_EQ(valid_moments({values, none, {1, 1, 2}}).deviation, 0);
}

TEST(Noise, IsTheStreamOfItsKey) {
  Floats values(37, 1.0F);
  const std::vector<uint8_t> valid(values.size(), 1);
  add_noise({values, valid, {1, 1, 37}}, 0.5, Random(11));
  Random random(11);
  const double unit = std::sqrt((65536.0 * 65536.0 - 1) / 3);
  for (const float value : values) {
    const uint64_t draw = random.next();
    double sum = -131070;
    for (int word = 0; word < 4; ++word) sum += static_cast<double>(draw >> (16 * word) & 0xFFFF);
    EXPECT_NEAR(value, 1 + sum * 0.5 / unit, 1e-6);
  }
}

}  // namespace
}  // namespace chiasm::transform
